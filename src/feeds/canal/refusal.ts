import { CanalFault } from './canal-error.ts';

/**
 * What an acknowledgement that was not asked for means: with it a canal-server refuses the question, an acknowledgement or a rollback before
 * it, all of them with code 400. Only its text, which is that of the exception, says which (CanalServerWithEmbedded.java and
 * MemoryMetaManager.java of canal 1.1.7). Answers the fault:
 *
 *     batchId:7 is not exist ... | batchId:7 is not the firstly:8 | ... has last batch:[..]    batchGone: somebody else moved on
 *     any other refusal (destination:x should start first, ...)                                refused
 *     code 0, which refuses nothing                                                            protocol
 */
export function refusal(ack: { readonly errorCode: number; readonly errorMessage: string }): CanalFault {
  const text = firstLine(ack.errorMessage);
  if (ack.errorCode === 0) return new CanalFault('protocol', 'an acknowledgement that was not asked for');
  const isOfBatch = /\bbatchId:\d+ is not |\bhas last batch:/.test(text);
  return new CanalFault(isOfBatch ? 'batchGone' : 'refused', `${ack.errorCode} ${text}`);
}

/** Servers send whole stack traces, and the channel on which they were asked: what people need is behind the name of the exception. */
export function firstLine(text: string): string {
  const [line = ''] = text.split('\n', 1);
  return line.replace(/^.*?exception=[\w.]+: /, '').trim();
}
