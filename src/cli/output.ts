import { monotonicMs } from '../kernel/clock/monotonic';

/** Where a command's words go: results to stdout, everything else to stderr; no escape codes into a pipe. */
export class Output {
  readonly colours: boolean;
  /** A person looks on: stdin, stdout and stderr are terminals and nobody said otherwise. */
  readonly interactive: boolean;

  constructor(
    readonly json: boolean,
    readonly quiet: boolean,
    env: NodeJS.ProcessEnv,
  ) {
    const terminal = Boolean(process.stdout.isTTY && process.stderr.isTTY);
    this.colours = terminal && !json && env.NO_COLOR === undefined && env.TERM !== 'dumb' && !env.CI;
    this.interactive = terminal && Boolean(process.stdin.isTTY) && !json && !env.CI;
  }

  /** The command's result: the object as JSON with --json, else the text (not with --quiet). */
  result(data: unknown, text: string): void {
    if (this.json) process.stdout.write(`${JSON.stringify(data, null, 2)}\n`);
    else if (!this.quiet && text !== '') process.stdout.write(`${text}\n`);
  }

  /** What happens meanwhile, one line. */
  say(text: string): void {
    if (!this.quiet && !this.json) process.stderr.write(`${text}\n`);
  }

  /** What the person must know, also with --quiet. */
  warn(text: string): void {
    process.stderr.write(`${text}\n`);
  }

  private paint(code: number, text: string): string {
    return this.colours ? `\u001b[${code}m${text}\u001b[0m` : text;
  }
  dim = (text: string): string => this.paint(2, text);
  bold = (text: string): string => this.paint(1, text);
  green = (text: string): string => this.paint(32, text);
  yellow = (text: string): string => this.paint(33, text);
  red = (text: string): string => this.paint(31, text);

  /** Progress of long work: a line that renews itself on a terminal, a plain line every five seconds elsewhere. */
  progress(label: string, total?: number): Progress {
    return new Progress(label, total, !this.json && !this.quiet, this.interactive);
  }
}

const EVERY_MS = { terminal: 100, plain: 5_000 };

export class Progress {
  private done = 0;
  private readonly from = monotonicMs();
  private shown = -Infinity;

  constructor(
    private readonly label: string,
    private total: number | undefined,
    private readonly visible: boolean,
    private readonly terminal: boolean,
  ) {}

  /** `count` more are done; `total` when it has become known. */
  advance(count = 1, total?: number): void {
    this.done += count;
    if (total !== undefined) this.total = total;
    const now = monotonicMs();
    if (!this.visible || now - this.shown < (this.terminal ? EVERY_MS.terminal : EVERY_MS.plain)) return;
    // The first plain line comes after five seconds: short work says nothing.
    if (!this.terminal && this.shown === -Infinity && now - this.from < EVERY_MS.plain) return;
    this.shown = now;
    this.write(this.line());
  }

  /** Ends the display with a last line. */
  finish(): void {
    if (this.visible && this.terminal) process.stderr.write(`\r\u001b[2K${this.line()}\n`);
    else if (this.visible && this.shown !== -Infinity) process.stderr.write(`${this.line()}\n`);
  }

  private write(line: string): void {
    process.stderr.write(this.terminal ? `\r\u001b[2K${line}` : `${line}\n`);
  }

  private line(): string {
    const seconds = Math.max((monotonicMs() - this.from) / 1000, 0.001);
    const rate = this.done / seconds;
    if (!this.total) return `${this.label}  ${this.done}  ${Math.round(rate)}/s`;
    const share = Math.min(this.done / this.total, 1);
    const left = rate > 0 && share < 1 ? `  ${Math.ceil((this.total - this.done) / rate)} s left` : '';
    const bar = this.terminal ? `[${'#'.repeat(Math.round(share * 24)).padEnd(24, '.')}] ` : '';
    return `${this.label}  ${bar}${this.done}/${this.total}  ${Math.round(rate)}/s${left}`;
  }
}
