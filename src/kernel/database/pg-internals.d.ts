declare module 'pg/lib/utils' {
  /** Maps a JavaScript value to the text that PostgreSQL's wire protocol wants. */
  export function prepareValue(value: unknown): string | Buffer | null;
}
