/** Kinds of value that a cell can hold. */
export type FieldType =
  | 'text'
  /** whole number */
  | 'integer'
  /** decimal number in major units of the row's currency → integer minor units */
  | 'money'
  /** decimal number, kept as one */
  | 'decimal'
  /** number of a card, whole or masked → its last four digits; nothing else of it is read */
  | 'card'
  /** fraction between 0 and 1 → basis points (0.15 → 1500); at most four decimals */
  | 'rate'
  /** true|false, yes|no, 1|0 */
  | 'boolean'
  /** date with or without time; a value without zone is of the profile's time zone, else UTC → RFC 3339 */
  | 'date'
  /** e-mail address */
  | 'email'
  /** ISO 4217 code */
  | 'currency'
  /** ISO 3166-1 alpha-2 code */
  | 'country';

/** What a target field of an import accepts. */
export interface FieldSpec {
  type: FieldType;
  required?: boolean;
  /** Longest text, in characters. */
  maxLength?: number;
  /** The texts that a `text` may be; case is not told apart. */
  oneOf?: readonly string[];
  /** What a `text` looks like, and the same in words. */
  pattern?: { test: RegExp; says: string };
  /** Smallest and largest number (money: minor units). */
  min?: number;
  max?: number;
}

/** The fields that an importer of one kind of row accepts, by name. */
export type FieldSet = Readonly<Record<string, FieldSpec>>;

type Value<S extends FieldSpec> = S['type'] extends 'integer' | 'decimal' | 'money' | 'rate'
  ? number
  : S['type'] extends 'boolean'
    ? boolean
    : string;

/**
 * The row type of a field set. A field that the file does not have is `undefined` and leaves what is stored as it is;
 * an empty cell is `null` and clears it.
 */
export type RowOf<F extends FieldSet> = {
  -readonly [K in keyof F as F[K]['required'] extends true ? K : never]: Value<F[K]>;
} & {
  -readonly [K in keyof F as F[K]['required'] extends true ? never : K]?: Value<F[K]> | null;
};
