import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import type { LocationUse } from '../domain/location';

/** Locations as commands need them. */
@Injectable()
export class LocationRepository {
  constructor(private readonly uow: UnitOfWork) {}

  /** The active ones among these ids; until the commit nobody closes them. */
  async active(ids: readonly string[]): Promise<Set<string>> {
    const tx = this.uow.current();
    const rows = await tx.query<{ id: string }>(
      `select id from inventory.locations where tenant_id = $1 and id = any($2::uuid[]) and active order by id for share`,
      [tx.tenantId, ids],
    );
    return new Set(rows.map((row) => row.id));
  }

  /**
   * Keeps the locations of these levels open until the commit, and opens those that were closed. The levels are locked after it.
   * Not shared: two that both open one would wait for each other.
   */
  async openFor(levelIds: readonly string[]): Promise<void> {
    const tx = this.uow.current();
    const places = await tx.query<{ id: string; active: boolean }>(
      `select p.id, p.active from inventory.locations p where p.tenant_id = $1 and p.id in (
         select l.location_id from inventory.stock_levels l where l.tenant_id = $1 and l.id = any($2::uuid[]))
       order by p.id for no key update`,
      [tx.tenantId, levelIds],
    );
    const closed = places.filter(({ active }) => !active).map(({ id }) => id);
    if (closed.length === 0) return;
    await tx.execute(
      `update inventory.locations set active = true, version = version + 1 where tenant_id = $1 and id = any($2::uuid[])`,
      [tx.tenantId, closed],
    );
  }

  /** What lies at a location, is on its way there, or is planned with it. */
  async useOf(id: string): Promise<LocationUse> {
    const tx = this.uow.current();
    const [use] = await tx.query<LocationUse>(
      `select (select count(*)::int from inventory.stock_levels l where l.tenant_id = $1 and l.location_id = $2
           and (l.on_hand > 0 or l.reserved > 0 or l.unavailable > 0)) as stocked,
         (select count(*)::int from inventory.stock_levels l where l.tenant_id = $1 and l.location_id = $2
           and (l.incoming > 0 or l.expected > 0)) as incoming,
         (select count(*)::int from inventory.stock_transfers t where t.tenant_id = $1 and t.state in ('draft', 'shipped')
           and $2::uuid in (t.from_location_id, t.to_location_id)) as transfers,
         (select count(*)::int from inventory.purchase_orders o where o.tenant_id = $1 and o.location_id = $2
           and o.status in ('draft', 'ordered', 'partly_received')) as "purchaseOrders",
         (select count(*)::int from inventory.stock_counts c where c.tenant_id = $1 and c.location_id = $2
           and c.state = 'open') as counts`,
      [tx.tenantId, id],
    );
    return use;
  }

  /** The shop's default location; made on first use. */
  async defaultId(): Promise<string> {
    const tx = this.uow.current();
    const find = `select id from inventory.locations where tenant_id = $1 and is_default`;
    const found = await tx.query<{ id: string }>(find, [tx.tenantId]);
    if (found.length > 0) return found[0].id;
    await tx.execute(
      `insert into inventory.locations (tenant_id, id, code, name, is_default, created_at)
       values ($1, $2, 'main', 'Main location', true, kernel.now()) on conflict do nothing`,
      [tx.tenantId, newId()],
    );
    return (await tx.query<{ id: string }>(find, [tx.tenantId]))[0].id;
  }
}
