import { stripVTControlCharacters } from 'node:util';

/** A time as people read it at a glance: `340 ms`, `4.2 s`, `41 s`, `3 min 5 s`. */
export function timeText(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 9950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes} min ${seconds % 60} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Columns that a text takes on a terminal; colours take none. Only text of single-width characters is written here. */
export const widthOf = (text: string): number => Array.from(stripVTControlCharacters(text)).length;

// A control sequence, or one character.
// eslint-disable-next-line no-control-regex -- colours are control sequences
const pieces = /\u001b\[[0-9;]*m|./gsu;

/** Cuts a line to `width` columns; what is cut off ends in an ellipsis, and colours end where they should. */
export function clip(line: string, width: number): string {
  if (widthOf(line) <= width) return line;
  if (width <= 0) return '';
  let kept = '';
  let columns = 0;
  for (const [piece] of line.matchAll(pieces)) {
    if (piece.startsWith('\u001b')) kept += piece;
    else if (columns < width - 1) {
      kept += piece;
      columns += 1;
    } else if (columns === width - 1) {
      kept += '…';
      columns += 1;
    }
  }
  return kept;
}

/** Breaks a text between words into lines of at most `width` columns; a longer word is cut. */
export const wrap = (text: string, width: number): string[] => wrapParts(text.split(' '), ' ', width);

/** Puts parts that stay whole, `gap` between them, into lines of at most `width` columns; a longer part is cut. */
export function wrapParts(parts: readonly string[], gap: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const part of parts) {
    const longer = line === '' ? part : `${line}${gap}${part}`;
    if (widthOf(longer) <= width) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(line);
    line = clip(part, width);
  }
  return line === '' ? lines : [...lines, line];
}

/** Rows as aligned columns, two spaces between them; texts may have colours. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, widthOf(cell));
  }
  return rows.map((row) =>
    row
      .map((cell, index) =>
        index === row.length - 1 ? cell : cell + ' '.repeat((widths[index] ?? 0) - widthOf(cell)),
      )
      .join('  '),
  );
}

/** Compares names and addresses as people order them: greeter-10 comes after greeter-9. */
export const inOrder = new Intl.Collator('en', { numeric: true }).compare;

/** An address with its port, as the registry's rows and the slices both have it here. */
export const withPort = (ip: string, port: number): string => `${ip.includes(':') ? `[${ip}]` : ip}:${port}`;
