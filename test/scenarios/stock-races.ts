import type { DynamicModule, Type } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { CommitHoldCommand, HoldStockCommand, type HoldLine } from '../../src/commerce/inventory/contracts/hold-stock';
import { GoodsIn } from '../../src/commerce/inventory/commands/goods-in';
import { SetStockCommand } from '../../src/commerce/inventory/contracts/set-stock';
import { clock } from '../../src/kernel/clock/clock';
import { Database } from '../../src/kernel/database/database';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import { newId } from '../../src/kernel/ids/ids';
import { asTenant, testApp, type TestApp } from '../support/app';
import { testDatabase } from '../support/cluster';
import { RecordedRealtimeModule } from '../support/realtime';
import { STOCK_FAULTS } from '../support/stock-identity';
import { BackorderRepository } from '../../src/commerce/inventory/data/backorder.repository';
import { LocationRepository } from '../../src/commerce/inventory/data/location.repository';

/** What a race over stock left behind. */
export interface RaceResult {
  won: number;
  /** Clean refusals: `inventory.out-of-stock`. */
  refused: number;
  /** Everything else that reached a caller, by code. */
  other: Record<string, number>;
  /** Transactions that had to be tried again (deadlocks). */
  retries: number;
  levels: { sku: string; onHand: number; reserved: number }[];
  /** Pieces on lines of open holds, per SKU. */
  held: Record<string, number>;
  /** Identities of stock that do not hold. */
  faults: object[];
}

/** Connections of each process; as many callers are under way, so that none waits for a place in the pool instead. */
const POOL = 32;

/** Two applications, each with a pool of its own, over one database: what two processes are to PostgreSQL. */
async function twoProcesses(module: Type | DynamicModule): Promise<TestApp[]> {
  const database = await testDatabase({ fresh: true });
  return [
    await testApp([module, RecordedRealtimeModule], { database, env: { MAINSTAY_DATABASE_POOL_SIZE: String(POOL) } }),
    await testApp([module, RecordedRealtimeModule], { database, env: { MAINSTAY_DATABASE_POOL_SIZE: String(POOL) } }),
  ];
}

/** Spreads the pieces over four batches; a fifth has plenty, and expired yesterday. */
const batches = (sku: string, units: number, locationId: string) => {
  const now = clock.nowMs();
  const day = (n: number): string => new Date(now + n * 86_400_000).toISOString();
  const expired = { sku, quantity: 1000, locationId, lot: { number: 'EXPIRED', expiresAt: day(-1) } };
  const good = Array.from({ length: units }, (_, i) => ({
    sku,
    quantity: 1,
    locationId,
    lot: { number: `L${i % 4}`, expiresAt: day(1 + (i % 4)) },
  }));
  return [expired, ...good];
};

/** After so many seconds unpaid holds of a race lapse. */
const LAPSE_S = 120;

/** Runs all tasks, so many at a time. */
async function inFlight(most: number, tasks: (() => Promise<unknown>)[]): Promise<void> {
  const left = [...tasks];
  const caller = async (): Promise<void> => {
    for (let task = left.shift(); task; task = left.shift()) await task();
  };
  await Promise.all(Array.from({ length: most }, caller));
}

async function race(
  apps: TestApp[],
  stock: Record<string, number>,
  orders: HoldLine[][],
  more: { lots?: boolean; lapsing?: number; beyond?: number } = {},
): Promise<RaceResult> {
  const tenant = newId();
  const [first] = apps;
  const lines = Object.entries(stock).map(([sku, onHand]) => ({ sku, onHand }));
  await asTenant<unknown>(tenant, () =>
    more.lots
      ? first.get(UnitOfWork).run(async () => {
          const locationId = await first.get(LocationRepository).defaultId();
          const goods = lines.flatMap(({ sku, onHand }) => batches(sku, onHand, locationId));
          await first.get(GoodsIn).take(goods, { document: { type: 'receipt', id: newId() }, reason: 'race' });
        })
      : first.get(CommandBus).execute(new SetStockCommand({ lines, reason: 'race', document: 'race' })),
  );
  if (more.beyond !== undefined) {
    const terms = lines.map(({ sku }) => ({ sku, most: more.beyond!, promisedAt: null }));
    await asTenant(tenant, () => first.get(UnitOfWork).run(() => first.get(BackorderRepository).saveTerms(terms)));
  }
  // Buyers who never pay: their holds lapse at once when half of the others have had their turn.
  for (let unpaid = 0; unpaid < (more.lapsing ?? 0); unpaid++)
    await asTenant(tenant, () =>
      first.get(CommandBus).execute(
        new HoldStockCommand({
          reference: { type: 'order', id: newId() },
          lines: orders[0],
          expiresAt: new Date(clock.nowMs() + LAPSE_S * 1000),
        }),
      ),
    );
  const result: RaceResult = {
    won: 0,
    refused: 0,
    other: {},
    retries: -orders.length,
    levels: [],
    held: {},
    faults: [],
  };
  await inFlight(
    POOL * apps.length,
    orders.map((order, index) => () => {
      const app = apps[index % apps.length];
      if (more.lapsing && index === orders.length >> 1) clock.setOffset(LAPSE_S + 1);
      const reference = { type: 'order' as const, id: newId() };
      const expiresAt = new Date(clock.nowMs() + 600_000);
      return asTenant(tenant, () =>
        app.get(UnitOfWork).run(async () => {
          result.retries += 1;
          const bus = app.get(CommandBus);
          await bus.execute(new HoldStockCommand({ reference, lines: order, expiresAt }));
          await bus.execute(new CommitHoldCommand({ reference }));
        }),
      ).then(
        () => void (result.won += 1),
        (error: { code?: string }) => {
          const code = error.code ?? String(error);
          if (code === 'inventory.out-of-stock') result.refused += 1;
          else result.other[code] = (result.other[code] ?? 0) + 1;
        },
      );
    }),
  );
  const database = first.get(Database);
  result.levels = await database.readAs(
    tenant,
    `select sku, on_hand as "onHand", reserved from inventory.stock_levels where tenant_id = $1 order by sku`,
    [tenant],
  );
  const held = await database.readAs<{ sku: string; quantity: number }>(
    tenant,
    `select x.sku, sum(x.quantity)::bigint as quantity from inventory.reservation_lines x
     join inventory.inventory_reservations r on r.tenant_id = x.tenant_id and r.id = x.reservation_id
     where x.tenant_id = $1 and r.state in ('active', 'committed') and x.taken_over_at is null group by x.sku`,
    [tenant],
  );
  result.faults = await database.readAs(tenant, STOCK_FAULTS);
  result.held = Object.fromEntries(held.map((row) => [row.sku, row.quantity]));
  return result;
}

export interface OversellOptions {
  buyers?: number;
  units?: number;
  twoLines?: boolean;
  /** The pieces lie in batches of different expiry, beside one that expired. */
  lots?: boolean;
  /** So many unpaid holds lapse during the race. */
  lapsing?: number;
  /** So many pieces may be promised beyond the stock. */
  beyond?: number;
}

/** `buyers` want one piece each of the `units` there are (in two lines where `twoLines`, as bundles do). */
export async function oversell(
  module: Type | DynamicModule,
  { buyers = 200, units = 10, twoLines = false, ...more }: OversellOptions = {},
): Promise<RaceResult> {
  const apps = await twoProcesses(module);
  try {
    const one: HoldLine[] = [{ sku: 'HOT', quantity: 1, beyond: more.beyond === undefined ? undefined : 'backorder' }];
    const order = twoLines ? [...one, ...one] : one;
    return await race(
      apps,
      { HOT: units },
      Array.from({ length: buyers }, () => order),
      more,
    );
  } finally {
    clock.setOffset(0);
    await Promise.all(apps.map((app) => app.close()));
  }
}

/** `count` orders of four lines over eight SKUs, each order's lines in an order of its own. */
export async function crossedOrders(module: Type | DynamicModule, count: number): Promise<RaceResult> {
  const apps = await twoProcesses(module);
  try {
    const skus = Array.from({ length: 8 }, (_, i) => `S${i}`);
    // Deterministic shuffles: the k-th permutation drawn by a small linear congruence.
    let seed = 42;
    const next = (below: number): number => (seed = (seed * 1103515245 + 12345) % 2147483648) % below;
    const orders = Array.from({ length: count }, () => {
      const left = [...skus];
      return Array.from({ length: 4 }, () => ({ sku: left.splice(next(left.length), 1)[0], quantity: 1 }));
    });
    return await race(apps, Object.fromEntries(skus.map((sku) => [sku, count * 4])), orders);
  } finally {
    await Promise.all(apps.map((app) => app.close()));
  }
}

/** What must be true after the oversell race. @param beyond pieces that may be promised besides the units */
export function expectExactlySold(result: RaceResult, units: number, buyers: number, each = 1, beyond = 0): void {
  const sold = Math.floor((units + beyond) / each);
  expect({ won: result.won, refused: result.refused }).toEqual({ won: sold, refused: buyers - sold });
  expect(result.other).toEqual({});
  expect(result.faults).toEqual([]);
  expect(result.levels).toEqual([{ sku: 'HOT', onHand: units, reserved: sold * each }]);
  expect(result.held).toEqual({ HOT: sold * each });
}

/** Two lines of a piece each of 21 in batches, to 200 buyers; five unpaid holds lapse meanwhile, and many pieces expired beside them. */
export const BATCHES: OversellOptions = { buyers: 200, units: 21, twoLines: true, lots: true, lapsing: 5 };

/** What must be true after the race for `BATCHES`. */
export function expectBatchesSold(result: RaceResult): void {
  // What nobody paid for went to those who came after it lapsed: ten of two pieces, and one piece is left.
  expect({ won: result.won, refused: result.refused }).toEqual({ won: 10, refused: 190 });
  expect(result).toMatchObject({ other: {}, faults: [], levels: [{ sku: 'HOT', onHand: 1021, reserved: 20 }] });
  expect(result.held).toEqual({ HOT: 20 });
}

/** What must be true after the race of crossed orders: nobody saw a deadlock, and none had to be tried again. */
export function expectNoDeadlock(result: RaceResult, count: number): void {
  expect(result.other).toEqual({});
  expect({ won: result.won, retries: result.retries }).toEqual({ won: count, retries: 0 });
  expect(result.levels.reduce((sum, level) => sum + level.reserved, 0)).toBe(count * 4);
}
