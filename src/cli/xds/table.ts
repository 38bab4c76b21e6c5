/** Spaces between columns, as kubectl has it. */
const GAP = 3;

/** Rows in columns as wide as their widest cell. */
export function table(rows: readonly (readonly string[])[]): string {
  const shown = rows.map((row) => row.map(visible));
  const widths = (shown[0] ?? []).map((_, column) =>
    Math.max(...shown.map((row) => (row[column] ?? '').length)),
  );
  return shown
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd((widths[column] ?? 0) + GAP))
        .join('')
        .trimEnd(),
    )
    .join('\n');
}

/** Text of others for a terminal: `-` for none, and nothing in it that would move the cursor. */
export function visible(text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what it takes out
  return text === '' ? '-' : text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '?');
}
