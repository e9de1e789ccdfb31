import { Injectable } from '@nestjs/common';
import { Database } from '../../../kernel/database/database';
import { COUNTS, dimensionOf, type FoldedDimension } from '../data/day-totals';
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
    const own = (of: FoldedDimension | undefined, posting: boolean): string =>
      of === undefined ? `''` : posting ? dimensionOf(of) : `t.${of}`;
    const named = groupBy === 'sku';
    const fromTotals = `${byPurpose ? 't.purpose' : `''`} as purpose, ${own(groupBy, false)} as key, ${named ? 't.product' : 'null'} as name, t.debits, t.credits`;
    const fromPostings = `${byPurpose ? 'j.purpose' : `''`} as purpose, ${own(groupBy, true)} as key, ${named ? `p.dimensions->>'product'` : 'null'} as name,
        greatest(p.amount, 0) as debits, greatest(-p.amount, 0) as credits`;
    const rows = await this.database.read<Cell>(
      `with a as materialized (select a.id, a.code, a.name, a.type, a.normal_side, a.currency from ledger.accounts a
          where a.tenant_id = kernel.tenant_id() and ($7::text is null or a.currency = $7) and ${wanted.accounts}),
        whole as (select * from unnest($1::int[], $2::date[], $3::date[]) as b(n, starts, ends)),
        edges as (select * from unnest($4::int[], $5::timestamptz[], $6::timestamptz[]) as b(n, starts, ends)),
        moved as (
          select b.n, t.account_id, ${fromTotals}
          from whole b cross join a join ledger.day_totals t on t.tenant_id = kernel.tenant_id() and t.account_id = a.id
            and t.day >= b.starts and t.day < b.ends
          union all
          select b.n, p.account_id, ${fromPostings}
          from edges b join ledger.journals j on j.tenant_id = kernel.tenant_id() and j.effective_at >= b.starts and j.effective_at < b.ends
            join ledger.postings p on p.tenant_id = j.tenant_id and p.journal_id = j.id where ${COUNTS}
          union all
          select b.n, p.account_id, ${fromPostings}
          from ledger.unsealed u join ledger.journals j on j.tenant_id = u.tenant_id and j.id = u.id
            join whole b on (j.effective_at at time zone 'UTC')::date >= b.starts and (j.effective_at at time zone 'UTC')::date < b.ends
            join ledger.postings p on p.tenant_id = j.tenant_id and p.journal_id = j.id
          where u.tenant_id = kernel.tenant_id() and ${COUNTS})
        select m.n, a.code as account, a.name as "accountName", a.type, a.normal_side as "normalSide", a.currency, m.purpose, m.key,
          max(m.name) as name, sum(m.debits)::bigint as debits, sum(m.credits)::bigint as credits
        from moved m join a on a.id = m.account_id
        group by m.n, a.code, a.name, a.type, a.normal_side, a.currency, m.purpose, m.key
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
