import type { Command } from '@nestjs/cqrs';
import { MoveStockStatesCommand } from '../../src/commerce/inventory/commands/move-stock-states';
import { ReceiveStockCommand } from '../../src/commerce/inventory/commands/receive-stock';
import {
  CommitHoldCommand,
  FulfilHoldCommand,
  HoldStockCommand,
} from '../../src/commerce/inventory/contracts/hold-stock';
import {
  InventoryReportQuery,
  type ReportName,
  type ReportRow,
} from '../../src/commerce/inventory/queries/inventory-report';
import { clock } from '../../src/kernel/clock/clock';
import { ListQuery } from '../../src/kernel/http/pagination';
import { newId } from '../../src/kernel/ids/ids';
import { generatedTrade, northwind, type Trade } from '../scenarios/stock-trade';
import { EUR, StockRoom } from '../support/stock-desk';

const DAY = 86_400_000;

/**
 * The company's books as it kept them ($1 what came, $2 what left, $3 from, $4 to, $5 what was written off), counted once
 * more in plain SQL that knows nothing of the product's tables. What came first left first.
 */
const BOOKS = `came as (select * from json_to_recordset($1::json) as x(sku text, at timestamptz, quantity bigint, cost bigint, number text, "expiresAt" timestamptz)),
  went as (select * from json_to_recordset($2::json) as x(sku text, at timestamptz, quantity bigint)),
  period as (select $3::timestamptz as "from", $4::timestamptz as "to"),
  lost as (select * from json_to_recordset($5::json) as x(sku text, at timestamptz, quantity bigint)),
  gone as (select sku, sum(quantity)::bigint as quantity from (select sku, quantity from went union all select sku, quantity from lost) g group by sku),
  batches as (select c.*, greatest(0, least(c.quantity, sum(c.quantity) over (partition by c.sku order by c.at) - coalesce(g.quantity, 0)))::bigint as rest
    from came c left join gone g on g.sku = c.sku),
  sold as (select sku, sum(w.quantity)::bigint as quantity, max(w.at) as last from went w cross join period p where w.at >= p."from" and w.at < p."to" group by sku),
  articles as (select sku, sum(rest)::bigint as on_hand from batches group by sku),
  steps as (select sku, at, sum(quantity) over (partition by sku order by at) as level, lead(at, 1, 'infinity') over (partition by sku order by at) as until
    from (select sku, at, sum(quantity) as quantity from (select sku, at, quantity from came union all select sku, at, -quantity from went
      union all select sku, at, -quantity from lost) m group by sku, at) m),
  days as (select extract(epoch from "to" - "from") / 86400 as n from period)`;
const RECOUNT: Record<Exclude<ReportName, 'shrinkage'>, string> = {
  turnover: `select a.sku, a.on_hand as "onHand", coalesce(s.quantity, 0)::bigint as shipped,
      (select sum(t.level * greatest(0, extract(epoch from least(t.until, p."to") - greatest(t.at, p."from")))) / extract(epoch from p."to" - p."from")
       from steps t cross join period p where t.sku = a.sku and t.at < p."to" group by p."from", p."to")::float8 as "averageOnHand"
    from articles a left join sold s on s.sku = a.sku order by a.sku`,
  cover: `select a.sku, a.on_hand as "onHand", coalesce(s.quantity, 0)::bigint as shipped, (coalesce(s.quantity, 0) / n)::float8 as "shippedPerDay",
      round(a.on_hand * n / nullif(s.quantity, 0), 1)::float8 as "daysOfCover"
    from articles a cross join days left join sold s on s.sku = a.sku order by a.sku`,
  ageing: `select b.sku, sum(b.rest)::bigint as "onHand", sum(b.rest) filter (where d.n <= 30)::bigint as "upTo30",
      sum(b.rest) filter (where d.n > 30 and d.n <= 60)::bigint as "upTo60", sum(b.rest) filter (where d.n > 60 and d.n <= 90)::bigint as "upTo90",
      sum(b.rest) filter (where d.n > 90 and d.n <= 180)::bigint as "upTo180", sum(b.rest) filter (where d.n > 180)::bigint as older
    from batches b cross join period p cross join lateral (select extract(epoch from p."to" - b.at) / 86400 as n) d
    where b.rest > 0 group by b.sku order by b.sku`,
  expiring: `select sku, number as "lotNumber", rest as "onHand", rest * cost as amount from batches cross join period p
    where rest > 0 and "expiresAt" < p."to" + interval '149 days' order by "expiresAt", sku`,
  dead: `select a.sku, a.on_hand as "onHand", (select sum(b.rest * b.cost)::bigint from batches b where b.sku = a.sku) as amount
    from articles a cross join period p
    where a.on_hand > 0 and coalesce((select max(at) from went w where w.sku = a.sku), (select min(at) from came c where c.sku = a.sku)) < p."to" - interval '30 days'
    order by a.sku`,
  valuation: `select sku, sum(rest)::bigint as "onHand", sum(rest * cost)::bigint as amount from batches group by sku order by sku`,
};

describe('reports of the stock against a recount of the company’s own books', () => {
  let room: StockRoom;
  let books: { came: object[]; went: object[]; lost: object[] };
  let [from, to] = [new Date(), new Date()];
  const send = <T>(command: Command<T>): Promise<T> => room.run(() => room.commands.execute(command));
  const at = (time: Date): void => clock.setOffset((time.getTime() - clock.nowMs()) / 1000 + clock.offsetSeconds);

  /** The whole history of a company, each thing at its time. */
  async function live({ receipts, orders }: Trade): Promise<void> {
    const skus = [...new Set(receipts.map(({ sku }) => sku))];
    await room.shop(skus);
    books = { came: receipts, went: [], lost: [] };
    const story = [
      ...receipts.map((line) => ({ at: line.at, run: () => receive(line) })),
      ...orders.map((order) => ({ at: order.at, run: () => sell(order) })),
    ].sort((a, b) => a.at.getTime() - b.at.getTime());
    for (const chapter of story) {
      at(chapter.at);
      await chapter.run();
    }
  }
  const receive = ({ sku, quantity, number, cost, expiresAt }: Trade['receipts'][number]) =>
    send(
      new ReceiveStockCommand({
        lines: [{ sku, quantity, lot: { number, unitCost: EUR(cost), expiresAt: expiresAt.toISOString() } }],
      }),
    );
  const sell = async (order: Trade['orders'][number]): Promise<void> => {
    const reference = { type: 'order' as const, id: newId() };
    const expiresAt = new Date(clock.nowMs() + DAY);
    await send(new HoldStockCommand({ reference, lines: order.lines, expiresAt }));
    await send(new CommitHoldCommand({ reference }));
    await send(new FulfilHoldCommand({ reference }));
    books.went.push(...order.lines.map((line) => ({ ...line, at: order.at })));
  };
  const report = async (name: ReportName, days?: number): Promise<ReportRow[]> => {
    const list = Object.assign(new ListQuery(), { limit: 100 });
    const terms = { from: from.toISOString(), to: to.toISOString(), days };
    return (await room.run(() => room.queries.execute(new InventoryReportQuery(name, terms, list)))).data;
  };
  const recount = <Row extends object>(name: keyof typeof RECOUNT): Promise<Row[]> =>
    room.rows<Row>(`with ${BOOKS} ${RECOUNT[name]}`, [
      JSON.stringify(books.came),
      JSON.stringify(books.went),
      from,
      to,
      JSON.stringify(books.lost),
    ]);
  /** Times of the product are milliseconds later than those of the books. */
  const near = (value: number | null | undefined): unknown => (value == null ? null : expect.closeTo(value, 1));

  async function agree(): Promise<void> {
    type Numbers = Record<'onHand' | 'shipped' | 'averageOnHand' | 'shippedPerDay' | 'amount', number> & {
      sku: string;
    };
    const turnover = await recount<Numbers>('turnover');
    expect(turnover.length).toBeGreaterThan(5);
    expect(await report('turnover')).toEqual(
      turnover.map(({ averageOnHand, ...row }) => ({
        ...row,
        averageOnHand: near(averageOnHand),
        turnover: near(row.shipped / averageOnHand),
      })),
    );
    expect(await report('cover')).toEqual(
      (await recount<Numbers>('cover')).map((row) => ({
        ...row,
        shippedPerDay: near(row.shippedPerDay),
      })),
    );
    const ages = (await recount<Numbers & Record<string, number | null>>('ageing')).map(({ sku, onHand, ...rest }) => {
      return { sku, onHand, ages: Object.fromEntries(Object.entries(rest).map(([age, n]) => [age, n ?? 0])) };
    });
    expect((await report('ageing')).map(({ oldestAt: _, ...row }) => row)).toEqual(ages);
    const worth = ({ amount, ...row }: Numbers) => ({ ...row, value: [EUR(amount)] });
    const found = (rows: ReportRow[]) => rows.map(({ locationId: _, removeAt: __, lastShippedAt: ___, ...row }) => row);
    expect(found(await report('expiring', 149))).toEqual((await recount<Numbers>('expiring')).map(worth));
    expect(found(await report('dead', 30))).toEqual((await recount<Numbers>('dead')).map(worth));
    expect((await report('valuation')).map(({ averageValue: _, ...row }) => row)).toEqual(
      (await recount<Numbers>('valuation')).map((row) => ({ ...worth(row), fifoValue: EUR(row.amount) })),
    );
  }

  beforeAll(async () => {
    room = await StockRoom.open();
  });
  afterAll(() => room?.close());
  afterEach(async () => {
    expect(await room.faults()).toEqual([]);
    clock.setOffset(0);
  });

  it('turnover, cover, ageing, expiring, dead, value and what was written off agree with the books of a generated company', async () => {
    const start = new Date('2026-01-05T08:00:00Z');
    const trade = generatedTrade(start);
    await live(trade);
    at(new Date(start.getTime() + 125 * DAY));
    [from, to] = [new Date(start.getTime() + 30 * DAY), new Date(start.getTime() + 125 * DAY)];
    await agree();
    // Two of what came first are broken: they leave the stock at their cost.
    const broken = { sku: 'NW-6', quantity: 2 };
    await send(
      new MoveStockStatesCommand([{ ...broken, from: 'available', to: 'written_off', reason: 'fell from the shelf' }]),
    );
    books.lost.push({ ...broken, at: to });
    to = new Date(to.getTime() + DAY);
    at(to);
    await agree();
    const cost = trade.receipts.find(({ sku }) => sku === 'NW-6')!.cost;
    expect(await report('shrinkage')).toEqual([{ sku: 'NW-6', lost: 2, found: 0, value: [EUR(2 * cost)] }]);
  });

  // By hand: `NORTHWIND_DIR=<folder with its CSV files> npx jest stock-recount`.
  const folder = process.env.NORTHWIND_DIR;
  (folder ? it : it.skip)(
    'agree for Northwind itself',
    async () => {
      const trade = northwind(folder!);
      await live(trade);
      to = new Date(trade.orders.at(-1)!.at.getTime() + DAY);
      from = new Date(to.getTime() - 365 * DAY);
      at(to);
      await agree();
    },
    900_000,
  );
});
