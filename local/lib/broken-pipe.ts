/**
 * Calls back when whoever read this process's output has gone, as `head` does: nothing is left to show, and nobody wants to read of it.
 * Other errors of the streams are thrown.
 */
export function onBrokenPipe(gone: () => void): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') throw error;
      gone();
    });
  }
}
