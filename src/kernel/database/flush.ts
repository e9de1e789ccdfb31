import type { FlushPart } from '../audit/audit';
import type { BatchStatement } from './batch-query';
import { named } from './statements';

/**
 * One statement for all that a unit of work collected: data-modifying CTEs over JSON row sets, `$1` the tenant. One
 * statement costs the server less than several, and one of several shapes is prepared once per connection.
 */
export function flushStatement(tenantId: string, parts: readonly FlushPart[]): BatchStatement {
  const inserts = parts.flatMap(({ texts }, i) => texts.map((text) => text.replaceAll('$json', `$${i + 2}::json`)));
  const last = inserts.pop()!;
  const text =
    inserts.length === 0 ? last : `with ${inserts.map((insert, i) => `f${i} as (${insert})`).join(', ')} ${last}`;
  return named(text, [tenantId, ...parts.map(({ json }) => json)], false);
}
