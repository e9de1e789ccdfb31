import { CreditMoved } from './credit-events';

// Stored events outlive releases: a member may be added here, never renamed or removed.
it('what is said of credit keeps its name and its members', () => {
  const { type, payload } = new CreditMoved('id-0', {
    creditId: 'id-0',
    kind: 'gift_card',
    origin: 'order',
    movement: 'issued',
    amount: { amount: 2_500, currency: 'EUR' },
    orderId: 'id-1',
    lineId: 'id-2',
  });
  expect(`${type} ${JSON.stringify(payload)}`).toBe(
    'ledger.credit-moved.v1 {"creditId":"id-0","kind":"gift_card","origin":"order","movement":"issued","amount":{"amount":2500,"currency":"EUR"},"orderId":"id-1","lineId":"id-2"}',
  );
});
