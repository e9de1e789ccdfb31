import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import type { Serial } from '../domain/serial';
import type { SerialFinding } from '../domain/stock-count';

/** What was read of one article at its locked level. */
export interface ReadSerials {
  levelId: string;
  sku: string;
  serials: readonly string[];
  /** Null: now. */
  countedAt: Date | null;
}

/** A piece of an article that is counted: one that lies at the level, or whose number was read. */
export interface ComparedPiece extends Serial {
  /** The level whose count it is compared for. */
  countedLevelId: string;
  lotNumber: string | null;
  /** Something happened to it after it was counted. */
  moved: boolean;
}

/** What was noted of one number. */
export interface CountedSerial {
  levelId: string;
  sku: string;
  lotNumber: string | null;
  serial: string;
  serialId: string | null;
  finding: SerialFinding;
}

/** A missing or found piece of a count, as it is now: `piece` is null where the books still know nothing of it. */
export interface DifferingSerial extends CountedSerial {
  lineId: string;
  piece: Serial | null;
  moved: boolean;
}

const PIECE = `s.id, s.sku, s.serial, s.state, s.condition, s.level_id as "levelId", s.lot_id as "lotId", s.reference_id as "referenceId"`;

/** Serial numbers that were read in stock counts. Who compares them has locked their levels. */
@Injectable()
export class CountSerialRepository {
  constructor(private readonly uow: UnitOfWork) {}

  /** The pieces that lie at these levels in the books, and those whose numbers were read, wherever they are. */
  compared(levels: readonly ReadSerials[]): Promise<ComparedPiece[]> {
    const tx = this.uow.current();
    return tx.query<ComparedPiece>(
      `with asked as (
         select * from json_to_recordset($2::json) as x("levelId" uuid, sku text, serials json, "countedAt" timestamptz)
       ), pieces as (
         select s.id, x."levelId" as counted, x."countedAt" from asked x join inventory.stock_lots t on t.tenant_id = $1 and t.level_id = x."levelId"
           join inventory.serials s on s.tenant_id = $1 and s.lot_id = t.id and s.state = 'in_stock'
         union
         select s.id, x."levelId", x."countedAt" from asked x cross join lateral json_array_elements_text(x.serials) as r(serial)
           join inventory.serials s on s.tenant_id = $1 and s.sku = x.sku and s.serial = r.serial
       )
       select ${PIECE}, p.counted as "countedLevelId", t.number as "lotNumber",
         p."countedAt" is not null and exists (select from inventory.serial_events e
           where e.tenant_id = $1 and e.serial_id = s.id and e.at > p."countedAt") as moved
       from pieces p join inventory.serials s on s.tenant_id = $1 and s.id = p.id
         join inventory.stock_lots t on t.tenant_id = $1 and t.id = s.lot_id
       order by s.sku, s.serial`,
      [tx.tenantId, JSON.stringify(levels)],
    );
  }

  /** Puts what was read of these levels in the place of what was noted before. */
  async replace(countId: string, levelIds: readonly string[], rows: readonly CountedSerial[]): Promise<void> {
    const tx = this.uow.current();
    await tx.execute(
      `delete from inventory.stock_count_serials where tenant_id = $1 and count_id = $2 and level_id = any($3::uuid[])`,
      [tx.tenantId, countId, levelIds],
    );
    await tx.execute(
      `insert into inventory.stock_count_serials (tenant_id, id, count_id, level_id, sku, lot_number, serial, serial_id, finding)
       select $1, x.id, $2, x."levelId", x.sku, x."lotNumber", x.serial, x."serialId", x.finding
       from json_to_recordset($3::json) as x(id uuid, "levelId" uuid, sku text, "lotNumber" text, serial text, "serialId" uuid, finding text)`,
      [tx.tenantId, countId, JSON.stringify(rows.map((row) => ({ id: newId(), ...row })))],
    );
  }

  /** Forgets numbers that were read of batches which were counted anew without them. */
  async forget(countId: string, lines: readonly { levelId: string; lotNumber: string | null }[]): Promise<void> {
    const tx = this.uow.current();
    await tx.execute(
      `delete from inventory.stock_count_serials c using json_to_recordset($3::json) as x("levelId" uuid, "lotNumber" text)
       where c.tenant_id = $1 and c.count_id = $2 and c.level_id = x."levelId" and c.lot_number is not distinct from x."lotNumber"`,
      [tx.tenantId, countId, JSON.stringify(lines)],
    );
  }

  /** Missing and found pieces of these lines, as they are now. */
  differing(countId: string, lineIds: readonly string[]): Promise<DifferingSerial[]> {
    const tx = this.uow.current();
    return tx.query<DifferingSerial>(
      `select l.id as "lineId", c.level_id as "levelId", c.sku, c.lot_number as "lotNumber", c.serial, c.serial_id as "serialId", c.finding,
         case when s.id is not null then json_build_object('id', s.id, 'sku', s.sku, 'serial', s.serial, 'state', s.state,
           'condition', s.condition, 'levelId', s.level_id, 'lotId', s.lot_id, 'referenceId', s.reference_id) end as piece,
         exists (select from inventory.serial_events e where e.tenant_id = $1 and e.serial_id = s.id and e.at > l.counted_at) as moved
       from inventory.stock_count_lines l
         join inventory.stock_count_serials c on c.tenant_id = l.tenant_id and c.count_id = l.count_id and c.level_id = l.level_id
           and c.lot_number is not distinct from l.lot_number and c.finding <> 'seen'
         left join inventory.serials s on s.tenant_id = c.tenant_id
           and case when c.serial_id is null then s.sku = c.sku and s.serial = c.serial else s.id = c.serial_id end
       where l.tenant_id = $1 and l.count_id = $2 and l.id = any($3::uuid[]) order by c.sku, c.serial`,
      [tx.tenantId, countId, lineIds],
    );
  }

  /** All pieces that lie in these lots. */
  inLots(lotIds: readonly string[]): Promise<Serial[]> {
    const tx = this.uow.current();
    return tx.query<Serial>(
      `select ${PIECE} from inventory.serials s
       where s.tenant_id = $1 and s.lot_id = any($2::uuid[]) and s.state = 'in_stock' order by s.sku, s.serial`,
      [tx.tenantId, lotIds],
    );
  }
}
