import fc from 'fast-check';
import { newId } from '../../../kernel/ids/ids';
import { Order } from './order';
import type { NewOrder } from './new-order';
import { mayView, orderTokenOf } from './order-access';
import { deriveStatus, edgeAllowed, ORDER_EDGES } from './order-machines';
import { lineTotal, openQuantity, shareOf, totalsOf } from './order-line';

type ShippedPayload = { shipment: { lines: { total: { amount: number } }[] } };

const AT = new Date('2026-03-01T12:00:00Z');
const line = (sku: string, unitPrice: number, quantity: number) => ({
  sku,
  variantId: newId(),
  productId: newId(),
  productName: `Thing ${sku}`,
  variantName: null,
  categoryId: null,
  categoryName: null,
  quantity,
  unitPrice,
  discountBasisPoints: 0,
  total: unitPrice * quantity,
  tax: 0,
  taxCategory: 'standard',
  components: null,
});
const data = (): NewOrder => ({
  id: newId(),
  cartId: newId(),
  customerId: null,
  userId: null,
  email: 'sasha@example.com',
  shippingAddress: { name: 'Sasha', line1: 'Quay 7', city: 'Porto', postalCode: '4000-001', country: 'PT' },
  currency: 'EUR',
  lines: [line('A', 1250, 3)],
  figures: {
    subtotal: 3750,
    discountTotal: 0,
    shippingTotal: 0,
    shippingTax: 0,
    taxTotal: 0,
    taxIncluded: false,
    taxes: [],
    total: 3750,
  },
  discounts: [],
  shippingMethod: null,
  accessTokenHash: Buffer.alloc(32),
  holdExpiresAt: AT,
  placedFrom: null,
});

/** Ships so many pieces of the order's only line. */
const ship = (order: Order, quantity: number): void =>
  order.ship(
    {
      shipmentId: newId(),
      shipmentNumber: '1001-1',
      carrier: null,
      trackingNumber: null,
      trackingUrl: null,
      lines: [{ lineId: order.lines[0].id, quantity }],
    },
    AT,
  );

const paid = (order: Order): Order => (order.markPaid(AT), order);
const shipped = (order: Order, quantity = 3): Order => (ship(paid(order), quantity), order);
const sentBack = (order: Order): Order => (shipped(order).markReturning(true), order);

/** An order brought into each status by the changes that lead there; on hold for each of the reasons that there are. */
const REACH = {
  draft: (order) => Object.assign(order, { placedAt: null }),
  awaiting_approval: (order) => order.awaitApproval(),
  pending_payment: () => undefined,
  authorized: (order) => order.markAuthorized(AT),
  paid,
  allocated: (order) => {
    paid(order).noteStock(true);
    order.noteStock(false);
  },
  partly_fulfilled: (order) => shipped(order, 1),
  fulfilled: (order) => shipped(order),
  closed: (order) => shipped(order).close(AT),
  'on_hold, shortfall': (order) => order.holdForShortfall('refunding'),
  'on_hold, manual': (order) => paid(order).holdUp(),
  'on_hold, review': (order) => paid(order).holdForReview(),
  'on_hold, reserved': (order) => {
    order.markAuthorized(AT);
    order.holdUp();
  },
  returning: sentBack,
  returned: (order) => {
    sentBack(order).lines[0].returnedQuantity = 3;
    order.markReturning(false);
  },
  cancelled: (order) => order.cancel('unpaid', 'voided', AT),
} satisfies Record<string, (order: Order) => unknown>;
type Start = keyof typeof REACH;
const STARTS = Object.keys(REACH) as Start[];

/** Everything that can be done to an order. */
const EVENTS = {
  awaitApproval: (order) => order.awaitApproval(),
  approve: (order) => order.approve(),
  markAuthorized: (order) => order.markAuthorized(AT),
  loseAuthorization: (order) => order.loseAuthorization(AT),
  markPaid: (order) => order.markPaid(AT),
  goodsAreWaitedFor: (order) => order.noteStock(true),
  goodsAreHere: (order) => order.noteStock(false),
  holdForShortfall: (order) => order.holdForShortfall('refunding'),
  holdUp: (order) => order.holdUp(),
  letGo: (order) => order.letGo(),
  holdForReview: (order) => order.holdForReview(),
  endReview: (order) => order.endReview(),
  shipOne: (order) => ship(order, 1),
  shipRest: (order) => ship(order, Math.max(1, openQuantity(order.lines[0]))),
  cancelOneOfLine: (order) => order.cancelLines([{ lineId: order.lines[0].id, quantity: 1 }], AT, null),
  cancelVoided: (order) => order.cancel('staff', 'voided', AT),
  cancelRefunding: (order) => order.cancel('staff', 'refunding', AT),
  cancelRefunded: (order) => order.cancel('staff', 'refunded', AT),
  settleRefunding: (order) => order.settleRefund('refunding'),
  settleRefunded: (order) => order.settleRefund('refunded'),
  notePartRefunded: (order) => order.noteRefund('r1', 100),
  noteAllRefunded: (order) => order.noteRefund('r1', order.total),
  takeAgain: (order) => order.takeAgain(100),
  goodsAreComing: (order) => order.markReturning(true),
  goodsCameOrNot: (order) => order.markReturning(false),
  markDelivered: (order) => order.markDelivered(AT),
  close: (order) => order.close(AT),
  readdress: (order) => order.readdress({ ...order.shippingAddress!, line1: 'Quay 8' }),
  rewrite: (order) => order.rewrite({ ...data(), lines: [line('A', 1250, 2)] }),
} satisfies Record<string, (order: Order) => unknown>;
type Event = keyof typeof EVENTS;
const REFUSALS = ['orders.transition-refused', 'orders.not-editable'];

/** The status that a pair leads to, or `refused`. */
const outcomeOf = (start: Start, event: Event): string => {
  const order = Order.place(data(), AT);
  REACH[start](order);
  order.pullEvents();
  const [status, before] = [order.status, JSON.stringify(order)];
  expect(start.split(',')[0]).toBe(status);
  try {
    EVENTS[event](order);
  } catch (error) {
    expect(REFUSALS).toContain((error as { code?: string }).code);
    // Nothing of it happened.
    expect(JSON.stringify(order)).toBe(before);
    expect(order.pullEvents()).toEqual([]);
    return 'refused';
  }
  expect(order.status).toBe(deriveStatus(order));
  return order.status === status ? 'stays' : order.status;
};

/** So many states, and one outcome for all of them. */
const all = (outcome: string, ...starts: Start[]): Partial<Record<Start, string>> =>
  Object.fromEntries(starts.map((start) => [start, outcome]));
const EVERYWHERE = all('stays', ...STARTS);
const UNPAID: Start[] = ['draft', 'awaiting_approval', 'pending_payment'];
const CHARGED: Start[] = ['paid', 'allocated', 'on_hold, shortfall', 'on_hold, manual', 'on_hold, review'];
const ON_HOLD: Start[] = ['on_hold, shortfall', 'on_hold, manual', 'on_hold, review', 'on_hold, reserved'];

/** What each event leads to from where; every pair that is not named is refused with a typed error. */
const OUTCOMES: Record<Event, Partial<Record<Start, string>>> = {
  awaitApproval: { pending_payment: 'awaiting_approval' },
  approve: { awaiting_approval: 'pending_payment' },
  markAuthorized: { pending_payment: 'authorized' },
  loseAuthorization: all('pending_payment', 'authorized', 'on_hold, reserved'),
  markPaid: { ...all('paid', 'pending_payment', 'authorized'), 'on_hold, reserved': 'stays' },
  // These change no status here: whoever waits is not started from.
  goodsAreWaitedFor: EVERYWHERE,
  goodsAreHere: EVERYWHERE,
  holdForShortfall: all('on_hold', 'pending_payment', 'authorized', 'paid', 'allocated'),
  holdUp: all('on_hold', 'authorized', 'paid', 'allocated', 'partly_fulfilled'),
  letGo: { 'on_hold, manual': 'paid', 'on_hold, reserved': 'authorized' },
  // Where there is nothing to hold, or nothing held, the judgement changes nothing.
  holdForReview: { ...EVERYWHERE, ...all('on_hold', 'authorized', 'paid', 'allocated', 'partly_fulfilled') },
  endReview: { ...EVERYWHERE, 'on_hold, review': 'paid' },
  shipOne: { ...all('partly_fulfilled', 'paid', 'allocated'), partly_fulfilled: 'stays' },
  shipRest: all('fulfilled', 'paid', 'allocated', 'partly_fulfilled'),
  cancelOneOfLine: all('stays', 'authorized', 'paid', 'allocated', 'partly_fulfilled'),
  cancelVoided: all('cancelled', ...UNPAID, 'authorized', 'on_hold, reserved'),
  cancelRefunding: all('cancelled', ...UNPAID, 'authorized', ...CHARGED, 'on_hold, reserved'),
  cancelRefunded: all('cancelled', ...UNPAID, ...CHARGED),
  settleRefunding: { cancelled: 'stays' },
  settleRefunded: { cancelled: 'stays' },
  // Money is noted whatever else happened.
  notePartRefunded: EVERYWHERE,
  noteAllRefunded: EVERYWHERE,
  takeAgain: EVERYWHERE,
  goodsAreComing: {
    ...all('returning', 'partly_fulfilled', 'fulfilled'),
    ...all('stays', 'awaiting_approval', 'closed', 'returning', 'returned', 'cancelled', ...ON_HOLD),
  },
  goodsCameOrNot: { ...EVERYWHERE, returning: 'fulfilled' },
  markDelivered: all('stays', 'fulfilled', 'closed', 'returning', 'returned'),
  close: all('closed', 'fulfilled', 'returned'),
  readdress: all('stays', 'awaiting_approval', 'pending_payment', 'authorized', 'paid', 'allocated', ...ON_HOLD),
  rewrite: { pending_payment: 'stays' },
};

describe('an order', () => {
  const inStatus = (start: Start): Order => {
    const order = Order.place(data(), AT);
    REACH[start](order);
    order.pullEvents();
    return order;
  };

  it.each(Object.keys(EVENTS) as Event[])('takes %s, or refuses it with a word, in each of its states', (event) => {
    const found = Object.fromEntries(STARTS.map((start) => [start, outcomeOf(start, event)]));
    const refused = Object.fromEntries(STARTS.map((start) => [start, 'refused']));
    expect(found).toEqual({ ...refused, ...OUTCOMES[event] });
  });

  it('is started from in every status that there is', () => {
    expect(new Set(STARTS.map((start) => start.split(',')[0]))).toEqual(new Set(Object.keys(ORDER_EDGES)));
  });

  it('is let go into what it was before it was held up', () => {
    for (const status of ['paid', 'partly_fulfilled'] as const) {
      const order = inStatus(status);
      order.holdUp();
      expect(() => ship(order, 1)).toThrow(expect.objectContaining({ code: 'orders.transition-refused' }));
      order.letGo();
      expect(order.status).toBe(status);
    }
    const short = inStatus('on_hold, shortfall');
    expect(() => short.letGo()).toThrow(expect.objectContaining({ code: 'orders.transition-refused' }));
  });

  it('ships no piece twice, and parcels of a line add up to it', () => {
    const order = inStatus('paid');
    order.lines[0].total = 1000;
    ship(order, 1);
    expect(() => ship(order, 3)).toThrow(expect.objectContaining({ code: 'orders.quantity-exceeded' }));
    ship(order, 2);
    const parcels = order.pullEvents().filter((event) => event.type === 'orders.order-shipped.v1');
    const amounts = parcels.map(({ payload }) => (payload as ShippedPayload).shipment.lines[0].total.amount);
    expect(amounts).toEqual([333, 667]);
  });

  it('says what happened with a copy of its facts', () => {
    const order = Order.place(data(), AT);
    order.number = '1001';
    order.announce();
    order.markPaid(AT);
    expect(order.pullEvents().map((event) => [event.type, (event.payload as { status: string }).status])).toEqual([
      ['orders.order-placed.v1', 'pending_payment'],
      ['orders.order-paid.v1', 'paid'],
    ]);
  });

  it('never leaves an end by the table', () => {
    for (const end of ['closed', 'cancelled'] as const) expect(ORDER_EDGES[end]).toEqual([]);
    expect(edgeAllowed('order', 'cancelled', 'paid')).toBe(false);
    expect(edgeAllowed('order', 'nonsense', 'paid')).toBe(false);
  });

  it('is cancelled before it is anything else', () => {
    const order = inStatus('paid');
    expect(deriveStatus({ ...order, cancelledAt: AT } as Order)).toBe('cancelled');
  });
});

describe('an order that waits for goods', () => {
  it('says so while it is paid, is allocated once they are here, and promised nothing once it is cancelled', () => {
    const order = Order.place(data(), AT);
    order.noteStock(true);
    expect(order.fulfilmentStatus).toBe('none');
    order.markAuthorized(AT);
    order.noteStock(true);
    expect([order.status, order.fulfilmentStatus]).toEqual(['authorized', 'backordered']);
    order.noteStock(false);
    expect([order.status, order.fulfilmentStatus]).toEqual(['authorized', 'allocated']);
    order.markPaid(AT);
    expect(order.status).toBe('allocated');
    order.cancel('staff', 'refunding', AT);
    expect(order.fulfilmentStatus).toBe('none');
  });
});

describe('the share of pieces in an amount', () => {
  it('adds up to the amount over any chain of parts', () => {
    const parts = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(fc.nat(1_000_000), parts, (amount, quantities) => {
        const pieces = quantities.reduce((sum, each) => sum + each, 0);
        let before = 0;
        let sum = 0;
        for (const quantity of quantities) {
          const share = shareOf(amount, pieces, before, quantity);
          expect(Math.abs(share - (amount * quantity) / pieces)).toBeLessThanOrEqual(1);
          before += quantity;
          sum += share;
        }
        expect(sum).toBe(amount);
      }),
    );
  });
});

describe('totals', () => {
  it('are the sum of the lines less discounts plus shipping and tax, for any lines', () => {
    const anyLine = fc.record({
      unitPrice: fc.integer({ min: 0, max: 1_000_000 }),
      quantity: fc.integer({ min: 1, max: 1_000 }),
      discount: fc.integer({ min: 0, max: 10_000 }),
    });
    fc.assert(
      fc.property(fc.array(anyLine, { minLength: 1, maxLength: 20 }), fc.nat(10_000), (lines, shipping) => {
        const priced = lines.map(({ unitPrice, quantity, discount }) => ({
          unitPrice,
          quantity,
          total: lineTotal({ amount: unitPrice, currency: 'EUR' }, quantity, discount).amount,
        }));
        const totals = totalsOf(priced, shipping);
        expect(totals.total).toBe(totals.subtotal - totals.discountTotal + shipping);
        expect(totals.total - shipping).toBe(priced.reduce((sum, each) => sum + each.total, 0));
        expect(totals.discountTotal).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it('round half up, once a line', () => {
    expect(lineTotal({ amount: 333, currency: 'USD' }, 3, 1500).amount).toBe(849);
    expect(lineTotal({ amount: 1, currency: 'USD' }, 1, 5000).amount).toBe(1);
    expect(lineTotal({ amount: 1, currency: 'USD' }, 1, 5001).amount).toBe(0);
  });
});

describe('who sees an order', () => {
  const hash = Buffer.alloc(32, 1);
  const order = { id: 'o1', status: 'paid' as const, userId: 'u1', accessTokenHash: hash };
  it('staff, its shopper and the bearer of its token', () => {
    expect(mayView(order, { all: true, userId: null, tokenHash: null })).toBe(true);
    expect(mayView(order, { all: false, userId: 'u1', tokenHash: null })).toBe(true);
    expect(mayView(order, { all: false, userId: 'u2', tokenHash: null })).toBe(false);
    expect(mayView(order, { all: false, userId: null, tokenHash: Buffer.alloc(32, 1) })).toBe(true);
    expect(mayView(order, { all: false, userId: null, tokenHash: Buffer.alloc(32, 2) })).toBe(false);
    const guests = { ...order, userId: null, accessTokenHash: null };
    expect(mayView(guests, { all: false, userId: null, tokenHash: null })).toBe(false);
    const maySee = ({ state }: { state: string }): boolean => state === 'paid';
    expect(mayView(guests, { all: false, userId: null, tokenHash: null, maySee })).toBe(true);
    expect(mayView({ ...guests, status: 'cancelled' }, { all: false, userId: null, tokenHash: null, maySee })).toBe(
      false,
    );
  });
  it('by a token that is always the same for one cart and order', () => {
    expect(orderTokenOf('secret', 'o1')).toBe(orderTokenOf('secret', 'o1'));
    expect(orderTokenOf('secret', 'o1')).not.toBe(orderTokenOf('secret', 'o2'));
    expect(orderTokenOf('secret', 'o1')).not.toBe(orderTokenOf('other', 'o1'));
  });
});
