/** First line of every generated page. */
export const generatedNote = (from: string): string =>
  `<!-- Made from ${from} by npm run generate. Change that, not this. -->`;

/** A table; cells may hold anything but line breaks. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), `| ${head.map(() => '---').join(' | ')} |`, ...rows.map(line)].join('\n');
}

/** Inline code. */
export const code = (text: string): string => `\`${text}\``;

function cell(text: string): string {
  return text
    .replaceAll(/`[^`]*`|[|*_<>]/g, (match) => (match.startsWith('`') ? match : `\\${match}`))
    .replaceAll(/\s+/g, ' ');
}
