import { OrderTradeReturned } from './order-events';

// Stored events outlive releases: a member may be added here, never renamed or removed.
it('what is said of the worth of returned goods keeps its name and its members', () => {
  const { type, payload, version } = new OrderTradeReturned(
    'id-0',
    { orderId: 'id-0', returnId: 'id-1', amount: { amount: 1_250, currency: 'EUR' } },
    7,
  );
  expect(`${type} ${version} ${JSON.stringify(payload)}`).toBe(
    'orders.order-trade-returned.v1 7 {"orderId":"id-0","returnId":"id-1","amount":{"amount":1250,"currency":"EUR"}}',
  );
});
