import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import type { HoldLine, HoldReference } from '../contracts/hold-stock';
import type { Reservation } from '../domain/reservation';

const RESERVATION = `id, state, expires_at as "expiresAt"`;

/** Finds and settles holds. A hold's row is always locked before its levels. */
@Injectable()
export class ReservationRepository {
  constructor(private readonly uow: UnitOfWork) {}

  /** One hold, locked; null when there is none. */
  async lock(id: string): Promise<Reservation | null> {
    const tx = this.uow.current();
    const rows = await tx.query<Reservation>(
      `select ${RESERVATION} from inventory.inventory_reservations where tenant_id = $1 and id = $2 for update`,
      [tx.tenantId, id],
    );
    return rows[0] ?? null;
  }

  /** The latest hold of a reference, locked; null when there never was one. */
  async lockLatest(reference: HoldReference): Promise<Reservation | null> {
    const tx = this.uow.current();
    const rows = await tx.query<Reservation>(
      `select ${RESERVATION} from inventory.inventory_reservations
       where tenant_id = $1 and reference_type = $2 and reference_id = $3 order by id desc limit 1 for update`,
      [tx.tenantId, reference.type, reference.id],
    );
    return rows[0] ?? null;
  }

  /** Commits the hold of a reference if, at this very moment, it is active and has not lapsed. */
  async commitIfLive(reference: HoldReference): Promise<boolean> {
    const tx = this.uow.current();
    const changed = await tx.execute(
      `update inventory.inventory_reservations set state = 'committed', settled_at = kernel.now(), version = version + 1
       where tenant_id = $1 and reference_type = $2 and reference_id = $3
         and state = 'active' and lapsed_at is null and expires_at > kernel.now()`,
      [tx.tenantId, reference.type, reference.id],
    );
    return changed === 1;
  }

  /** What a hold was made for, per SKU, taken over or not. */
  lines(holdId: string): Promise<HoldLine[]> {
    const tx = this.uow.current();
    return tx.query<HoldLine & object>(
      `select sku, sum(quantity)::bigint as quantity from inventory.reservation_lines
       where tenant_id = $1 and reservation_id = $2 group by sku order by sku`,
      [tx.tenantId, holdId],
    );
  }

  /** What a locked hold still has on each level. */
  openLines(holdId: string): Promise<{ levelId: string; quantity: number }[]> {
    const tx = this.uow.current();
    return tx.query<{ levelId: string; quantity: number }>(
      `select level_id as "levelId", quantity from inventory.reservation_lines
       where tenant_id = $1 and reservation_id = $2 and taken_over_at is null`,
      [tx.tenantId, holdId],
    );
  }
}
