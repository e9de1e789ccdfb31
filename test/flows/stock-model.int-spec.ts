import { CommandBus } from '@nestjs/cqrs';
import fc from 'fast-check';
import { OrganizationsModule } from '../../src/access/organizations/organizations.module';
import { PaperStock, type PaperHold, type Verdict } from '../scenarios/stock-model';
import { asTenant, testApp, type TestApp } from '../support/app';
import { RecordedRealtimeModule } from '../support/realtime';
import { STOCK_FAULTS } from '../support/stock-identity';
import { clock } from '../../src/kernel/clock/clock';
import { Database } from '../../src/kernel/database/database';
import { newId } from '../../src/kernel/ids/ids';
import { DeliveryWorker } from '../../src/kernel/messaging/delivery-worker';
import { SYSTEM } from '../../src/kernel/auth/principal';
import { CatalogModule } from '../../src/commerce/catalog/catalog.module';
import { CreateProductCommand } from '../../src/commerce/catalog/commands/create-product';
import { AdjustStockCommand } from '../../src/commerce/inventory/commands/adjust-stock';
import { ReceiveStockCommand } from '../../src/commerce/inventory/commands/receive-stock';
import {
  CommitHoldCommand,
  FulfilHoldCommand,
  HoldStockCommand,
  ReleaseHoldCommand,
  RestockCommand,
  type HoldReference,
} from '../../src/commerce/inventory/contracts/hold-stock';
import { InventoryModule } from '../../src/commerce/inventory/inventory.module';

const SKU = 'A';
/** Longer by hand: `STOCK_MODEL_RUNS=500 npx jest stock-model`. */
const RUNS = Number(process.env.STOCK_MODEL_RUNS ?? 10);

interface Shop {
  tenant: string;
  start: number;
  references: Map<PaperHold, HoldReference>;
}

describe('stock against a model on paper', () => {
  let app: TestApp;
  let commands: CommandBus;

  beforeAll(async () => {
    app = await testApp([InventoryModule, CatalogModule, OrganizationsModule, RecordedRealtimeModule]);
    commands = app.get(CommandBus);
  });
  afterAll(() => app?.close());
  afterEach(() => clock.setOffset(0));

  const within = <T>(shop: Shop, work: () => Promise<T>): Promise<T> => asTenant(shop.tenant, work, SYSTEM);
  const at = (shop: Shop, seconds: number): Date => new Date(shop.start + seconds * 1000);
  /** Runs it and says how it ended; anything but a typed refusal is thrown. */
  const verdict = (shop: Shop, work: () => Promise<unknown>): Promise<Verdict> =>
    within(shop, work).then(
      (answer) => ((answer as { outcome?: string } | undefined)?.outcome === 'short' ? 'short' : 'done'),
      (error: { code?: string }) => {
        if (error.code?.startsWith('inventory.')) return error.code as Verdict;
        throw error;
      },
    );

  async function agree(paper: PaperStock, shop: Shop): Promise<void> {
    const database = app.get(Database);
    expect(await database.readAs(shop.tenant, STOCK_FAULTS)).toEqual([]);
    const lots = await database.readAs<{ number: string | null; onHand: number; reserved: number }>(
      shop.tenant,
      `select number, on_hand as "onHand", reserved from inventory.stock_lots where number is not null or on_hand > 0`,
    );
    const told = (all: readonly { number: string | null; onHand: number; reserved: number }[]): string[] =>
      all
        .filter((lot) => lot.onHand > 0)
        .map((lot) => `${lot.number}: ${lot.onHand}, ${lot.reserved} reserved`)
        .sort();
    expect(told(lots)).toEqual(told(paper.lots));
  }

  /** One step: what it does on paper and in the product, and how it reads in a counterexample. */
  const step = (
    text: string,
    act: (paper: PaperStock, shop: Shop) => { expected: Verdict; real: () => Promise<unknown> } | null,
  ): fc.AsyncCommand<PaperStock, Shop> => ({
    check: () => true,
    toString: () => text,
    run: async (paper, shop) => {
      const deed = act(paper, shop);
      if (!deed) return;
      expect(`${text}: ${await verdict(shop, deed.real)}`).toBe(`${text}: ${deed.expected}`);
      await agree(paper, shop);
    },
  });

  const pick = (paper: PaperStock, n: number, fits: (hold: PaperHold) => boolean): PaperHold | null => {
    const able = paper.holds.filter(fits);
    return able.length > 0 ? able[n % able.length] : null;
  };
  const pieces = fc.integer({ min: 1, max: 8 });
  const which = fc.nat(20);

  const steps = [
    fc.tuple(fc.constantFrom('E1', 'E2', 'K', null), fc.integer({ min: 1, max: 12 })).map(([number, quantity]) =>
      step(`receive ${quantity} of ${number}`, (paper, shop) => {
        const expires = paper.lots.find((lot) => lot.number === number)!.expires;
        paper.receive(number, quantity);
        const lot = number ? { number, ...(expires && { expiresAt: at(shop, expires).toISOString() }) } : undefined;
        return {
          expected: 'done',
          real: () => commands.execute(new ReceiveStockCommand({ lines: [{ sku: SKU, quantity, lot }] })),
        };
      }),
    ),
    fc.tuple(pieces, fc.integer({ min: 50, max: 900 })).map(([quantity, seconds]) =>
      step(`reserve ${quantity} for ${seconds} s`, (paper, shop) => {
        const expected = paper.reserve(quantity, seconds);
        const reference: HoldReference = { type: 'order', id: newId() };
        if (expected === 'done') shop.references.set(paper.holds.at(-1)!, reference);
        const expiresAt = at(shop, paper.time + seconds);
        return {
          expected,
          real: () => commands.execute(new HoldStockCommand({ reference, lines: [{ sku: SKU, quantity }], expiresAt })),
        };
      }),
    ),
    fc.tuple(fc.integer({ min: 1, max: 600 }), fc.boolean()).map(([seconds, timers]) =>
      step(`${seconds} s pass${timers ? ', timers fire' : ''}`, (paper, shop) => {
        paper.time += seconds;
        if (timers) paper.lapse();
        // Half a second into it, so that no instant is met by chance.
        clock.setOffset((shop.start + paper.time * 1000 + 500 - (clock.nowMs() - clock.offsetSeconds * 1000)) / 1000);
        return { expected: 'done', real: async () => void (timers && (await app.get(DeliveryWorker).drain())) };
      }),
    ),
    which.map((n) =>
      step(`commit ${n}`, (paper, shop) => {
        const hold = pick(paper, n, ({ state }) => state === 'active' || state === 'taken');
        if (!hold) return null;
        const reference = shop.references.get(hold)!;
        return { expected: paper.commit(hold), real: () => commands.execute(new CommitHoldCommand({ reference })) };
      }),
    ),
    fc.tuple(which, pieces).map(([n, quantity]) =>
      step(`ship ${quantity} of ${n}`, (paper, shop) => {
        const hold = pick(paper, n, ({ state }) => state === 'committed');
        if (!hold) return null;
        const reference = shop.references.get(hold)!;
        const lines = [{ sku: SKU, quantity }];
        return {
          expected: paper.ship(hold, quantity),
          real: () => commands.execute(new FulfilHoldCommand({ reference, lines })),
        };
      }),
    ),
    fc.tuple(which, pieces).map(([n, quantity]) =>
      step(`give ${quantity} of ${n} back`, (paper, shop) => {
        const hold = pick(paper, n, ({ state }) => state === 'active' || state === 'committed');
        if (!hold) return null;
        const reference = shop.references.get(hold)!;
        const lines = [{ sku: SKU, quantity }];
        return {
          expected: paper.release(hold, quantity),
          real: () => commands.execute(new ReleaseHoldCommand({ reference, lines, reason: 'changed' })),
        };
      }),
    ),
    fc.tuple(which, pieces, fc.constantFrom('restock' as const, 'scrap' as const)).map(([n, quantity, disposition]) =>
      step(`return ${quantity} of ${n}: ${disposition}`, (paper, shop) => {
        const hold = pick(paper, n, ({ shipped }) => shipped.size > 0);
        if (!hold) return null;
        const reference = shop.references.get(hold)!;
        const lines = [{ sku: SKU, quantity, disposition }];
        return {
          expected: paper.return(hold, quantity, disposition),
          real: () => commands.execute(new RestockCommand({ reference, lines })),
        };
      }),
    ),
    fc.tuple(fc.integer({ min: -6, max: 6 }), fc.constantFrom(0, 0, 0, 1)).map(([change, wrong]) =>
      step(`adjust by ${change}${wrong ? ' from a stale count' : ''}`, (paper) => {
        const [expectedOnHand, onHand] = [paper.onHand + wrong, Math.max(0, paper.onHand + wrong + change)];
        const lines = [{ sku: SKU, expectedOnHand, onHand, reason: 'recount' }];
        return {
          expected: paper.adjust(expectedOnHand, onHand),
          real: () => commands.execute(new AdjustStockCommand({ lines })),
        };
      }),
    ),
  ];

  const compare = async (cmds: Iterable<fc.AsyncCommand<PaperStock, Shop>>): Promise<void> => {
    clock.setOffset(0);
    const shop: Shop = { tenant: newId(), start: clock.nowMs(), references: new Map() };
    const product = { name: 'Thing', variants: [{ sku: SKU, price: { amount: 100, currency: 'EUR' } }] };
    await within(shop, () => commands.execute(new CreateProductCommand(product as never)));
    await fc.asyncModelRun(() => ({ model: new PaperStock(), real: shop }), cmds);
  };

  it('agrees after each step: received, reserved, lapsed, committed, shipped, given back, returned, adjusted', async () => {
    await fc.assert(fc.asyncProperty(fc.commands(steps, { maxCommands: 40, size: 'max' }), compare), {
      numRuns: RUNS,
      endOnFailure: false,
    });
  });
});
