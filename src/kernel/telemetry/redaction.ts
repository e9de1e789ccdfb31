/** Written instead of a value that must not be logged. */
export const REDACTED = '[redacted]';

/** Keys whose values never reach a log, in `plain` form. */
const NAMES = new Set(
  (
    'authorization proxyauthorization cookie setcookie password passwordhash newpassword currentpassword secret secretkey ' +
    'clientsecret token accesstoken refreshtoken idtoken verifytoken resettoken apikey privatekey otp totp code2fa pin ' +
    'cvc cvv cardnumber iban databaseurl redisurl smtpurl email phone ip parameters query'
  ).split(' '),
);
/** Words too general to be redacted by name alone: most of their uses are not personal. */
const GENERAL = new Set(['id', 'name', 'type', 'status', 'code', 'title', 'text', 'data', 'version', 'kind', 'label']);
/** Keys of ours whose values are known to be harmless and whose text may span lines. */
const PLAIN_TEXT = new Set(['stack']);

const MAX_DEPTH = 6;

const plain = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '');

/** Adds the names of columns that migrations tagged as `pii:` or `secret:`; general words are left out. */
export function redactNames(names: Iterable<string>): void {
  for (const name of names) if (!GENERAL.has(plain(name))) NAMES.add(plain(name));
}

/** True when the values under this key are not logged. */
export const isRedacted = (name: string): boolean => NAMES.has(plain(name));

const CONTROL_CHARACTERS = '[\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]';
const HAS_CONTROL = new RegExp(CONTROL_CHARACTERS);
const CONTROL = new RegExp(`${CONTROL_CHARACTERS}+`, 'g');
const ANSI = new RegExp('\\u001b\\[[0-?]*[ -/]*[@-~]', 'g');

/** One line without control characters or terminal escapes: nobody forges log lines with a header. */
export const oneLine = (text: string): string =>
  HAS_CONTROL.test(text) ? text.replace(ANSI, '').replace(CONTROL, ' ') : text;

/** A copy for the log: secrets and personal values replaced, strings on one line, nesting cut. */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return oneLine(value);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Date) return value;
  if (depth >= MAX_DEPTH) return '[nested]';
  if (Array.isArray(value)) return value.slice(0, 50).map((item) => redact(item, depth + 1));
  if (value instanceof Error) return errorForLog(value);
  const copy: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) {
    if (isRedacted(key) && member !== null && member !== undefined) copy[key] = REDACTED;
    else if (PLAIN_TEXT.has(key)) copy[key] = member;
    else copy[key] = redact(member, depth + 1);
  }
  return copy;
}

/** What is logged of an error: never a query's parameters, nor PostgreSQL's `detail`, which quotes values. */
export function errorForLog(error: Error): Record<string, unknown> {
  const { code, constraint, table, kind, cause } = error as Error & Record<string, unknown>;
  const known = { code, constraint, table, kind };
  const facts = Object.fromEntries(Object.entries(known).filter(([, fact]) => typeof fact === 'string'));
  return {
    type: error.name,
    message: oneLine(error.message),
    ...facts,
    stack: error.stack,
    ...(cause instanceof Error ? { cause: errorForLog(cause) } : {}),
  };
}
