/** A value that cannot be used; the message completes the sentence "<NAME> …" and never repeats the value. */
export class Refused extends Error {}

export type Mode = 'development' | 'production' | 'test';

/** What the schema says of one environment variable: enough to parse, to document and to explain a fault. */
export interface SettingOptions<T> {
  /** One or two sentences for the operator. */
  doc: string;
  /** Value when unset; a function where it depends on the mode. Absent = the setting is simply not set. */
  default?: T | ((mode: Mode) => T | undefined);
  /** Words for the default where a bare value says too little. */
  defaultDoc?: string;
  /** Never shown, may come from `<NAME>_FILE`, and in production must not be an example. */
  secret?: boolean;
  /** Production refuses to start without it. */
  production?: 'required';
  /** Least length of a secret in production. */
  minLength?: number;
  /** How to make or find a value: a command or a sentence. */
  make?: string;
  example: string;
}

/** One setting of the schema. */
export interface Setting<T> extends SettingOptions<T> {
  /** The expected form, in words. */
  expected: string;
  /** @throws Refused when the text is not of the expected form. */
  parse(text: string): T;
}

const define = <T>(expected: string, parse: (text: string) => T, options: SettingOptions<T>): Setting<T> => ({
  ...options,
  expected,
  parse,
});

const refuse = (reason: string): never => {
  throw new Refused(reason);
};

/** Any text. */
export const text = (expected: string, options: SettingOptions<string>): Setting<string> =>
  define(expected, (value) => value, options);

/** Text that matches `form` as a whole. */
export const matching = (expected: string, form: RegExp, options: SettingOptions<string>): Setting<string> =>
  define(expected, (value) => (form.test(value) ? value : refuse('is not of the expected form')), options);

/** A key or password. */
export const secret = (expected: string, options: Omit<SettingOptions<string>, 'secret'>): Setting<string> =>
  define(expected, (value) => value, { ...options, secret: true });

/** `true` or `false`, nothing else. */
export const boolean = (options: SettingOptions<boolean>): Setting<boolean> =>
  define(
    '`true` or `false`',
    (value) => (value === 'true' ? true : value === 'false' ? false : refuse('is neither true nor false')),
    options,
  );

/** A whole number between `min` and `max`; the unit is in the setting's name. */
export const integer = (range: { min: number; max: number }, options: SettingOptions<number>): Setting<number> =>
  define(
    `a whole number from ${range.min} to ${range.max}`,
    (value) => {
      if (!/^\d{1,15}$/.test(value)) refuse('is not a whole number');
      const number = Number(value);
      return number >= range.min && number <= range.max
        ? number
        : refuse(number < range.min ? 'is too small' : 'is too large');
    },
    options,
  );

/** One of a few words. */
export const choice = <const C extends string>(choices: readonly C[], options: SettingOptions<C>): Setting<C> =>
  define(
    `one of ${choices.map((word) => `\`${word}\``).join(', ')}`,
    (value) => choices.find((word) => word === value) ?? refuse('is not one of the known words'),
    options,
  );

/** Comma separated; spaces around items are dropped, empty items refused. */
export const list = <T>(item: Setting<T>, expected: string, options: SettingOptions<NoInfer<T>[]>): Setting<T[]> =>
  define(
    expected,
    (value) => {
      const parts = value.split(',').map((part) => part.trim());
      if (parts.includes('')) refuse('has an empty item');
      return [...new Set(parts)].map((part) => item.parse(part));
    },
    options,
  );

/** An absolute URL with one of these protocols; a trailing slash is dropped. */
export const url = (
  protocols: readonly string[],
  expected: string,
  options: SettingOptions<string> & { origin?: boolean },
): Setting<string> =>
  define(
    expected,
    (value) => {
      if (!URL.canParse(value)) refuse('is not an absolute URL');
      const parsed = new URL(value);
      if (!protocols.includes(parsed.protocol.slice(0, -1)))
        refuse(`does not begin with ${protocols.join(':// or ')}://`);
      if (!parsed.hostname && !parsed.searchParams.get('host')) refuse('names no host');
      if (options.origin && (parsed.search || parsed.hash || parsed.username || parsed.pathname !== '/'))
        refuse('has more than protocol, host and port');
      return value.replace(/\/+$/, '');
    },
    options,
  );

/** The default of a setting in a mode, or undefined. */
export function defaultOf<T>(setting: Setting<T>, mode: Mode): T | undefined {
  return typeof setting.default === 'function' ? (setting.default as (mode: Mode) => T)(mode) : setting.default;
}
