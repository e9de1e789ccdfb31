import {
  OrderAuthorized,
  OrderAwaitsApproval,
  OrderBackorderAllocated,
  OrderCancelled,
  OrderClosed,
  OrderContinued,
  type OrderFacts,
  OrderFulfilled,
  OrderLinesCancelled,
  OrderPaid,
  OrderPaymentReminded,
  OrderPlaced,
  OrderPutOnHold,
  OrderRefunded,
  OrderShipped,
  OrderTradeReturned,
  ReturnChanged,
} from './order-events';

const money = (amount: number) => ({ amount, currency: 'EUR' });
const at = '2026-03-08T12:00:00.000Z';
const orderId = 'o';
const pieces = [{ lineId: 'l', sku: 'A', name: 'Kettle', quantity: 2 }];
const facts: OrderFacts = {
  orderId,
  number: '1001',
  channel: 'web',
  email: 'a@b.cd',
  customerId: 'c',
  userId: null,
  country: 'PT',
  status: 'paid',
  subtotal: money(2_500),
  discount: money(0),
  shipping: money(500),
  tax: money(561),
  taxIncluded: true,
  total: money(3_000),
  lines: [{ ...pieces[0], unitPrice: money(1_250), discount: money(0), tax: money(467), total: money(2_500) }],
};

// Stored events outlive releases: a member may be added here, never renamed or removed.
describe('events', () => {
  it('keep the facts of an order', () =>
    expect(JSON.stringify(facts)).toBe(
      '{"orderId":"o","number":"1001","channel":"web","email":"a@b.cd","customerId":"c","userId":null,"country":"PT",' +
        '"status":"paid","subtotal":{"amount":2500,"currency":"EUR"},"discount":{"amount":0,"currency":"EUR"},' +
        '"shipping":{"amount":500,"currency":"EUR"},"tax":{"amount":561,"currency":"EUR"},"taxIncluded":true,' +
        '"total":{"amount":3000,"currency":"EUR"},"lines":[{"lineId":"l","sku":"A","name":"Kettle","quantity":2,' +
        '"unitPrice":{"amount":1250,"currency":"EUR"},"discount":{"amount":0,"currency":"EUR"},' +
        '"tax":{"amount":467,"currency":"EUR"},"total":{"amount":2500,"currency":"EUR"}}]}',
    ));

  it('keep their names, and what each says besides the facts', () => {
    const parcel = { shipmentId: 's', number: '1001-1', carrier: null, trackingNumber: null, trackingUrl: null };
    const events = [
      new OrderPlaced(orderId, facts),
      new OrderContinued(orderId, {
        ...facts,
        continues: {
          kind: 'exchange',
          orderId: 'p',
          number: '1000',
          returnNumber: 'R-1',
          traded: money(1_000),
          back: money(0),
          due: money(2_000),
          payUntil: at,
        },
      }),
      new OrderAwaitsApproval(orderId, {
        ...facts,
        approval: { accountId: 'a', requesterId: 'u', ruleId: null, expiresAt: at },
      }),
      new OrderPaymentReminded(orderId, facts),
      new OrderAuthorized(orderId, { ...facts, authorizedAt: at }),
      new OrderPaid(orderId, facts),
      new OrderPutOnHold(orderId, { ...facts, reason: 'review' }),
      new OrderCancelled(orderId, { ...facts, reason: 'staff', note: null }),
      new OrderShipped(orderId, {
        ...facts,
        shipment: { ...parcel, complete: true, lines: [{ ...pieces[0], total: money(2_500) }] },
      }),
      new OrderFulfilled(orderId, facts),
      new OrderClosed(orderId, facts),
      new OrderLinesCancelled(orderId, { ...facts, cancelled: pieces, refund: money(1_250), note: 'Broken.' }),
      new OrderRefunded(orderId, { ...facts, refundId: 'r', amount: money(1_250) }),
      new OrderBackorderAllocated(orderId, {
        ...facts,
        allocated: [{ sku: 'A', name: 'Kettle', quantity: 1 }],
        waiting: 1,
      }),
    ];
    const besides = events.map(({ type, payload }) => {
      const { ...own } = payload as unknown as Record<string, unknown>;
      for (const [name, value] of Object.entries(facts)) {
        expect(own[name]).toEqual(value);
        delete own[name];
      }
      return `${type} ${JSON.stringify(own)}`;
    });
    expect(besides).toMatchInlineSnapshot(`
[
  "orders.order-placed.v1 {}",
  "orders.order-continued.v1 {"continues":{"kind":"exchange","orderId":"p","number":"1000","returnNumber":"R-1","traded":{"amount":1000,"currency":"EUR"},"back":{"amount":0,"currency":"EUR"},"due":{"amount":2000,"currency":"EUR"},"payUntil":"2026-03-08T12:00:00.000Z"}}",
  "orders.order-awaits-approval.v1 {"approval":{"accountId":"a","requesterId":"u","ruleId":null,"expiresAt":"2026-03-08T12:00:00.000Z"}}",
  "orders.order-payment-reminded.v1 {}",
  "orders.order-authorized.v1 {"authorizedAt":"2026-03-08T12:00:00.000Z"}",
  "orders.order-paid.v1 {}",
  "orders.order-put-on-hold.v1 {"reason":"review"}",
  "orders.order-cancelled.v1 {"reason":"staff","note":null}",
  "orders.order-shipped.v1 {"shipment":{"shipmentId":"s","number":"1001-1","carrier":null,"trackingNumber":null,"trackingUrl":null,"complete":true,"lines":[{"lineId":"l","sku":"A","name":"Kettle","quantity":2,"total":{"amount":2500,"currency":"EUR"}}]}}",
  "orders.order-fulfilled.v1 {}",
  "orders.order-closed.v1 {}",
  "orders.order-lines-cancelled.v1 {"cancelled":[{"lineId":"l","sku":"A","name":"Kettle","quantity":2}],"refund":{"amount":1250,"currency":"EUR"},"note":"Broken."}",
  "orders.order-refunded.v1 {"refundId":"r","amount":{"amount":1250,"currency":"EUR"}}",
  "orders.backorder-allocated.v1 {"allocated":[{"sku":"A","name":"Kettle","quantity":1}],"waiting":1}",
]
`);
  });

  it('keep what is said of returns, and of the worth of returned goods', () => {
    const events = [
      new ReturnChanged('r', {
        returnId: 'r',
        number: 'R-1',
        status: 'refunding',
        orderId,
        orderNumber: '1001',
        email: 'a@b.cd',
        userId: null,
        refund: money(1_250),
        lines: pieces,
      }),
      new OrderTradeReturned(orderId, { orderId, returnId: 'r', amount: money(1_250) }, 7),
    ];
    expect(events.map(({ type, payload }) => `${type} ${JSON.stringify(payload)}`)).toMatchInlineSnapshot(`
[
  "orders.return-changed.v1 {"returnId":"r","number":"R-1","status":"refunding","orderId":"o","orderNumber":"1001","email":"a@b.cd","userId":null,"refund":{"amount":1250,"currency":"EUR"},"lines":[{"lineId":"l","sku":"A","name":"Kettle","quantity":2}]}",
  "orders.order-trade-returned.v1 {"orderId":"o","returnId":"r","amount":{"amount":1250,"currency":"EUR"}}",
]
`);
  });
});
