import { parseArgs } from 'node:util';
import { ConfigError } from '../kernel/config/config';
import { nearest } from '../kernel/config/nearest';
import { readEnvironment } from '../start/environment';
import { EXIT, exitCodeOf } from '../start/exit';
import { enter } from '../start/module-pack';
import type { CliCommand, CliOptions } from './command';
import { CliContext, faultsText, UsageError } from './context';
import { Output } from './output';
import { COMMANDS } from './registry';

const COMMON: CliOptions = {
  json: { type: 'boolean', help: 'print the result as JSON' },
  yes: { type: 'boolean', short: 'y', help: 'answer every question with yes' },
  quiet: { type: 'boolean', short: 'q', help: 'print errors only' },
  help: { type: 'boolean', short: 'h', help: 'print this help' },
};

function overview(): string {
  const width = Math.max(...Object.keys(COMMANDS).map((name) => name.length));
  const list = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`);
  return [
    'Usage: npx --no mainstay <command> [options]',
    '',
    ...list,
    '',
    'All commands take --json --yes --quiet; "<command> --help" says more.',
    'Exit codes: 0 ok, 1 failed, 2 usage, 69 dependency unreachable, 75 busy, 77 not allowed, 78 configuration.',
  ].join('\n');
}

function help(command: CliCommand): string {
  const all = Object.entries({ ...command.options, ...COMMON });
  const left = all.map(([name, { short, help: text }]) => {
    const form = /^<[^>]+>/.exec(text)?.[0];
    return `  ${short ? `-${short}, ` : '    '}--${name}${form ? ` ${form}` : ''}`;
  });
  const width = Math.max(...left.map((text) => text.length));
  const options = all.map(([, option], i) => `${left[i].padEnd(width)}  ${option.help.replace(/^<[^>]+>\s*/, '')}`);
  return [
    `Usage: npx --no mainstay ${command.name} ${command.usage}`.trimEnd(),
    `\n${command.summary}`,
    ...(command.description ? [`\n${command.description}`] : []),
    `\nOptions:\n${options.join('\n')}`,
  ].join('\n');
}

function parse(command: CliCommand, argv: string[]): { args: string[]; values: Record<string, unknown> } {
  try {
    const { values, positionals } = parseArgs({
      args: argv,
      options: { ...command.options, ...COMMON },
      allowPositionals: true,
      strict: true,
    });
    return { args: positionals, values };
  } catch (error) {
    throw new UsageError((error as Error).message.replace(/\. To specify a positional.*$/s, '.'));
  }
}

function find(name: string): Promise<CliCommand> {
  if (!Object.hasOwn(COMMANDS, name)) {
    const near = nearest(name, Object.keys(COMMANDS));
    throw new UsageError(`There is no command "${name}"${near ? `; did you mean "${near}"?` : '.'}`);
  }
  return COMMANDS[name].load().then(({ command }) => command);
}

function explain(error: unknown): string {
  if (error instanceof ConfigError) return faultsText(error);
  const { name, message, detail, stack } = error as Error & { detail?: string };
  if (name === 'AppError') return detail ?? message;
  // Errors of the system or the database carry a code and speak for themselves; others are ours and need the trace.
  const told = ['ExitError', 'UsageError', 'EmbeddedPostgresError'].includes(name) || 'code' in (error as object);
  return told ? message || String((error as { code?: string }).code) : (stack ?? message);
}

async function main(argv: string[]): Promise<number> {
  const env = { ...readEnvironment() };
  // Log lines would mix with the results on stdout; what matters is thrown or said.
  process.env.LOG_LEVEL = 'silent';
  let out = new Output(argv.includes('--json'), argv.includes('--quiet') || argv.includes('-q'), env);
  let command: CliCommand | undefined;
  let context: CliContext | undefined;
  const interrupted = (signal: NodeJS.Signals): void => {
    const ended = context?.close() ?? Promise.resolve();
    void ended.finally(() => process.exit(signal === 'SIGINT' ? 130 : 143));
  };
  process.on('SIGINT', interrupted).on('SIGTERM', interrupted);
  try {
    const [name, ...rest] = argv;
    if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
      const topic = rest.find((word) => !word.startsWith('-'));
      process.stdout.write(`${topic ? help(await find(topic)) : overview()}\n`);
      return EXIT.ok;
    }
    command = await find(name);
    const { args, values } = parse(command, rest);
    if (values.help) {
      process.stdout.write(`${help(command)}\n`);
      return EXIT.ok;
    }
    if (args.length > (command.positionals ?? 0)) throw new UsageError(`"${args.at(-1)}" is one word too many.`);
    out = new Output(values.json === true, values.quiet === true, env);
    context = new CliContext(args, values, out, values.yes === true, env);
    enter('running');
    return (await command.run(context as never)) ?? EXIT.ok;
  } catch (error) {
    const code = exitCodeOf(error) || EXIT.failed;
    const usage =
      error instanceof UsageError && command ? `\nUsage: npx --no mainstay ${command.name} ${command.usage}` : '';
    const message = explain(error);
    if (out.json)
      out.result(
        { error: { exitCode: code, message, ...(error instanceof ConfigError ? { faults: error.faults } : {}) } },
        '',
      );
    else out.warn(`${out.red('Error:')} ${message}${usage.trimEnd()}`);
    return code;
  } finally {
    await context?.close();
  }
}

void main(process.argv.slice(2)).then((code) => {
  // Not process.exit: what is still being written to a pipe must arrive.
  process.exitCode = code;
  process.removeAllListeners('SIGINT').removeAllListeners('SIGTERM');
  setTimeout(() => process.exit(code), 2_000).unref();
});
