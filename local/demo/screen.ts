import type { ReadStream, WriteStream } from 'node:tty';
import { setTimeout as sleep } from 'node:timers/promises';
import chalk, { Chalk } from 'chalk';
import { keyLabels } from './actions.ts';
import type { DemoState } from './state.ts';
import { view } from './view.ts';

const redrawMs = 250;

/** Terminal control sequences (ECMA-48, and xterm's private modes). */
const control = {
  enter: '\u001b[?1049h\u001b[?25l\u001b[?7l',
  leave: '\u001b[?7h\u001b[?25h\u001b[?1049l',
  home: '\u001b[H',
  restOfLine: '\u001b[K',
  restOfScreen: '\u001b[J',
} as const;

/** The terminal. */
export interface Terminal {
  readonly input: ReadStream;
  readonly output: WriteStream;
  /** NO_COLOR (no-color.org): any text in it turns colours off. */
  readonly noColor: boolean;
}

/** Redraws the screen in place and hands on keys, until `signal` is aborted; leaves the terminal as it was. */
export async function showScreen(
  { input, output, noColor }: Terminal,
  state: () => DemoState,
  onKey: (key: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const paint = new Chalk({ level: noColor ? 0 : chalk.level });
  let drawn = '';
  const draw = () => {
    const now = state();
    const size = { width: output.columns || 80, height: output.rows || 24 };
    const lines = view(now, keyLabels(now.database.pid !== undefined), size, paint);
    const frame = lines.map((line) => line + control.restOfLine).join('\r\n');
    if (frame === drawn) return;
    drawn = frame;
    output.write(control.home + frame + control.restOfScreen);
  };
  const redraw = () => {
    drawn = '';
    draw();
  };
  // In raw mode Ctrl-C is a character like any other.
  const typed = (data: Buffer) => {
    for (const key of data.toString()) onKey(key);
  };
  output.write(control.enter);
  output.on('resize', redraw);
  input.setRawMode(true).on('data', typed).resume();
  try {
    while (!over(signal)) {
      draw();
      await sleep(redrawMs, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    output.off('resize', redraw);
    input.off('data', typed).setRawMode(false).pause();
    output.write(control.leave);
  }
}

const over = (signal: AbortSignal) => signal.aborted;

/** Undoes what a screen that was killed has left: written by whoever outlives it. */
export const restoreScreen = control.leave;
