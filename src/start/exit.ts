/** Exit codes of the server and of the command line (sysexits.h where one fits). */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  /** A dependency (database, Redis) cannot be reached. */
  unreachable: 69,
  /** Something else holds what is needed: a port, a data folder, a lock. Trying later may help. */
  busy: 75,
  notAllowed: 77,
  configuration: 78,
} as const;

/** A start or a command that cannot go on; the message is a sentence for the person at the prompt. */
export class ExitError extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
    this.name = 'ExitError';
  }
}

const OF_FAULT: Record<string, number> = {
  busy: EXIT.busy,
  'not-permitted': EXIT.notAllowed,
  version: EXIT.failed,
  unsupported: EXIT.failed,
  failed: EXIT.failed,
};

const OF_KIND: Record<string, number> = {
  unavailable: EXIT.unreachable,
  forbidden: EXIT.notAllowed,
  unauthenticated: EXIT.notAllowed,
  invalid: EXIT.usage,
  'too-many': EXIT.busy,
};

const UNREACHABLE =
  /^(ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|57P0[123]|08\w{3}|53300)$/;

/** True for errors of a connection that may work a moment later. */
export function isUnreachable(error: unknown): boolean {
  const { code, errors } = error as { code?: string; errors?: unknown[] };
  return (typeof code === 'string' && UNREACHABLE.test(code)) || (Array.isArray(errors) && errors.some(isUnreachable));
}

/** Exit code that says what kind of failure this was. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof ExitError) return error.code;
  const { name, fault, kind, code } = error as { name?: string; fault?: string; kind?: string; code?: string };
  if (name === 'ConfigError') return EXIT.configuration;
  if (name === 'EmbeddedPostgresError') return OF_FAULT[fault ?? ''] ?? EXIT.failed;
  if (name === 'AppError') return OF_KIND[kind ?? ''] ?? EXIT.failed;
  if (isUnreachable(error)) return EXIT.unreachable;
  if (code === '55P03' || code === 'EADDRINUSE') return EXIT.busy;
  if (typeof code === 'string' && /^(28\w{3}|42501|EACCES|EPERM)$/.test(code)) return EXIT.notAllowed;
  return EXIT.failed;
}
