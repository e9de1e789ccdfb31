import fc from 'fast-check';
import { DAY, StockRoom } from '../../../test/support/stock-desk';
import { clock } from '../../kernel/clock/clock';
import { ListQuery, type Page } from '../../kernel/http/pagination';
import { MoveStockStatesCommand } from './commands/move-stock-states';
import { CommitHoldCommand, FulfilHoldCommand } from './contracts/hold-stock';
import { SetStockCommand } from './contracts/set-stock';
import { InventoryReportQuery, type ReportRow } from './queries/inventory-report';

const SKUS = ['A', 'B', 'b', 'Ä', 'C-10', 'C-9'];
const CURRENCIES = ['EUR', 'USD'];

/** What the journal says, asked without anything that the report is made of. */
const RECOUNT = `select m.sku, coalesce(-sum(m.quantity) filter (where m.quantity < 0), 0)::bigint as lost,
    coalesce(sum(m.quantity) filter (where m.quantity > 0), 0)::bigint as found,
    coalesce((select json_agg(json_build_object('amount', w.amount, 'currency', w.currency) order by w.currency) from (
      select -sum(n.quantity * n.unit_cost)::bigint as amount, n.cost_currency as currency from inventory.stock_movements n
      where n.sku = m.sku and n.kind not in ('receipt', 'shipment', 'return', 'transfer') and n.at >= $1 and n.at < $2
        and n.unit_cost is not null group by n.cost_currency) w), '[]') as value
  from inventory.stock_movements m where m.kind not in ('receipt', 'shipment', 'return', 'transfer') and m.at >= $1 and m.at < $2
  group by m.sku order by m.sku`;

describe('the report of what was lost and found', () => {
  let room: StockRoom;
  let begin: number;

  beforeAll(async () => {
    room = await StockRoom.open();
    await room.shop(SKUS);
    begin = clock.nowMs();
    await year();
  });
  afterAll(() => room?.close());

  /** Counts, goods that are written off, and sales among them, a thing every few days, the same ones each time. */
  async function year(): Promise<void> {
    const pick = (n: number, of: number): number => (n * 7919 + 104_729) % of;
    for (let n = 0; n < 60; n++) {
      clock.setOffset(n * 6 * DAY);
      const sku = SKUS[pick(n, SKUS.length)];
      const unitCost = { amount: 100 + n, currency: CURRENCIES[(n >> 3) % 2] };
      await room.receive({ sku, quantity: 9, lot: { number: `L-${n}`, unitCost } });
      const what = (n >> 2) % 3;
      if (what === 0) {
        const onHand = pick(n, 20) + (n % 2) * 60;
        const lines = [{ sku, onHand }];
        await room.run(() => room.commands.execute(new SetStockCommand({ lines, reason: 'count', document: `${n}` })));
      } else if (what === 1) {
        const broken = { sku, quantity: 2, from: 'available', to: 'written_off', reason: 'broken' } as const;
        await room.run(() => room.commands.execute(new MoveStockStatesCommand([broken])));
      } else {
        const reference = await room.hold(1, sku);
        await room.run(() => room.commands.execute(new CommitHoldCommand({ reference })));
        await room.run(() => room.commands.execute(new FulfilHoldCommand({ reference })));
      }
    }
    clock.setOffset(366 * DAY);
    expect(await room.faults()).toEqual([]);
  }

  const page = (terms: { from: string; to: string }, list: Partial<ListQuery>): Promise<Page<ReportRow>> =>
    room.run(() =>
      room.queries.execute(new InventoryReportQuery('shrinkage', terms, Object.assign(new ListQuery(), list))),
    );

  it('is a plain recount of the journal, for any time, page by page, in both orders', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 365 }),
        fc.integer({ min: 1, max: 365 }),
        fc.integer({ min: 1, max: 7 }),
        fc.boolean(),
        async (first, days, limit, falling) => {
          const [from, to] = [first, first + days].map((day) => new Date(begin + day * DAY * 1000));
          const terms = { from: from.toISOString(), to: to.toISOString() };
          const wanted = await room.rows<ReportRow>(RECOUNT, [from, to]);
          if (falling) wanted.reverse();
          const found: ReportRow[] = [];
          let cursor: string | undefined;
          do {
            const list = { limit, cursor, sort: falling ? '-sku' : 'sku', count: 'exact' as const };
            const { data, page: at } = await page(terms, list);
            expect(at.total).toBe(wanted.length);
            expect(data.length).toBeLessThanOrEqual(limit);
            found.push(...data);
            cursor = at.nextCursor ?? undefined;
          } while (cursor);
          expect(found).toEqual(wanted);
        },
      ),
      { numRuns: 60, seed: 20_261_122 },
    );
  });

  it('has something to say of every article here, and values them by currency', async () => {
    const { data } = await page(
      { from: new Date(begin - 1_000).toISOString(), to: new Date(clock.nowMs()).toISOString() },
      {},
    );
    expect(data.length).toBeGreaterThan(3);
    expect(data.some(({ value }) => value!.length === 2)).toBe(true);
    expect(data.some(({ found }) => found! > 0)).toBe(true);
  });
});
