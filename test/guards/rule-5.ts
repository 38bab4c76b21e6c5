import type { Guard } from './guard.ts';

const POLL = 'src/feeds/poll.ts';
const AUDIT = 'src/registry/audit.ts';
const SYNCER = 'src/registry/syncer.ts';
const poll = (title: string): Guard['test'] => ({
  file: 'test/unit/feeds/poll.test.ts',
  title: `the Poll feed ${title}`,
});
const session = (title: string): Guard['test'] => ({
  file: 'test/unit/registry/session.test.ts',
  title: `a registry session that is polled (safety rule 5) ${title}`,
});
const AUDIT_FINDS =
  'finds by the audit what no feed tells of: a deleted row, a changed one, a service that nobody knew';

/** Rows that commit late are not missed: what keeps Poll from it, and what stands behind every feed. */
export const rule5: readonly Guard[] = [
  {
    rule: '5',
    without: 'the overlap',
    file: POLL,
    find: 'const OVERLAP_US = 10_000_000;',
    replace: 'const OVERLAP_US = 4_000_000;',
    test: poll('finds a row whose transaction committed 9 s after the statement, within 3 s'),
  },
  {
    rule: '5',
    without: 'the short look back of every poll',
    file: POLL,
    find: 'const NARROW_US = 1_000_000;',
    replace: 'const NARROW_US = 0;',
    test: poll('finds a row whose transaction committed 0.9 s after the statement, within 1 s'),
  },
  {
    rule: '5',
    without: 'the long look back once in a while',
    file: POLL,
    find: 'const WIDE_EVERY_MS = 2500;',
    replace: 'const WIDE_EVERY_MS = Infinity;',
    test: poll('finds a row whose transaction committed 5 s after the statement, within 3 s'),
  },
  {
    rule: '5',
    without: 'looking back over the time in which it could not look',
    file: POLL,
    find: 'Math.min(this.#lastUs, this.#lastWideUs) - OVERLAP_US',
    replace: '(await reader.now(signal)) - OVERLAP_US',
    test: poll('looks back over the time in which it could not look'),
  },
  {
    rule: '5',
    without: 'every column in the content hash',
    file: 'src/mysql/managed-sql.ts',
    find: "'status', 'metadata', 'ttl_ms'].map(",
    replace: "'status', 'ttl_ms'].map(",
    test: {
      file: 'test/integration/registry/reading.test.ts',
      title:
        'a registry that is followed, on mariadb notices another content of any column by its hash, even under the same updated_at',
    },
  },
  {
    rule: '5',
    without: 'comparing rows by their hash',
    file: 'src/registry/service-state.ts',
    find: 'if (rows[index]?.hash === hash) return rows[index];',
    replace: 'if (hash !== "") return rows[index];',
    test: {
      file: 'test/unit/registry/store.test.ts',
      title: 'the store gives a change the time of its row as revision',
    },
  },
  {
    rule: '5',
    without: 'the audit',
    file: AUDIT,
    find: 'this.#accused.add(name);\n      hint(name);',
    replace: '',
    test: session(AUDIT_FINDS),
  },
  {
    rule: '5',
    without: 'the checksum of the audit: counting the rows is not enough',
    file: AUDIT,
    find: 'return a?.rows === b?.rows && a?.checksum === b?.checksum;',
    replace: 'return a?.rows === b?.rows;',
    test: session(AUDIT_FINDS),
  },
  {
    rule: '5',
    without: 'names that nobody knew in the audit',
    file: 'src/registry/audit-ranges.ts',
    find: 'ranges.push({ after, through: null });',
    replace: 'ranges.push({ after, through: names.at(-1) ?? null });',
    test: session(AUDIT_FINDS),
  },
  {
    rule: '5',
    without: 'the resync that stands behind',
    file: 'src/registry/resyncs.ts',
    find: 'this.#intervalDueMs = nowMs +',
    replace: 'this.#intervalDueMs = Infinity +',
    test: session('finds by the resync what neither feed nor audit tell of'),
  },
  {
    rule: '5',
    without: 'keeping hints that come while everything is read',
    file: SYNCER,
    find: 'await this.#applier.applyAll(rows, read);',
    replace: 'await this.#applier.applyAll(rows, read);\n    this.#hints.clear();',
    test: session('reads again what was hinted at while everything was read'),
  },
  {
    rule: '5',
    without: 'opening the feed before the first read',
    file: SYNCER,
    find: 'await beforeRead(signal);',
    replace: 'void beforeRead;',
    test: session('opens the feed before it reads everything'),
  },
];
