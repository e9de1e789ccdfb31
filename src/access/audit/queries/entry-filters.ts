import type { Filter } from '../../../kernel/http/pagination';
import type { EntryFilters } from '../contracts/export-entries';
import { actionsOf, type Category } from '../domain/catalogue';

/** How each filter reads in SQL, over `audit.entries e`. Addresses are looked up by their digests. */
export const entryFilters: Record<string, Filter> = {
  action: { sql: 'e.action', type: 'text' },
  category: (values: string[], place) => `e.action = any(${place(actionsOf(...(values as Category[])), 'text[]')})`,
  actorId: (value: string, place) =>
    `(e.actor_id = ${place(value, 'uuid')} or e.on_behalf_of = ${place(value, 'uuid')})`,
  actorKind: { sql: 'e.actor_kind', type: 'text' },
  result: (value: string, place) => (value === 'refused' ? `e.result <> 'ok'` : `e.result = ${place(value, 'text')}`),
  target: { sql: 'e.target_id', type: 'uuid' },
  ip: (values: Buffer[], place) => `e.ip_digest = any(${place(values, 'bytea[]')})`,
  email: (values: Buffer[], place) => `e.email_digest = any(${place(values, 'bytea[]')})`,
  requestId: { sql: 'e.request_id', type: 'text' },
  from: (value: string, place) => `e.at >= ${place(value, 'timestamptz')}`,
  to: (value: string, place) => `e.at < ${place(value, 'timestamptz')}`,
};

/** The same query with addresses as digests: the trail knows them by nothing else. */
export function withDigests<Q extends object>(query: Q, digests: (kind: 'ip' | 'email', value: string) => Buffer[]): Q {
  const { ip, email } = query as EntryFilters;
  return Object.assign(Object.create(Object.getPrototypeOf(query) as object) as Q, query, {
    ...(ip === undefined ? {} : { ip: digests('ip', ip) }),
    ...(email === undefined ? {} : { email: digests('email', email) }),
  });
}
