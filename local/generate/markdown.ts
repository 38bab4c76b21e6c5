/** A generated page. Its tables stay as they are: aligned ones would change whole with every longer cell. */
export function page(from: string, parts: readonly string[]): string {
  return [
    `<!-- Made from ${from} by npm run generate. Change that, not this. -->`,
    '<!-- prettier-ignore-start -->',
    ...parts.filter((part) => part !== ''),
    '<!-- prettier-ignore-end -->',
  ].join('\n\n');
}

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
