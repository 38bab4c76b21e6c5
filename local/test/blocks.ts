/**
 * Passes on the output of one of several processes in blocks that end with an empty line, as mocha's suites do, so that
 * those of others do not stand in between. `end` passes on the rest.
 */
export function inBlocks(write: (text: string) => void): { push(text: string): void; end(): void } {
  let kept = '';
  return {
    push: (text) => {
      kept += text;
      const end = kept.lastIndexOf('\n\n') + 2;
      if (end < 2) return;
      write(kept.slice(0, end));
      kept = kept.slice(end);
    },
    end: () => {
      if (kept !== '') write(kept.endsWith('\n') ? kept : `${kept}\n`);
      kept = '';
    },
  };
}
