import type { flagDocs } from '../../src/config/index.ts';
import { code, page, table } from './markdown.ts';

/** The page of all flags, a section for each command. */
export function flagReference(commands: ReturnType<typeof flagDocs>): string {
  return page('src/config', [
    '# Flags',
    'Every flag has an environment variable. The flag wins over the variable; an empty variable counts as not given. Anything wrong is reported at once, all of it, and the exit code is 2.',
    ...commands.flatMap(({ command, summary, argument, flags }) => [
      `## rollcall ${command}${argument === null ? '' : ` ${argument.placeholder}`}`,
      `${summary}.${argument === null ? '' : ` ${argument.placeholder}: ${argument.description}.`}`,
      table(
        ['Flag', 'Variable', 'Value', 'Default', 'Meaning'],
        flags.map((flag) => [
          code(`${flag.flag} ${flag.placeholder}`.trim()),
          code(flag.variable),
          flag.type,
          flag.default === null ? (flag.otherwise ?? '') : code(flag.default),
          `${flag.description}.${flag.secret ? ' Never shown in logs.' : ''}`,
        ]),
      ),
    ]),
  ]);
}
