import type { BatchStatement } from './batch-query';

const names = new Map<string, string>();
/** Beyond this many different texts a statement is sent unnamed: prepared statements live in every connection's memory. */
const MOST_NAMED = 2_000;

/** A statement with a name that is stable for its text, so that every connection prepares it once. */
export function named(text: string, values: unknown[] = [], rows = true): BatchStatement {
  let name = names.get(text);
  if (name === undefined && names.size < MOST_NAMED) {
    name = `m${names.size}`;
    names.set(text, name);
  }
  return { text, name, values, rows };
}
