import pino, { multistream, type DestinationStream, type Level, type MultiStreamRes } from 'pino';
import type { Config } from '../config/config';
import { maybeContext } from '../context/request-context';
import { errorForLog, oneLine, redact } from './redaction';

const LEVELS: Record<number, string> = { 10: 'trace', 20: 'debug', 30: 'info', 40: 'warn', 50: 'error', 60: 'fatal' };

/** Lines for a person at a terminal: time, level, message, then the facts. */
const readable: DestinationStream = {
  write(line: string): void {
    const { time, level, msg, err, pid: _pid, hostname: _host, ...facts } = JSON.parse(line) as Record<string, unknown>;
    const shown = Object.entries(facts).map(
      ([key, fact]) => `${key}=${typeof fact === 'string' ? fact : JSON.stringify(fact)}`,
    );
    const stack = (err as { stack?: string } | undefined)?.stack;
    const clockTime = new Date(Number(time)).toISOString().slice(11, 23);
    process.stdout.write(
      `${clockTime} ${LEVELS[Number(level)] ?? level} ${oneLine(String(msg ?? ''))} ${shown.map(oneLine).join(' ')}\n`,
    );
    if (stack) process.stdout.write(`${stack}\n`);
  },
};

const forPeople = process.stdout.isTTY && process.env.NODE_ENV !== 'production';
const everyLevel: Level = 'trace';
const streams: MultiStreamRes = multistream([
  { level: everyLevel, stream: forPeople ? readable : pino.destination({ dest: 1, sync: true }) },
]);

/**
 * The process's logger: one JSON line per entry (readable ones at a terminal), each with the id of its request, tenant
 * and principal. Secrets and personal values are replaced by name, see `redaction.ts`.
 */
export const logger = pino(
  {
    level: process.env.LOG_LEVEL || (process.env.NODE_ENV === 'test' ? 'warn' : 'info'),
    base: { pid: process.pid },
    mixin: () => {
      const context = maybeContext();
      if (!context) return {};
      const { requestId, tenantId, principal } = context;
      const who = principal.userId === null ? {} : { principal: principal.userId };
      return tenantId === null ? { requestId, ...who } : { requestId, tenantId, ...who };
    },
    serializers: { err: (error: unknown) => (error instanceof Error ? errorForLog(error) : redact(error)) },
    formatters: { log: (entry) => redactEntry(entry) },
  },
  streams,
);

/** `err` is left to its serializer. */
function redactEntry(entry: Record<string, unknown>): Record<string, unknown> {
  const { err, ...rest } = entry;
  const copy = redact(rest) as Record<string, unknown>;
  if (err !== undefined) copy.err = err;
  return copy;
}

/** Applies level and, when set, adds the file: a new one each day, older ones are deleted after `logKeepDays`. */
export async function configureLogger(config: Config): Promise<void> {
  logger.level = config.logLevel;
  if (config.logFile === null) return;
  const { default: build } = await import('pino-roll');
  const file = await build({
    file: config.logFile,
    frequency: 'daily',
    dateFormat: 'yyyy-MM-dd',
    mkdir: true,
    limit: { count: config.logKeepDays, removeOtherLogFiles: true },
  });
  streams.add({ level: everyLevel, stream: file });
}
