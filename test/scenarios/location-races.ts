import { AsyncLocalStorage } from 'node:async_hooks';
import { Client } from 'pg';
import { ChangeLocationCommand } from '../../src/commerce/inventory/commands/change-location';
import { ReceiveStockCommand } from '../../src/commerce/inventory/commands/receive-stock';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import { eventually } from '../support/eventually';
import type { StockRoom } from '../support/stock-desk';

/** Runs work in no context, so that it joins no transaction. */
const outside = AsyncLocalStorage.snapshot();

/** Goods arrive at a location while somebody closes it. @returns how the closing ended, and what lies in closed locations */
export async function closedWhileGoodsArrive(room: StockRoom): Promise<{ closing: string; lost: number }> {
  const admin = new Client({ connectionString: room.app.database.superuserUrl });
  await admin.connect();
  const locationId = room.places.annex;
  let closing: Promise<string> | null = null;
  await room.run(() =>
    room.app.get(UnitOfWork).run(async () => {
      await room.commands.execute(new ReceiveStockCommand({ lines: [{ sku: 'A', quantity: 3, locationId }] }));
      closing = outside(() =>
        room.run(() => room.commands.execute(new ChangeLocationCommand(locationId, { active: false }))),
      ).then(
        () => 'closed',
        (error: { code?: string }) => error.code ?? String(error),
      );
      let ended = false;
      void closing.then(() => (ended = true));
      // Until it is through, or waits for these goods.
      await eventually(async () => ended || (await waits(admin)));
    }),
  );
  await admin.end();
  const how = await closing!;
  const [{ lost }] = await room.rows<{ lost: number }>(
    `select coalesce(sum(l.on_hand), 0)::int as lost from inventory.stock_levels l
     join inventory.locations p on p.id = l.location_id where not p.active`,
  );
  return { closing: how, lost };
}

/** Whether somebody waits for a location. */
const waits = async (admin: Client): Promise<boolean> =>
  (
    await admin.query(`select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()
      and query like '%inventory%locations%for no key update%'`)
  ).rows.length > 0;
