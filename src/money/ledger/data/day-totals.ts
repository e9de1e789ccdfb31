/** What reports tell postings apart by, besides account, day and purpose: columns of `ledger.day_totals`. */
export const FOLDED = ['sku', 'channel', 'country', 'provider'] as const;
export type FoldedDimension = (typeof FOLDED)[number];

/** A dimension of `ledger.postings p`; empty where it has none, as in `ledger.day_totals`. */
export const dimensionOf = (name: FoldedDimension): string => `coalesce(p.dimensions->>'${name}', '')`;
/** Day (UTC) of `ledger.journals j`. */
export const DAY = `(j.effective_at at time zone 'UTC')::date`;
/** Journals that count. */
export const COUNTS = `j.kind in ('posted', 'post')`;

const KEY = `p.account_id, ${DAY}, j.purpose, ${FOLDED.map(dimensionOf).join(', ')}`;

/** Brings the journals `$2::uuid[]` of the tenant `$1` to the totals of their days; a part of the statement that seals them. */
export const FOLD = `insert into ledger.day_totals as t (tenant_id, id, account_id, day, purpose, ${FOLDED.join(', ')}, product, debits, credits)
  select $1, kernel.uuidv7(), ${KEY}, max(p.dimensions->>'product'), sum(greatest(p.amount, 0)), sum(greatest(-p.amount, 0))
  from ledger.journals j join ledger.postings p on p.tenant_id = j.tenant_id and p.journal_id = j.id
  where j.tenant_id = $1 and j.id = any($2::uuid[]) and ${COUNTS}
  group by ${KEY}
  on conflict (tenant_id, account_id, day, purpose, ${FOLDED.join(', ')}) do update
    set debits = t.debits + excluded.debits, credits = t.credits + excluded.credits, product = coalesce(excluded.product, t.product)`;

/** The first account whose day totals are not what its sealed journals say. */
export const MISCOUNTED = `select a.code, a.currency from (
    select p.account_id, ${DAY} as day, j.purpose, ${FOLDED.map((name) => `${dimensionOf(name)} as ${name}`).join(', ')},
      sum(greatest(p.amount, 0)) as debits, sum(greatest(-p.amount, 0)) as credits
    from ledger.seals s join ledger.journals j on j.tenant_id = s.tenant_id and j.id = s.id
      join ledger.postings p on p.tenant_id = j.tenant_id and p.journal_id = j.id
    where s.tenant_id = kernel.tenant_id() and ${COUNTS} group by ${KEY}) c
  full join (select account_id, day, purpose, ${FOLDED.join(', ')}, debits, credits from ledger.day_totals
    where tenant_id = kernel.tenant_id()) t using (account_id, day, purpose, ${FOLDED.join(', ')})
  join ledger.accounts a on a.tenant_id = kernel.tenant_id() and a.id = account_id
  where (c.debits, c.credits) is distinct from (t.debits, t.credits) order by a.code, a.currency limit 1`;
