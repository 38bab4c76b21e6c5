/** A part of the screen. */
export interface Section {
  readonly lines: readonly string[];
  /** Sections with a lower number give up lines first; those without one are never cut. */
  readonly givesUp?: number;
  /** It is not cut below this; 1 by default. */
  readonly least?: number;
  /** Which lines stay when it is cut: the first ones and a note of how many are missing, or the last ones. */
  readonly keeps?: 'first' | 'last';
}

/**
 * Arranges sections on a screen of `height` lines. When it is too small, first the empty lines between them go, then
 * sections are cut in the order of `givesUp`, the longest of equal ones first. What is too much even then is cut off
 * above the last section, which says what the keys do.
 */
export function fit(sections: readonly Section[], height: number, more: (count: number) => string): string[] {
  const shown = sections.filter(({ lines }) => lines.length > 0);
  const sizes = shown.map(({ lines }) => lines.length);
  const total = () => sizes.reduce((sum, size) => sum + size, 0);
  const spaced = total() + shown.length - 1 <= height;
  while (total() > height) {
    const index = nextToCut(shown, sizes);
    if (index === undefined) break;
    sizes[index] = (sizes[index] ?? 0) - 1;
  }
  const lines = shown.flatMap((section, index) => {
    const kept = cut(section, sizes[index] ?? 0, more);
    return spaced && index > 0 ? ['', ...kept] : kept;
  });
  const last = shown.at(-1)?.lines ?? [];
  if (lines.length <= height) return lines;
  return [...lines.slice(0, Math.max(0, height - last.length)), ...last].slice(0, height);
}

function nextToCut(sections: readonly Section[], sizes: readonly number[]): number | undefined {
  const size = (index: number) => sizes[index] ?? 0;
  const rank = (index: number) => sections[index]?.givesUp ?? Infinity;
  return [...sizes.keys()]
    .filter((index) => rank(index) < Infinity && size(index) > (sections[index]?.least ?? 1))
    .sort((one, other) => rank(one) - rank(other) || size(other) - size(one))[0];
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
