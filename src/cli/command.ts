import type { CliContext } from './context';

/** One option of a command, in the words of node:util parseArgs plus what the help says. */
export interface CliOption {
  type: 'string' | 'boolean';
  short?: string;
  multiple?: boolean;
  /** One line of help; a value's form in angle brackets comes first: `<file> the CSV file`. */
  help: string;
}

export type CliOptions = Record<string, CliOption>;

/** Values of a command's options after parsing; what was not given is undefined. */
export type CliValues<O extends CliOptions> = {
  [K in keyof O]?: O[K] extends { multiple: true }
    ? O[K]['type'] extends 'boolean'
      ? boolean[]
      : string[]
    : O[K]['type'] extends 'boolean'
      ? boolean
      : string;
};

/**
 * One command of the command line. Its file is loaded only when it runs; what is heavy (the application) is imported
 * within `run`.
 */
export interface CliCommand<O extends CliOptions = CliOptions> {
  /** `noun:verb`. */
  name: string;
  /** One line for the list of commands. */
  summary: string;
  /** What stands after the name: `<folder> [--dry-run]`. */
  usage: string;
  /** Further lines of help, examples. */
  description?: string;
  /** Most positional arguments; default 0. */
  positionals?: number;
  /** Besides --json --yes --quiet --help, which all commands take. */
  options: O;
  /** Returns the exit code, default 0. Throws ExitError, UsageError or what its work throws; the exit code follows. */
  run(context: CliContext<CliValues<O>>): Promise<number | void>;
}

/** Gives `run` the types of the options. */
export const defineCommand = <O extends CliOptions>(command: CliCommand<O>): CliCommand =>
  command as unknown as CliCommand;
