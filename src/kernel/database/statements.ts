import type { BatchStatement } from './batch-query';

const names = new Map<string, string>();
/** Beyond this many different texts a statement is sent unnamed: prepared statements live in every connection's memory. */
const MOST_NAMED = 2_000;

/**
 * A test of the wall takes the scoping out of every statement, to see that row-level security alone holds. Outside of
 * tests the switch does nothing.
 */
const unscoped = process.env.NODE_ENV === 'test' && process.env.MAINSTAY_TEST_UNSCOPED === 'true';
const withoutScoping = (text: string): string =>
  text
    .replaceAll(/(?:\b\w+\.)?"?tenant_id"? = (\$\d+)(?:::uuid)?/g, '($1::uuid is not null)')
    .replaceAll(/(?:\b\w+\.)?"?tenant_id"? = kernel\.tenant_id\(\)/g, 'true');

/** A statement with a name that is stable for its text, so that every connection prepares it once. */
export function named(original: string, values: unknown[] = [], rows = true): BatchStatement {
  const text = unscoped ? withoutScoping(original) : original;
  let name = names.get(text);
  if (name === undefined && names.size < MOST_NAMED) {
    name = `m${names.size}`;
    names.set(text, name);
  }
  return { text, name, values, rows };
}
