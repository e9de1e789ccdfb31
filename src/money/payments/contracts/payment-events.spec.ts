import { PaymentCaptured, PaymentFailed, PaymentNeedsAttention, RefundSucceeded } from './payment-events';

const base = {
  intentId: '01900000-0000-7000-8000-000000000001',
  attemptId: '01900000-0000-7000-8000-000000000002',
  payable: { type: 'order' as const, id: '01900000-0000-7000-8000-000000000003' },
  amount: { amount: 1_250, currency: 'EUR' },
};

// Stored events outlive releases: a member may be added here, never renamed or removed.
it('events keep their names and payloads', () => {
  const events = [
    new PaymentCaptured(base.intentId, { ...base, provider: 'sandbox', capturedAt: '2026-03-01T12:00:00.000Z' }),
    new PaymentFailed(base.intentId, { ...base, provider: 'sandbox', code: 'card_declined', message: 'Declined.' }),
    new RefundSucceeded(base.intentId, { ...base, refundId: '01900000-0000-7000-8000-000000000004', reason: 'staff' }),
    new PaymentNeedsAttention(base.intentId, { ...base, problem: 'unresolved', detail: 'Silence.' }),
  ];
  expect(events.map(({ type, payload }) => `${type} ${JSON.stringify(payload)}`)).toMatchInlineSnapshot(`
    [
      "payments.payment-captured.v1 {"intentId":"01900000-0000-7000-8000-000000000001","attemptId":"01900000-0000-7000-8000-000000000002","payable":{"type":"order","id":"01900000-0000-7000-8000-000000000003"},"amount":{"amount":1250,"currency":"EUR"},"provider":"sandbox","capturedAt":"2026-03-01T12:00:00.000Z"}",
      "payments.payment-failed.v1 {"intentId":"01900000-0000-7000-8000-000000000001","attemptId":"01900000-0000-7000-8000-000000000002","payable":{"type":"order","id":"01900000-0000-7000-8000-000000000003"},"amount":{"amount":1250,"currency":"EUR"},"provider":"sandbox","code":"card_declined","message":"Declined."}",
      "payments.refund-succeeded.v1 {"intentId":"01900000-0000-7000-8000-000000000001","attemptId":"01900000-0000-7000-8000-000000000002","payable":{"type":"order","id":"01900000-0000-7000-8000-000000000003"},"amount":{"amount":1250,"currency":"EUR"},"refundId":"01900000-0000-7000-8000-000000000004","reason":"staff"}",
      "payments.needs-attention.v1 {"intentId":"01900000-0000-7000-8000-000000000001","attemptId":"01900000-0000-7000-8000-000000000002","payable":{"type":"order","id":"01900000-0000-7000-8000-000000000003"},"amount":{"amount":1250,"currency":"EUR"},"problem":"unresolved","detail":"Silence."}",
    ]
  `);
});
