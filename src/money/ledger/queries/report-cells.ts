import { Injectable } from '@nestjs/common';
import { Database } from '../../../kernel/database/database';
import { COUNTS, DAY, dimensionOf, type FoldedDimension } from '../data/day-totals';
import type { AccountType } from '../domain/chart';
import type { Side } from '../domain/journal-draft';
import { coverOf, type Stretch } from '../domain/report-periods';
import { reportTooLong } from '../domain/ledger.errors';

/** What an account moved in one stretch of time, by what the report tells apart. */
export interface Cell {
  /** Place of the stretch; −1: before the report. */
  n: number;
  account: string;
  accountName: string;
  type: AccountType;
  normalSide: Side;
  currency: string;
  purpose: string;
  /** What it is grouped by; empty where a posting has none. */
  key: string;
  /** Name of the product, where it is grouped by SKU. */
  name: string | null;
  /** Minor units. */
  debits: number;
  credits: number;
}

export interface CellsWanted {
  stretches: readonly Stretch[];
  /** SQL on `ledger.accounts a`; parameters from $8. */
  accounts: string;
  params?: unknown[];
  /** ISO 4217; default all. */
  currency?: string;
  groupBy?: FoldedDimension;
  byPurpose?: boolean;
}

/** More would not be a report but a copy of the journal. */
const MOST_CELLS = 200_000;

/**
 * Sums of postings from the journal alone. Whole days are read from the totals that the sealer made, the hours at the
 * edges of a stretch from the journal, and with them the journals of those days that are not sealed yet: in one
 * statement, so of one moment, and equal to a recount of all postings.
 */
@Injectable()
export class ReportCells {
  constructor(private readonly database: Database) {}

  /** @throws AppError `ledger.report-too-long` */
  async read(wanted: CellsWanted): Promise<Cell[]> {
    const { whole, edges } = coverOf(wanted.stretches);
    const { groupBy, byPurpose, currency = null } = wanted;
    // What is not told apart is no part of the grouping: sums of few groups need no sort.
    const cells = (n: string, account: string, of: { purpose: string; key: string; name: string }, sums: string) => {
      const grouped = [n, account, ...(byPurpose ? [of.purpose] : []), ...(groupBy ? [of.key] : [])];
      return {
        select: `select ${n} as n, ${account} as account_id, ${byPurpose ? of.purpose : `''`} as purpose, ${groupBy ? of.key : `''`} as key,
          ${groupBy === 'sku' ? `max(${of.name})` : 'null::text'} as name, ${sums}`,
        groupBy: `group by ${grouped.join(', ')}`,
      };
    };
    const totals = cells(
      'b.n',
      't.account_id',
      { purpose: 't.purpose', key: `t.${groupBy}`, name: 't.product' },
      'sum(t.debits) as debits, sum(t.credits) as credits',
    );
    const postings = cells(
      'b.n',
      'p.account_id',
      { purpose: 'j.purpose', key: groupBy ? dimensionOf(groupBy) : '', name: `p.dimensions->>'product'` },
      'sum(greatest(p.amount, 0)) as debits, sum(greatest(-p.amount, 0)) as credits',
    );
    // The edges are few hours of few days: their journals one by one, never all postings at once.
    const lines = `cross join lateral (select p.account_id, p.amount, p.dimensions from ledger.postings p
      where p.tenant_id = kernel.tenant_id() and p.journal_id = j.id offset 0) p`;
    const rows = await this.database.read<Cell>(
      `with a as materialized (select a.id, a.code, a.name, a.type, a.normal_side, a.currency from ledger.accounts a
          where a.tenant_id = kernel.tenant_id() and ($7::text is null or a.currency = $7) and ${wanted.accounts}),
        whole as (select * from unnest($1::int[], $2::date[], $3::date[]) as b(n, starts, ends)),
        edges as (select * from unnest($4::int[], $5::timestamptz[], $6::timestamptz[]) as b(n, starts, ends)),
        moved as (
          ${totals.select}
          from whole b join ledger.day_totals t on t.tenant_id = kernel.tenant_id() and t.day >= b.starts and t.day < b.ends
          where t.account_id = any(array(select id from a))
          ${totals.groupBy}
          union all
          ${postings.select}
          from edges b cross join lateral (select j.id, j.purpose from ledger.journals j where j.tenant_id = kernel.tenant_id()
              and j.effective_at >= b.starts and j.effective_at < b.ends and ${COUNTS} offset 0) j
            ${lines}
          where p.account_id = any(array(select id from a))
          ${postings.groupBy}
          union all
          ${postings.select}
          from ledger.unsealed u join ledger.journals j on j.tenant_id = u.tenant_id and j.id = u.id
            join whole b on ${DAY} >= b.starts and ${DAY} < b.ends
            ${lines}
          where u.tenant_id = kernel.tenant_id() and ${COUNTS} and p.account_id = any(array(select id from a))
          ${postings.groupBy}),
        summed as (
          select n, account_id, purpose, key, max(name) as name, sum(debits)::bigint as debits, sum(credits)::bigint as credits
          from moved group by n, account_id, purpose, key)
        select m.n, a.code as account, a.name as "accountName", a.type, a.normal_side as "normalSide", a.currency, m.purpose, m.key,
          m.name, m.debits, m.credits
        from summed m join a on a.id = m.account_id
        order by a.code, a.currency, m.n, m.key limit ${MOST_CELLS + 1}`,
      [
        whole.map(({ n }) => n),
        whole.map(({ from }) => from),
        whole.map(({ to }) => to),
        edges.map(({ n }) => n),
        edges.map(({ starts }) => starts),
        edges.map(({ ends }) => ends),
        currency,
        ...(wanted.params ?? []),
      ],
    );
    if (rows.length > MOST_CELLS) throw reportTooLong(MOST_CELLS);
    return rows;
  }
}
