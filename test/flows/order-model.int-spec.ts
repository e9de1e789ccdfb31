import fc from 'fast-check';
import { CancelOrderCommand } from '../../src/commerce/orders/commands/cancel-order';
import { CancelOrderLinesCommand } from '../../src/commerce/orders/commands/cancel-order-lines';
import { CloseOrderCommand } from '../../src/commerce/orders/commands/close-order';
import { EditOrderCommand, type EditedOrder } from '../../src/commerce/orders/commands/edit-order';
import { FulfilOrderCommand } from '../../src/commerce/orders/commands/fulfil-order';
import { HoldOrderCommand, LetOrderGoCommand } from '../../src/commerce/orders/commands/hold-order';
import { CreateCouponCommand } from '../../src/commerce/orders/commands/manage-coupons';
import {
  CancelReturnCommand,
  CloseReturnCommand,
  InspectReturnCommand,
  ReceiveReturnCommand,
  RefundReturnCommand,
} from '../../src/commerce/orders/commands/manage-return';
import { RequestReturnCommand } from '../../src/commerce/orders/commands/request-return';
import { SaveCheckoutSettingsCommand } from '../../src/commerce/orders/commands/save-checkout-settings';
import { ShipOrderCommand } from '../../src/commerce/orders/commands/ship-order';
import { NO_SETTINGS } from '../../src/commerce/orders/domain/checkout-settings';
import type { OrderView } from '../../src/commerce/orders/domain/order-view';
import { clock } from '../../src/kernel/clock/clock';
import { LedgerModule } from '../../src/money/ledger/ledger.module';
import { RefundChargeCommand } from '../../src/money/payments/commands/refund-charge';
import { COUPON } from '../scenarios/coupon-races';
import {
  PaperShop,
  SKUS,
  type PaperOrder,
  type PaperReturn,
  type Pieces,
  type Sku,
  type Verdict,
} from '../scenarios/order-model';
import { OrderDesk, STAFF } from '../support/order-desk';
import { STOCK_FAULTS } from '../support/stock-identity';

const STOCK = 14;
const UNDERWAY = ['paid', 'partly_fulfilled'];
/** Numbers (modulo 4) of steps that name pieces as they are said, also what is not there. */
const EXACTLY = 1;
/** Another seed, or longer, by hand: `ORDER_MODEL_RUNS=100 ORDER_MODEL_SEED=7 npx jest order-model`. */
const RUNS = Number(process.env.ORDER_MODEL_RUNS ?? 8);
const SEED = Number(process.env.ORDER_MODEL_SEED ?? 2_026);

/** What does not add up in a shop: each row is a fault. */
const MONEY_FAULTS = `
  select 'total of lines' as fault, o.number from orders.orders o
  where o.total <> (select sum(l.total + l.tax) from orders.order_lines l where l.order_id = o.id) + o.shipping_total + o.shipping_tax
  union all
  select 'pieces of line', o.number from orders.orders o join orders.order_lines l on l.order_id = o.id
  where l.shipped_quantity + l.cancelled_quantity > l.quantity or l.returned_quantity > l.shipped_quantity
  union all
  select 'refunds of order', o.number from orders.orders o
  where o.refunded_total <> coalesce((select sum(a.refunded) from payments.attempts a join payments.intents i on i.id = a.intent_id
    where i.payable_id = o.id), 0)
  union all
  select 'promises of refunds', a.id::text from payments.attempts a where a.refund_pending <> 0
  union all
  select 'provider and shop', p.id::text from sandbox.payments p join payments.attempts a on a.id::text = p.key
  where p.refunded <> a.refunded
  union all
  select 'journal', j.id::text from ledger.journals j
  where (select sum(p.amount) from ledger.postings p where p.journal_id = j.id) <> 0`;

/** What a step does, and how it is to end. */
interface Done {
  expected: Verdict;
  real: () => Promise<unknown>;
}

type Lines = { lineId: string; quantity: number }[];

interface Shop {
  ids: Map<PaperOrder, string>;
  lines: Map<string, string>;
  returns: Map<PaperReturn, string>;
  hours: number;
}

describe('orders against a model on paper', () => {
  let desk: OrderDesk;
  beforeAll(async () => {
    desk = await OrderDesk.start({ MAINSTAY_UNPAID_ORDERS_LIMIT: '0' }, [LedgerModule]);
  });
  afterAll(() => desk?.app.close());
  afterEach(() => clock.setOffset(0));

  const act = <T>(command: object): Promise<T> => desk.asStaff(() => desk.commands.execute(command as never));
  /** What worker and gateway do. */
  const settle = async (): Promise<void> => {
    await desk.worker.drain();
    const open = await desk.rows<{ id: string }>(`select id from payments.refunds where state = 'requested'`);
    for (const { id } of open) await act(new RefundChargeCommand(id));
    if (open.length > 0) await desk.worker.drain();
  };
  /** Runs it and says how it ended; anything but a typed refusal is thrown. */
  const verdict = (work: () => Promise<unknown>): Promise<Verdict> =>
    work().then(
      () => 'done' as const,
      (error: { code?: string }) => {
        if (/^(orders|inventory|payments)\./.test(error.code ?? '')) return 'refused' as const;
        throw error;
      },
    );
  const priced = (order: PaperOrder, view: OrderView): void => {
    for (const line of order.lines) {
      const sold = view.lines.find(({ sku }) => sku === line.sku)!;
      line.cost = sold.total.amount + sold.tax.amount;
    }
  };

  async function agree(paper: PaperShop, shop: Shop): Promise<void> {
    await settle();
    expect(await desk.rows(STOCK_FAULTS)).toEqual([]);
    expect(await desk.rows(MONEY_FAULTS)).toEqual([]);
    for (const sku of SKUS)
      expect(`${sku}: ${JSON.stringify(await desk.stock(sku))}`).toBe(
        `${sku}: ${JSON.stringify({ ...(await desk.stock(sku)), onHand: paper.onHand[sku], reserved: paper.reserved(sku) })}`,
      );
    const found = await desk.rows<{ id: string; told: string }>(
      `select o.id, o.status || ', ' || o.refunded_total || ' back, ' || (select string_agg(l.sku || ' ' || concat_ws('/', l.quantity, l.shipped_quantity,
         l.cancelled_quantity, l.returned_quantity), ', ' order by l.sku) from orders.order_lines l where l.order_id = o.id) as told from orders.orders o`,
    );
    const told = new Map(found.map(({ id, told: text }) => [id, text]));
    for (const order of paper.orders) {
      const lines = [...order.lines].sort((a, b) => (a.sku < b.sku ? -1 : 1));
      const pieces = lines.map((l) => `${l.sku} ${[l.quantity, l.shipped, l.cancelled, l.returned].join('/')}`);
      expect(told.get(shop.ids.get(order)!)).toBe(
        `${paper.status(order)}, ${order.refunded} back, ${pieces.join(', ')}`,
      );
    }
    const [{ taken }] = await desk.rows<{ taken: number }>(
      'select coalesce(sum(captured - refunded), 0)::float8 as taken from payments.attempts',
    );
    expect(taken).toBe(paper.orders.reduce((all, { paid, refunded }) => all + paid - refunded, 0));
  }

  /** One step, and how it reads in a counterexample. */
  const step = (
    text: string,
    take: (paper: PaperShop, shop: Shop) => Done | null,
  ): fc.AsyncCommand<PaperShop, Shop> => ({
    check: () => true,
    toString: () => text,
    run: async (paper, shop) => {
      const deed = take(paper, shop);
      if (!deed) return;
      expect(`${text}: ${await verdict(deed.real)}`).toBe(`${text}: ${deed.expected}`);
      await agree(paper, shop);
    },
  });
  type Deed = (order: PaperOrder, orderId: string, paper: PaperShop, shop: Shop) => Done | null;
  const which = fc.nat(39);
  const pieces = fc.record({ A: fc.nat(3), B: fc.nat(2) });
  const named = ({ A, B }: Pieces): string => `${A ?? 0} A, ${B ?? 0} B`;
  /** One of them: mostly one that it makes sense for. */
  const pick = <T>(all: readonly T[], n: number, likely: (one: T) => boolean): T | undefined => {
    const some = all.filter(likely);
    const of = n % 4 === 0 || some.length === 0 ? all : some;
    return of.at(Math.floor(n / 4) % Math.max(1, of.length));
  };
  const ofOrder = (n: number, text: string, likely: readonly string[], deed: Deed) =>
    step(`${text} (order ${n})`, (paper, shop) => {
      const order = pick(paper.orders, n, (one) => likely.includes(paper.status(one)));
      return order ? deed(order, shop.ids.get(order)!, paper, shop) : null;
    });
  const linesOf = (shop: Shop, orderId: string, asked: Pieces): Lines =>
    SKUS.flatMap((sku) => {
      const lineId = shop.lines.get(`${orderId} ${sku}`) ?? orderId;
      return asked[sku] ? [{ lineId, quantity: asked[sku] }] : [];
    });
  const known = (order: PaperOrder, view: OrderView, shop: Shop): void => {
    shop.ids.set(order, view.id);
    for (const line of view.lines) shop.lines.set(`${view.id} ${line.sku}`, line.id);
    priced(order, view);
  };
  const ofReturn = (
    n: number,
    text: string,
    likely: PaperReturn['state'],
    deed: (back: PaperReturn, returnId: string, order: PaperOrder, paper: PaperShop, shop: Shop) => Done,
  ) =>
    step(`${text} (return ${n})`, (paper, shop) => {
      const all = paper.orders.flatMap((order) => order.returns.map((back) => ({ back, order })));
      const one = pick(all, n, ({ back }) => back.state === likely);
      return one ? deed(one.back, shop.returns.get(one.back)!, one.order, paper, shop) : null;
    });

  const place = (asked: Pieces, token: string) =>
    step(`order ${named(asked)}, ${token}`, (paper, shop) => {
      const order = paper.place(asked);
      return {
        expected: order ? 'done' : 'refused',
        real: async () => {
          const cart = await desk.cart(
            ...SKUS.flatMap((sku): [Sku, number][] => (asked[sku] ? [[sku, asked[sku]]] : [])),
          );
          const { order: view } = await desk.checkout(cart, token);
          known(order!, view, shop);
          paper.pay(order!, token === 'declined');
        },
      };
    });
  const placed = fc
    .tuple(pieces, fc.constantFrom('success', 'success', 'declined'))
    .map(([asked, token]) => place(asked, token));
  const ofThese =
    (
      verb: string,
      where: 'here' | 'out',
      likely: readonly string[],
      deed: (order: PaperOrder, asked: Pieces, lines: Lines, orderId: string, paper: PaperShop, shop: Shop) => Done,
    ) =>
    (n: number, most: Pieces) =>
      ofOrder(
        n,
        `${verb} ${named(most)}${n % 4 === EXACTLY ? '' : ' at most'}`,
        likely,
        (order, orderId, paper, shop) => {
          const asked = n % 4 === EXACTLY ? most : paper.some(order, most, where);
          const lines = linesOf(shop, orderId, asked);
          return lines.length > 0 ? deed(order, asked, lines, orderId, paper, shop) : null;
        },
      );
  const ofPieces = (...of: Parameters<typeof ofThese>) =>
    fc.tuple(which, pieces).map(([n, most]) => ofThese(...of)(n, most));
  const sent = ofPieces(
    'send back',
    'out',
    ['partly_fulfilled', 'fulfilled', 'returning'],
    (order, asked, lines, orderId, paper, shop) => {
      const back = paper.announce(order, asked);
      const announced = lines.map((line) => ({ ...line, reason: 'Too small' }));
      return {
        expected: back ? 'done' : 'refused',
        real: async () => {
          const request = { orderId, viewer: STAFF, lines: announced };
          shop.returns.set(back!, (await act<{ id: string }>(new RequestReturnCommand(request))).id);
        },
      };
    },
  );
  const returned = [
    which.map((n) =>
      ofReturn(n, 'receive', 'approved', (back, returnId, order, paper) => ({
        expected: paper.receive(order, back),
        real: () => act(new ReceiveReturnCommand({ returnId })),
      })),
    ),
    fc.tuple(which, fc.boolean()).map(([n, restock]) =>
      ofReturn(n, restock ? 'inspect: shelf' : 'inspect: bin', 'received', (back, returnId, order, paper, shop) => ({
        expected: paper.inspect(back, restock),
        real: () => {
          const lines = linesOf(shop, shop.ids.get(order)!, back.pieces).map(({ lineId }) => ({ lineId, restock }));
          return act(new InspectReturnCommand({ returnId, lines }));
        },
      })),
    ),
    which.map((n) =>
      ofReturn(n, 'refund', 'inspected', (back, returnId, order, paper) => ({
        expected: paper.refund(order, back),
        real: () => act(new RefundReturnCommand({ returnId })),
      })),
    ),
    fc.tuple(which, fc.constantFrom('cancelled' as const, 'closed' as const)).map(([n, how]) =>
      ofReturn(n, `end as ${how}`, how === 'cancelled' ? 'approved' : 'inspected', (back, returnId, _, paper) => ({
        expected: paper.end(back, how),
        real: () =>
          act(how === 'cancelled' ? new CancelReturnCommand({ returnId }) : new CloseReturnCommand({ returnId })),
      })),
    ),
  ];
  const cancel = (n: number) =>
    ofOrder(n, 'cancel', ['pending_payment', 'paid', 'on_hold'], (order, orderId, paper) => ({
      expected: paper.cancel(order),
      real: () => act(new CancelOrderCommand({ orderId, reason: 'staff' })),
    }));
  const giveUp = ofThese('give up', 'here', UNDERWAY, (order, asked, lines, orderId, paper) => ({
    expected: paper.cancelLines(order, asked),
    real: () => act(new CancelOrderLinesCommand({ orderId, lines })),
  }));
  const hold = (n: number) =>
    ofOrder(n, 'hold', UNDERWAY, (order, orderId, paper) => ({
      expected: paper.hold(order),
      real: () => act(new HoldOrderCommand({ orderId })),
    }));
  const letGo = (n: number) =>
    ofOrder(n, 'let go', ['on_hold'], (order, orderId, paper) => ({
      expected: paper.letGo(order),
      real: () => act(new LetOrderGoCommand({ orderId })),
    }));
  const steps = [
    placed,
    placed,
    fc.tuple(which, fc.constantFrom('success', 'success', 'declined')).map(([n, token]) =>
      ofOrder(n, `pay, ${token}`, ['pending_payment'], (order, orderId, paper) => ({
        expected: paper.pay(order, token === 'declined'),
        real: () => desk.pay(orderId, token),
      })),
    ),
    fc.constant(
      step('an hour passes', (paper, shop) => {
        paper.hour();
        shop.hours += 1;
        clock.setOffset(shop.hours * 3_600);
        return { expected: 'done', real: () => Promise.resolve() };
      }),
    ),
    ofPieces('ship', 'here', UNDERWAY, (order, asked, lines, orderId, paper) => ({
      expected: paper.ship(order, asked),
      real: () => act(new ShipOrderCommand({ orderId, lines })),
    })),
    which.map((n) =>
      ofOrder(n, 'fulfil', UNDERWAY, (order, orderId, paper) => ({
        expected: paper.ship(order, paper.rest(order)),
        real: () => act(new FulfilOrderCommand({ orderId })),
      })),
    ),
    which.map(cancel),
    fc.tuple(which, pieces).map(([n, most]) => giveUp(n, most)),
    which.map(hold),
    which.map(letGo),
    which.map((n) =>
      ofOrder(n, 'close', ['fulfilled', 'returned'], (order, orderId, paper) => ({
        expected: paper.close(order),
        real: () => act(new CloseOrderCommand({ orderId })),
      })),
    ),
    fc.tuple(which, fc.constantFrom(...SKUS), fc.nat(5)).map(([n, sku, quantity]) =>
      ofOrder(n, `edit to ${quantity} ${sku}`, ['pending_payment', ...UNDERWAY], (order, orderId, paper, shop) => {
        const unpaid = paper.status(order) === 'pending_payment';
        const { verdict: expected, addition } = paper.edit(order, sku, quantity);
        return {
          expected,
          real: async () => {
            const lineId = shop.lines.get(`${orderId} ${sku}`) ?? orderId;
            const edited = await act<EditedOrder>(new EditOrderCommand({ orderId, change: [{ lineId, quantity }] }));
            if (unpaid) known(order, edited.order, shop);
            if (addition) known(addition, edited.addition!, shop);
          },
        };
      }),
    ),
    sent,
    sent,
    ...returned,
    ...returned,
  ];

  const compare = async (cmds: Iterable<fc.AsyncCommand<PaperShop, Shop>>): Promise<void> => {
    clock.setOffset(0);
    desk.open();
    await desk.product('A', 999, STOCK);
    await desk.product('B', 333, STOCK);
    const tax = { country: 'PT', category: 'standard', name: 'IVA', basisPoints: 2_300 };
    await act(new SaveCheckoutSettingsCommand({ ...NO_SETTINGS, defaultCountry: 'PT', taxRates: [tax] }, null));
    await act(new CreateCouponCommand({ ...COUPON, name: 'Always', code: null, basisPoints: 750 }));
    const shop: Shop = { ids: new Map(), lines: new Map(), returns: new Map(), hours: 0 };
    await fc.asyncModelRun(() => ({ model: new PaperShop(STOCK), real: shop }), cmds);
  };

  // What runs by chance found once, as short as it could be made.
  it.each([
    [
      'an order that was held up and cancelled is not let go',
      [place({ A: 1 }, 'success'), hold(0), cancel(0), letGo(0)],
    ],
    [
      'all pieces of an order beside one that is not in it are a mistake, and no cancellation',
      [place({ A: 1 }, 'success'), giveUp(EXACTLY, { A: 1, B: 1 })],
    ],
    [
      'nor are they where the order is held up',
      [place({ A: 1 }, 'success'), hold(0), giveUp(EXACTLY, { A: 1, B: 1 }), giveUp(EXACTLY, { A: 1 })],
    ],
  ])('found once: %s', (_, found) => compare(found));

  it('agree after each step: paid, declined, shipped, given up, held, edited, sent back and refunded, whatever the order', async () => {
    await fc.assert(fc.asyncProperty(fc.commands(steps, { maxCommands: 120, size: 'max' }), compare), {
      numRuns: RUNS,
      seed: SEED,
      endOnFailure: false,
    });
  });
});
