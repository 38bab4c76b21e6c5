/** A part of the screen. */
export interface Section {
  readonly lines: readonly string[];
  /** It is not cut below this; all of it by default. */
  readonly least?: number;
  /** Which lines stay when it is cut: the first ones and a note of how many are missing, or the last ones. */
  readonly keeps?: 'first' | 'last';
}

/**
 * Arranges sections on a screen of `height` lines. When it is too small, first the empty lines between them go, then
 * the longest sections are cut, line by line; what is too much even then is cut off above the last section, which
 * says what the keys do.
 */
export function fit(sections: readonly Section[], height: number, more: (count: number) => string): string[] {
  const shown = sections.filter(({ lines }) => lines.length > 0);
  const sizes = shown.map(({ lines }) => lines.length);
  const total = () => sizes.reduce((sum, size) => sum + size, 0);
  const blanks = total() + shown.length - 1 <= height;
  while (!blanks && total() > height) {
    const longest = longestToCut(shown, sizes);
    if (longest === undefined) break;
    sizes[longest] = (sizes[longest] ?? 0) - 1;
  }
  const lines = shown.flatMap((section, index) => {
    const kept = cut(section, sizes[index] ?? 0, more);
    return blanks && index > 0 ? ['', ...kept] : kept;
  });
  if (lines.length <= height) return lines;
  const last = shown.at(-1)?.lines ?? [];
  return [...lines.slice(0, Math.max(0, height - last.length)), ...last].slice(0, height);
}

function longestToCut(sections: readonly Section[], sizes: readonly number[]): number | undefined {
  let found: number | undefined;
  for (const [index, size] of sizes.entries()) {
    const { lines, least = lines.length } = sections[index] ?? { lines: [] };
    if (size > least && size > (found === undefined ? 0 : (sizes[found] ?? 0))) found = index;
  }
  return found;
}

function cut(
  { lines, keeps = 'first' }: Section,
  size: number,
  more: (count: number) => string,
): readonly string[] {
  if (size >= lines.length) return lines;
  if (keeps === 'last') return size > 0 ? lines.slice(-size) : [];
  if (size <= 1) return lines.slice(0, size);
  return [...lines.slice(0, size - 1), more(lines.length - size + 1)];
}
