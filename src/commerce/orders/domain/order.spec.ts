import fc from 'fast-check';
import { newId } from '../../../kernel/ids/ids';
import type { OrderStatus } from '../contracts/order-status';
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

/** An order brought into a status by the changes that lead there. */
const REACH: Partial<Record<OrderStatus, (order: Order) => void>> = {
  pending_payment: () => undefined,
  authorized: (order) => order.markAuthorized(AT),
  paid: (order) => order.markPaid(AT),
  on_hold: (order) => order.holdForShortfall('refunding'),
  fulfilled: (order) => {
    order.markPaid(AT);
    ship(order, 3);
  },
  partly_fulfilled: (order) => {
    order.markPaid(AT);
    ship(order, 1);
  },
  closed: (order) => {
    order.markPaid(AT);
    ship(order, 3);
    order.close(AT);
  },
  cancelled: (order) => order.cancel('unpaid', 'voided', AT),
};
/** Everything that can be done to an order, and the status it would lead to. */
const EVENTS: Record<string, { to: OrderStatus; act: (order: Order) => void }> = {
  markAuthorized: { to: 'authorized', act: (order) => order.markAuthorized(AT) },
  loseAuthorization: { to: 'pending_payment', act: (order) => order.loseAuthorization(AT) },
  markPaid: { to: 'paid', act: (order) => order.markPaid(AT) },
  holdForShortfall: { to: 'on_hold', act: (order) => order.holdForShortfall('refunding') },
  shipOne: { to: 'partly_fulfilled', act: (order) => ship(order, 1) },
  shipRest: {
    to: 'fulfilled',
    act: (order) => ship(order, Math.max(1, openQuantity(order.lines[0]))),
  },
  holdUp: { to: 'on_hold', act: (order) => order.holdUp() },
  close: { to: 'closed', act: (order) => order.close(AT) },
  cancelVoided: { to: 'cancelled', act: (order) => order.cancel('staff', 'voided', AT) },
  cancelRefunding: { to: 'cancelled', act: (order) => order.cancel('staff', 'refunding', AT) },
};
/** Pairs that are allowed; every other one is refused with a typed error. */
const ALLOWED = new Set([
  'pending_payment markPaid',
  'pending_payment markAuthorized',
  'authorized markPaid',
  'authorized loseAuthorization',
  'authorized holdForShortfall',
  'authorized holdUp',
  'authorized cancelVoided',
  'authorized cancelRefunding',
  'pending_payment holdForShortfall',
  'pending_payment cancelVoided',
  'pending_payment cancelRefunding',
  'paid holdForShortfall',
  'paid shipOne',
  'paid shipRest',
  'paid holdUp',
  'partly_fulfilled shipOne',
  'partly_fulfilled shipRest',
  'partly_fulfilled holdUp',
  'fulfilled close',
  'paid cancelRefunding',
  'on_hold cancelRefunding',
]);

describe('an order', () => {
  const inStatus = (status: OrderStatus): Order => {
    const order = Order.place(data(), AT);
    REACH[status]!(order);
    order.pullEvents();
    expect(order.status).toBe(status);
    return order;
  };

  for (const status of Object.keys(REACH) as OrderStatus[]) {
    for (const [name, { to, act }] of Object.entries(EVENTS)) {
      const allowed = ALLOWED.has(`${status} ${name}`);
      it(`that is ${status} ${allowed ? 'takes' : 'refuses'} ${name}`, () => {
        const order = inStatus(status);
        if (allowed) {
          act(order);
          expect(order.status).toBe(to);
          return;
        }
        const before = JSON.stringify(order);
        expect(() => act(order)).toThrow(expect.objectContaining({ code: 'orders.transition-refused' }));
        expect(JSON.stringify(order)).toBe(before);
        expect(order.pullEvents()).toEqual([]);
      });
    }
  }

  it('is let go into what it was before it was held up', () => {
    for (const status of ['paid', 'partly_fulfilled'] as const) {
      const order = inStatus(status);
      order.holdUp();
      expect(() => ship(order, 1)).toThrow(expect.objectContaining({ code: 'orders.transition-refused' }));
      order.letGo();
      expect(order.status).toBe(status);
    }
    const short = inStatus('on_hold');
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
