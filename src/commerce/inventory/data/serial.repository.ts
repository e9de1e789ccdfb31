import { Injectable } from '@nestjs/common';
import { currentContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import { serialKnown } from '../domain/inventory.errors';
import type { NamedSerial, Serial, SerialEventKind, SerialState } from '../domain/serial';
import type { StockState } from '../domain/stock-state';

const SERIAL = `s.id, s.sku, s.serial, s.state, s.condition, s.level_id as "levelId", s.lot_id as "lotId", s.reference_id as "referenceId"`;

/** The paper that a change rests on. */
export interface SerialPaper {
  kind: SerialEventKind;
  document: { type: string; id: string } | null;
  reason: string | null;
}

/** Where a piece goes, with its lot where that changes. */
export interface SerialMove {
  id: string;
  levelId?: string;
  lotId?: string;
  condition?: StockState;
  reference?: { type: string; id: string };
  transferLotId?: string;
  warrantyUntil?: Date | null;
}

/** Pieces with serial numbers. Who changes one in stock has locked its level. */
@Injectable()
export class SerialRepository {
  constructor(private readonly uow: UnitOfWork) {}

  /** Which of these articles are tracked by serial numbers, with the months of their warranty. Asked under the locks of their levels. */
  async tracked(skus: readonly string[]): Promise<Map<string, number | null>> {
    const tx = this.uow.current();
    const rows = await tx.query<{ sku: string; warrantyMonths: number | null }>(
      `select sku, warranty_months as "warrantyMonths" from inventory.item_settings
       where tenant_id = $1 and serials and sku = any($2::text[])`,
      [tx.tenantId, skus],
    );
    return new Map(rows.map((row) => [row.sku, row.warrantyMonths]));
  }

  /** Pieces with these numbers, wherever they are. */
  named(serials: readonly NamedSerial[]): Promise<Serial[]> {
    const tx = this.uow.current();
    return tx.query<Serial>(
      `select ${SERIAL} from inventory.serials s join json_to_recordset($2::json) as x(sku text, serial text)
         on x.sku = s.sku and x.serial = s.serial where s.tenant_id = $1`,
      [tx.tenantId, JSON.stringify(serials)],
    );
  }

  /** So many pieces of each lot that can be sold, first received first, without those that are named. */
  pick(lots: readonly { lotId: string; quantity: number }[], without: readonly string[]): Promise<Serial[]> {
    const tx = this.uow.current();
    return tx.query<Serial>(
      `select p.* from json_to_recordset($2::json) as x("lotId" uuid, quantity bigint) cross join lateral (
         select ${SERIAL} from inventory.serials s
         where s.tenant_id = $1 and s.lot_id = x."lotId" and s.state = 'in_stock' and s.condition = 'available' and s.id <> all($3::uuid[])
         order by s.received_at, s.id limit x.quantity) p`,
      [tx.tenantId, JSON.stringify(lots), without],
    );
  }

  /** What left for a reference and is still out, what left last first. */
  out(reference: { id: string }, lotIds: readonly string[]): Promise<Serial[]> {
    const tx = this.uow.current();
    return tx.query<Serial>(
      `select ${SERIAL} from inventory.serials s
       where s.tenant_id = $1 and s.reference_id = $2 and s.state = 'shipped' and s.lot_id = any($3::uuid[])
       order by s.shipped_at desc, s.id desc`,
      [tx.tenantId, reference.id, lotIds],
    );
  }

  /** What travels in these lots of a transfer. */
  travelling(transferLotIds: readonly string[]): Promise<(Serial & { transferLotId: string })[]> {
    const tx = this.uow.current();
    return tx.query<Serial & { transferLotId: string }>(
      `select ${SERIAL}, s.transfer_lot_id as "transferLotId" from inventory.serials s
       where s.tenant_id = $1 and s.transfer_lot_id = any($2::uuid[]) order by s.received_at, s.id`,
      [tx.tenantId, transferLotIds],
    );
  }

  /**
   * Takes pieces in, under numbers that are new or of pieces that were gone.
   * @returns the numbers that belong to pieces which are somewhere already; then the caller must roll back
   */
  async take(
    pieces: readonly (NamedSerial & {
      levelId: string;
      lotId: string;
      condition?: StockState;
      provisional?: boolean;
    })[],
    paper: SerialPaper,
  ): Promise<NamedSerial[]> {
    if (pieces.length === 0) return [];
    const tx = this.uow.current();
    const rows = pieces.map((piece) => ({ id: newId(), ...piece }));
    const taken = await tx.query<{ id: string; sku: string; serial: string }>(
      `insert into inventory.serials as s (tenant_id, id, sku, serial, provisional, state, condition, level_id, lot_id, received_at, updated_at)
       select $1, x.id, x.sku, x.serial, coalesce(x.provisional, false), 'in_stock', coalesce(x.condition, 'available'), x."levelId", x."lotId",
         kernel.now(), kernel.now()
       from json_to_recordset($2::json) as x(id uuid, sku text, serial text, provisional boolean, condition text, "levelId" uuid, "lotId" uuid)
       order by x.sku, x.serial
       on conflict (tenant_id, sku, serial) do update set state = 'in_stock', condition = excluded.condition, level_id = excluded.level_id,
         lot_id = excluded.lot_id, reference_type = null, reference_id = null, shipped_at = null, warranty_until = null,
         received_at = kernel.now(), updated_at = kernel.now(), version = s.version + 1
       where s.state = 'gone'
       returning s.id, s.sku, s.serial`,
      [tx.tenantId, JSON.stringify(rows)],
    );
    await this.log(
      taken.map(({ id }) => id),
      paper,
    );
    const fine = new Set(taken.map(({ sku, serial }) => `${sku} ${serial}`));
    return pieces
      .filter(({ sku, serial }) => !fine.has(`${sku} ${serial}`))
      .map(({ sku, serial }) => ({ sku, serial }));
  }

  /**
   * Moves pieces from one state to another, where they still are in it: the condition is in the update itself.
   * @returns ids of those that were moved; fewer than asked means that somebody was first and the caller must roll back
   */
  async move(
    moves: readonly SerialMove[],
    from: { state: SerialState; condition?: StockState },
    to: SerialState,
    paper: SerialPaper,
  ): Promise<string[]> {
    if (moves.length === 0) return [];
    const tx = this.uow.current();
    const rows = moves.map(({ reference, ...move }) => ({
      ...move,
      referenceType: reference?.type,
      referenceId: reference?.id,
    }));
    const moved = await tx.query<{ id: string }>(
      `update inventory.serials s
       set state = $3, condition = coalesce(x.condition, 'available'), level_id = coalesce(x."levelId", s.level_id),
         lot_id = coalesce(x."lotId", s.lot_id), transfer_lot_id = x."transferLotId",
         reference_type = case when $3 = 'gone' then s.reference_type else x."referenceType" end,
         reference_id = case when $3 = 'gone' then s.reference_id else x."referenceId" end,
         shipped_at = case $3 when 'shipped' then kernel.now() when 'gone' then s.shipped_at end,
         warranty_until = case when $3 = 'gone' then s.warranty_until else x."warrantyUntil" end,
         version = s.version + 1, updated_at = kernel.now()
       from json_to_recordset($2::json) as x(id uuid, "levelId" uuid, "lotId" uuid, condition text, "transferLotId" uuid, "referenceType" text,
         "referenceId" uuid, "warrantyUntil" timestamptz)
       where s.tenant_id = $1 and s.id = x.id and s.state = $4 and s.condition = $5
       returning s.id`,
      [tx.tenantId, JSON.stringify(rows), to, from.state, from.condition ?? 'available'],
    );
    const ids = moved.map(({ id }) => id);
    await this.log(ids, paper);
    return ids;
  }

  /** What lies in stock of articles that are not tracked any more is history. */
  async forget(skus: readonly string[]): Promise<void> {
    const tx = this.uow.current();
    const rows = await tx.query<{ id: string }>(
      `update inventory.serials s set state = 'gone', condition = 'available', version = s.version + 1, updated_at = kernel.now()
       where s.tenant_id = $1 and s.sku = any($2::text[]) and s.state = 'in_stock' returning s.id`,
      [tx.tenantId, skus],
    );
    await this.log(
      rows.map(({ id }) => id),
      { kind: 'untracked', document: null, reason: null },
    );
  }

  /** Gives a piece another number. @throws AppError conflict `inventory.serial-known` */
  async rename({ id, sku, serial: was }: Serial, serial: string): Promise<void> {
    const tx = this.uow.current();
    await tx
      .execute(
        `update inventory.serials set serial = $3, provisional = false, version = version + 1, updated_at = kernel.now()
         where tenant_id = $1 and id = $2`,
        [tx.tenantId, id, serial],
      )
      .catch((error: { constraint?: string }) => {
        throw error.constraint === 'serials_once' ? serialKnown([{ sku, serial }]) : error;
      });
    await this.log([id], { kind: 'renamed', document: null, reason: `was ${was}` });
  }

  /** One piece, locked; null when there is none. */
  async find(id: string): Promise<Serial | null> {
    const tx = this.uow.current();
    const [row] = await tx.query<Serial>(
      `select ${SERIAL} from inventory.serials s where s.tenant_id = $1 and s.id = $2 for no key update`,
      [tx.tenantId, id],
    );
    return row ?? null;
  }

  private async log(ids: readonly string[], { kind, document, reason }: SerialPaper): Promise<void> {
    if (ids.length === 0) return;
    const tx = this.uow.current();
    const rows = ids.map((serial) => ({ id: newId(), serial }));
    await tx.execute(
      `insert into inventory.serial_events (tenant_id, id, serial_id, kind, lot_id, location_id, condition, document_type, document_id, reason, actor_id, at)
       select $1, x.id, s.id, $3, s.lot_id, l.location_id, s.condition, $4, $5, $6, $7, kernel.now()
       from json_to_recordset($2::json) as x(id uuid, serial uuid) join inventory.serials s on s.tenant_id = $1 and s.id = x.serial
         join inventory.stock_levels l on l.tenant_id = s.tenant_id and l.id = s.level_id`,
      [
        tx.tenantId,
        JSON.stringify(rows),
        kind,
        document?.type ?? null,
        document?.id ?? null,
        reason,
        currentContext().principal.userId,
      ],
    );
  }
}
