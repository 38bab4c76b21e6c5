import { Command, CommanderError, Option } from 'commander';
import { type CommandDescription, commands, flagName, type RawFlags, variableName } from '../config/index.ts';

/** The commands there are. */
export type CommandName = keyof typeof commands;

/** What the command line asks for, or that everything was said already (help, version, wrong use) and how to exit. */
export type CommandLine =
  { readonly command: CommandName; readonly raw: RawFlags } | { readonly exitCode: number };

/** Where help (out) and complaints (err) go. */
export interface CommandLineOutput {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/** Reads the arguments after the program's name. Values are not judged here: see src/config. */
export function parseCommandLine(
  args: readonly string[],
  version: string,
  output: CommandLineOutput,
): CommandLine {
  let chosen: CommandLine = { exitCode: 2 };
  const program = new Command('rollcall')
    .description(
      'Keeps EndpointSlices equal to a service registry in MySQL, so that gRPC clients find every live server.',
    )
    .version(version, '-V, --version', 'Show the version')
    .helpOption('-h, --help', 'Show this help')
    .addHelpText('after', PROGRAM_HELP)
    .showHelpAfterError('Run "rollcall --help" to see the commands.')
    .configureOutput({ writeOut: output.out, writeErr: output.err })
    .exitOverride();
  for (const name of Object.keys(commands) as CommandName[]) {
    const command = program.command(name).copyInheritedSettings(program);
    describe(command, commands[name]);
    command.action(() => {
      chosen = { command: name, raw: rawTexts(command, commands[name]) };
    });
  }
  try {
    program.parse(args, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return { exitCode: error.exitCode === 0 ? 0 : 2 };
    throw error;
  }
  return chosen;
}

const PROGRAM_HELP = `
Examples:
  ROLLCALL_URL=mysql://admin:secret@db.example.com/registry rollcall migrate
      create the tables of a registry
  rollcall operator --kubeconfig ~/.kube/config --namespace rollcall-system --log-format pretty
      run the operator from a terminal
  rollcall doctor rollcall-system/main --kubeconfig ~/.kube/config
      look at a registry and at what each feed needs of it

Run "rollcall COMMAND --help" for the flags of a command.`;

function describe(command: Command, description: CommandDescription): void {
  const { argument } = description;
  if (argument !== undefined) command.argument(`<${argument.placeholder}>`, argument.description);
  command
    .summary(description.summary)
    .description(`${description.summary}.`)
    .helpOption('-h, --help', 'Show this help')
    .showHelpAfterError(`Run "rollcall ${description.name} --help" for every flag.`)
    .addHelpText('after', commandHelp(description));
  for (const [key, { kind, default: text, otherwise, description: what, letter }] of Object.entries(
    description.flags,
  )) {
    const unset = text ?? otherwise;
    const name = letter === undefined ? flagName(key) : `-${letter}, ${flagName(key)}`;
    const option = new Option(
      kind.placeholder === '' ? name : `${name} <${kind.placeholder}>`,
      `${what} (${unset === null ? 'required' : `default: ${unset}`})`,
    );
    if (kind.list) option.argParser<string>((value, before) => (before ? `${before},${value}` : value));
    command.addOption(option);
  }
}

/** A flag without a value comes as true. */
function rawTexts(command: Command, { argument }: CommandDescription): RawFlags {
  const flags = Object.entries(command.opts<Readonly<Record<string, string | boolean>>>());
  const [word] = command.args;
  return {
    ...Object.fromEntries(flags.map(([key, value]) => [key, String(value)])),
    ...(argument === undefined ? {} : { [argument.key]: word }),
  };
}

function commandHelp({ examples, flags }: CommandDescription): string {
  const [key = ''] = Object.keys(flags);
  const [example, variable] = [flagName(key), variableName(key)];
  const lines = examples.map(({ line, purpose }) => `  ${line}\n      ${purpose}`);
  return (
    `\nEvery flag has an environment variable: ${example} is ${variable}. The flag wins; an empty variable counts as not given.` +
    `\n\nExamples:\n${lines.join('\n')}`
  );
}
