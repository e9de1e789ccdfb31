import { Injectable } from '@nestjs/common';
import { currentContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import type { CorrectedLine } from '../domain/inventory.errors';
import type { CountLine, CountState } from '../domain/stock-count';
import type { LotRow } from './stock.repository';

export interface Count {
  id: string;
  locationId: string;
  wholeLocation: boolean;
  state: CountState;
  version: number;
  createdAt: Date;
}

/** What people found of one line, and when. */
export interface Finding {
  levelId: string;
  sku: string;
  lotNumber: string | null;
  /** Pieces; of articles whose serial numbers were read, what the books said more or less `missing` and `found`. */
  counted: number | null;
  /** Null: now. */
  countedAt: Date | null;
  missing?: number;
  found?: number;
}

/** What approving changed of a line. */
export interface AppliedLine {
  lineId: string;
  quantity: number;
  /** Of pieces with serial numbers: how many are gone, and how many were taken in. */
  missing?: number;
  found?: number;
}

/** Writes stock counts. A count's row is locked before its levels. */
@Injectable()
export class CountRepository {
  constructor(private readonly uow: UnitOfWork) {}

  async create(count: {
    id: string;
    locationId: string;
    wholeLocation: boolean;
    blind: boolean;
    note: string | null;
  }): Promise<void> {
    const tx = this.uow.current();
    await tx.execute(
      `insert into inventory.stock_counts (tenant_id, id, location_id, whole_location, blind, note, created_by, created_at)
       values ($1, $2, $3, $4, $5, $6, $7, kernel.now())`,
      [
        tx.tenantId,
        count.id,
        count.locationId,
        count.wholeLocation,
        count.blind,
        count.note,
        currentContext().principal.userId,
      ],
    );
  }

  /**
   * What there is to count at a location: each batch, and what has no batch number. Of all articles what lies there; of
   * those that are named also what should not.
   */
  scope(
    locationId: string,
    skus: readonly string[] | null,
  ): Promise<{ levelId: string; sku: string; lotNumber: string | null }[]> {
    const tx = this.uow.current();
    return tx.query(
      `select l.id as "levelId", l.sku, t.number as "lotNumber"
       from inventory.stock_levels l join inventory.stock_lots t on t.tenant_id = l.tenant_id and t.level_id = l.id
       where l.tenant_id = $1 and l.location_id = $2 and ($3::text[] is null or l.sku = any($3::text[]))
         and (t.on_hand > 0 or t.id = l.id and $3::text[] is not null)
       group by l.id, l.sku, t.number order by l.sku, t.number nulls first`,
      [tx.tenantId, locationId, skus],
    );
  }

  async addLines(
    countId: string,
    lines: readonly { levelId: string; sku: string; lotNumber: string | null }[],
  ): Promise<void> {
    const tx = this.uow.current();
    const rows = lines.map((line) => ({ id: newId(), ...line }));
    await tx.execute(
      `insert into inventory.stock_count_lines (tenant_id, id, count_id, level_id, sku, lot_number)
       select $1, x.id, $2, x."levelId", x.sku, x."lotNumber"
       from json_to_recordset($3::json) as x(id uuid, "levelId" uuid, sku text, "lotNumber" text)
       on conflict (tenant_id, count_id, level_id, lot_number) do nothing`,
      [tx.tenantId, countId, JSON.stringify(rows)],
    );
  }

  /** One count, locked; null when there is none. */
  async lock(id: string): Promise<Count | null> {
    const tx = this.uow.current();
    const [row] = await tx.query<Count>(
      `select id, location_id as "locationId", whole_location as "wholeLocation", state, version, created_at as "createdAt"
       from inventory.stock_counts where tenant_id = $1 and id = $2 for update`,
      [tx.tenantId, id],
    );
    return row ?? null;
  }

  /** Lines of a locked count: all, or those of these levels. */
  lines(id: string, levelIds: readonly string[] | null = null): Promise<CountLine[]> {
    const tx = this.uow.current();
    return tx.query<CountLine>(
      `select id, level_id as "levelId", sku, lot_number as "lotNumber", counted, expected, missing, found from inventory.stock_count_lines
       where tenant_id = $1 and count_id = $2 and ($3::uuid[] is null or level_id = any($3::uuid[])) order by id`,
      [tx.tenantId, id, levelIds],
    );
  }

  /**
   * Notes what was found. What lies there in the books at that moment is read by the same statement, of levels that the
   * caller has locked: what there is now, less what moved since.
   */
  async record(id: string, findings: readonly Finding[]): Promise<void> {
    const tx = this.uow.current();
    await tx.execute(
      `update inventory.stock_count_lines c
       set counted = coalesce(x.counted, x.expected + x.found - x.missing), expected = x.expected, missing = x.missing, found = x.found,
         counted_at = coalesce(x."countedAt", kernel.now()), counted_by = $4, times_counted = c.times_counted + 1
       from (select x.*, coalesce((select sum(t.on_hand) from inventory.stock_lots t
               where t.tenant_id = $1 and t.level_id = x."levelId" and t.number is not distinct from x."lotNumber"), 0)
             - case when x."countedAt" is null then 0 else coalesce((select sum(m.quantity) from inventory.stock_lots t
                 join inventory.stock_movements m on m.tenant_id = t.tenant_id and m.lot_id = t.id
               where t.tenant_id = $1 and t.level_id = x."levelId" and t.number is not distinct from x."lotNumber" and m.at > x."countedAt"), 0) end as expected
             from json_to_recordset($3::json) as x("levelId" uuid, "lotNumber" text, counted bigint, "countedAt" timestamptz, missing bigint, found bigint)) x
       where c.tenant_id = $1 and c.count_id = $2 and c.level_id = x."levelId" and c.lot_number is not distinct from x."lotNumber"`,
      [tx.tenantId, id, JSON.stringify(findings), currentContext().principal.userId],
    );
    await tx.execute(`update inventory.stock_counts set version = version + 1 where tenant_id = $1 and id = $2`, [
      tx.tenantId,
      id,
    ]);
  }

  /** Which of these counted lines, whose levels are locked, were corrected by somebody after they were counted. */
  corrected(id: string, lines: readonly CountLine[]): Promise<CorrectedLine[]> {
    const tx = this.uow.current();
    return tx.query<CorrectedLine & object>(
      `select c.sku, c.lot_number as "lotNumber" from inventory.stock_count_lines c
       where c.tenant_id = $1 and c.count_id = $2 and c.id = any($3::uuid[]) and exists (
         select from inventory.stock_lots t join inventory.stock_movements m on m.tenant_id = t.tenant_id and m.lot_id = t.id
         where t.tenant_id = $1 and t.level_id = c.level_id and t.number is not distinct from c.lot_number
           and m.kind in ('count', 'adjustment') and m.at > c.counted_at)
       order by c.sku, c.lot_number`,
      [tx.tenantId, id, lines.map((line) => line.id)],
    );
  }

  /**
   * The lots of these lines, whose levels are locked, in the order in which missing pieces are taken: what has neither
   * number nor cost first, then what was received first.
   */
  lots(id: string, lines: readonly CountLine[]): Promise<(LotRow & { lineId: string })[]> {
    const tx = this.uow.current();
    return tx.query<LotRow & { lineId: string }>(
      `select c.id as "lineId", t.id, t.level_id as "levelId", t.number, t.received_at as "receivedAt", t.remove_at as "removeAt",
         t.on_hand as "onHand", t.reserved, t.unavailable, t.unit_cost as "unitCost", t.cost_currency as "costCurrency",
         t.expires_at as "expiresAt"
       from inventory.stock_count_lines c join inventory.stock_lots t on t.tenant_id = c.tenant_id and t.level_id = c.level_id
         and t.number is not distinct from c.lot_number
       where c.tenant_id = $1 and c.count_id = $2 and c.id = any($3::uuid[])
       order by t.id <> t.level_id, t.remove_at nulls last, t.received_at, t.id`,
      [tx.tenantId, id, lines.map((line) => line.id)],
    );
  }

  /** Ends a locked count; `applied` says what each line changed. */
  async settle(id: string, to: CountState, reason: string | null, applied: readonly AppliedLine[]): Promise<void> {
    const tx = this.uow.current();
    await tx.execute(
      `with lines as (
         update inventory.stock_count_lines c set applied = x.quantity, missing = coalesce(x.missing, c.missing), found = coalesce(x.found, c.found)
         from json_to_recordset($5::json) as x("lineId" uuid, quantity bigint, missing bigint, found bigint)
         where c.tenant_id = $1 and c.count_id = $2 and c.id = x."lineId"
       )
       update inventory.stock_counts set state = $3, reason = $4, settled_by = $6, settled_at = kernel.now(), version = version + 1
       where tenant_id = $1 and id = $2`,
      [tx.tenantId, id, to, reason, JSON.stringify(applied), currentContext().principal.userId],
    );
  }
}
