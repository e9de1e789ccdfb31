import { logger } from '../kernel/telemetry/logger';
import type { Config } from '../kernel/config/config';

/** What a start tells: lines for a person at a terminal, JSON log lines otherwise. */
export interface Reporter {
  /** True when a person reads along. */
  readonly human: boolean;
  /** A step that takes a moment. */
  step(message: string): void;
  /** Something odd that does not stop the start. */
  warn(message: string): void;
  /**
   * The start is done; `facts` are label and value in the order in which they are shown. `firstLogin` holds a password
   * that is shown this once: it goes to the terminal or to stdout, past the logger and its file.
   */
  ready(title: string, facts: readonly Fact[], firstLogin: readonly Fact[]): void;
  /** Something on the way out. */
  note(message: string): void;
}

export interface Fact {
  /** Name in the JSON line, camelCase. */
  key: string;
  label: string;
  value: string;
}

export function reporterFor(config: Config): Reporter {
  return !config.isProduction && process.stdout.isTTY ? terminal : lines;
}

const write = (text: string): void => void process.stdout.write(text);
const colours = process.env.NO_COLOR === undefined && process.env.TERM !== 'dumb';
const styled = (code: number, text: string): string => (colours ? `\u001b[${code}m${text}\u001b[0m` : text);

const named = (facts: readonly Fact[]): Record<string, string> =>
  Object.fromEntries(facts.map(({ key, value }) => [key, value]));

const terminal: Reporter = {
  human: true,
  step: (message) => write(`  ${styled(2, message)}\n`),
  warn: (message) => write(`  ${styled(33, message)}\n`),
  note: (message) => write(`  ${message}\n`),
  ready: (title, others, firstLogin) => {
    const facts = [...others, ...firstLogin];
    const width = Math.max(...facts.map(({ label }) => label.length));
    const rows = facts.map(({ label, value }) => `  ${styled(2, label.padEnd(width))}  ${value}\n`);
    write(`\n  ${styled(1, title)}\n\n${rows.join('')}\n  ${styled(2, 'Stop with Ctrl-C.')}\n\n`);
  },
};

const lines: Reporter = {
  human: false,
  step: (message) => logger.info(message),
  warn: (message) => logger.warn(message),
  note: (message) => logger.info(message),
  ready: (title, facts, firstLogin) => {
    if (firstLogin.length > 0) write(`${JSON.stringify({ level: 30, msg: 'first login', ...named(firstLogin) })}\n`);
    logger.info(named(facts), title);
  },
};
