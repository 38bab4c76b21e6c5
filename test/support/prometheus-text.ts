/** Prometheus' text format, read back: what a scrape sees. */
export interface Exposition {
  /** Type (counter, gauge, histogram) by metric name. */
  readonly types: ReadonlyMap<string, string>;
  /** The value of one sample, named with its labels as `name{a="b",c="d"}`, labels in alphabetical order. */
  value(sample: string): number | undefined;
  readonly samples: readonly string[];
}

/** Throws on a line that is none of the format's. Source: prometheus.io/docs/instrumenting/exposition_formats. */
export function parseExposition(text: string): Exposition {
  const types = new Map<string, string>();
  const values = new Map<string, number>();
  for (const line of text.split('\n')) {
    const type = /^# TYPE (\S+) (counter|gauge|histogram|summary|untyped)$/.exec(line);
    if (type !== null) types.set(type[1] ?? '', type[2] ?? '');
    if (line === '' || line.startsWith('# ')) continue;
    const sample = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line);
    if (sample === null) throw new Error(`no line of the exposition format: ${line}`);
    values.set(sampleName(sample[1] ?? '', sample[2] ?? ''), Number(sample[3]));
  }
  return { types, value: (sample) => values.get(sample), samples: [...values.keys()] };
}

function sampleName(name: string, labels: string): string {
  const sorted = [...labels.matchAll(/[a-zA-Z_]\w*="(?:[^"\\]|\\.)*"/g)].map(([label]) => label).sort();
  return sorted.length === 0 ? name : `${name}{${sorted.join(',')}}`;
}
