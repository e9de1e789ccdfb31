import { DisputeClosed, DisputeDeadlineNear, DisputeFundsMoved, DisputeOpened } from './dispute-events';
import {
  ChargeUnused,
  PaymentAuthorized,
  PaymentCaptured,
  PaymentFailed,
  PaymentNeedsAttention,
  PaymentPartlyCaptured,
  PaymentRerouted,
  PaymentVoided,
  RefundFailed,
  RefundReversed,
  RefundSucceeded,
  ShopperNeeded,
} from './payment-events';
import { BalanceMoved } from './settlement-events';

const base = {
  intentId: '01900000-0000-7000-8000-000000000001',
  attemptId: '01900000-0000-7000-8000-000000000002',
  payable: { type: 'order' as const, id: '01900000-0000-7000-8000-000000000003' },
  amount: { amount: 1_250, currency: 'EUR' },
};

const money = {
  ...base,
  gatewayId: '01900000-0000-7000-8000-000000000005',
  channel: 'online',
  fee: { amount: 25, currency: 'EUR' },
  provider: 'sandbox',
};

const dispute = {
  disputeId: '01900000-0000-7000-8000-000000000007',
  ...base,
  gatewayId: money.gatewayId,
  provider: 'stripe',
  reason: 'fraudulent',
  evidenceDueBy: '2026-03-08T12:00:00.000Z',
};

it('a refund that failed keeps its name and payload', () => {
  const { type, payload } = new RefundFailed(base.intentId, {
    ...base,
    refundId: '01900000-0000-7000-8000-000000000004',
    reason: 'staff',
    code: 'expired_or_canceled_card',
    message: 'The card is gone.',
  });
  expect(`${type} ${JSON.stringify(payload)}`).toMatchInlineSnapshot(
    `"payments.refund-failed.v1 {"intentId":"01900000-0000-7000-8000-000000000001","attemptId":"01900000-0000-7000-8000-000000000002","payable":{"type":"order","id":"01900000-0000-7000-8000-000000000003"},"amount":{"amount":1250,"currency":"EUR"},"refundId":"01900000-0000-7000-8000-000000000004","reason":"staff","code":"expired_or_canceled_card","message":"The card is gone."}"`,
  );
});

it('events about disputes and the balance keep their names and payloads', () => {
  const events = [
    new DisputeOpened(dispute.disputeId, { ...dispute, inquiry: false }),
    new DisputeDeadlineNear(dispute.disputeId, { ...dispute, hoursLeft: 24 }),
    new DisputeFundsMoved(dispute.disputeId, {
      ...dispute,
      movementId: 'txn_1',
      kind: 'withdrawn',
      moved: base.amount,
      fee: money.fee,
      ended: null,
    }),
    new DisputeClosed(dispute.disputeId, { ...dispute, outcome: 'lost', kept: base.amount }),
    new BalanceMoved(money.gatewayId, {
      gatewayId: money.gatewayId,
      provider: 'stripe',
      entryId: 'txn_2',
      kind: 'payout',
      out: base.amount,
      intentId: null,
      at: '2026-03-08T12:00:00.000Z',
    }),
  ];
  expect(events.map(({ type, payload }) => `${type} ${JSON.stringify(payload)}`)).toMatchInlineSnapshot(`
    [
      "payments.dispute-opened.v1 {"disputeId":"01900000-0000-7000-8000-000000000007","intentId":"01900000-0000-7000-8000-000000000001","attemptId":"01900000-0000-7000-8000-000000000002","payable":{"type":"order","id":"01900000-0000-7000-8000-000000000003"},"amount":{"amount":1250,"currency":"EUR"},"gatewayId":"01900000-0000-7000-8000-000000000005","provider":"stripe","reason":"fraudulent","evidenceDueBy":"2026-03-08T12:00:00.000Z","inquiry":false}",
      "payments.dispute-deadline-near.v1 {"disputeId":"01900000-0000-7000-8000-000000000007","intentId":"01900000-0000-7000-8000-000000000001","attemptId":"01900000-0000-7000-8000-000000000002","payable":{"type":"order","id":"01900000-0000-7000-8000-000000000003"},"amount":{"amount":1250,"currency":"EUR"},"gatewayId":"01900000-0000-7000-8000-000000000005","provider":"stripe","reason":"fraudulent","evidenceDueBy":"2026-03-08T12:00:00.000Z","hoursLeft":24}",
      "payments.dispute-funds-moved.v1 {"disputeId":"01900000-0000-7000-8000-000000000007","intentId":"01900000-0000-7000-8000-000000000001","attemptId":"01900000-0000-7000-8000-000000000002","payable":{"type":"order","id":"01900000-0000-7000-8000-000000000003"},"amount":{"amount":1250,"currency":"EUR"},"gatewayId":"01900000-0000-7000-8000-000000000005","provider":"stripe","reason":"fraudulent","evidenceDueBy":"2026-03-08T12:00:00.000Z","movementId":"txn_1","kind":"withdrawn","moved":{"amount":1250,"currency":"EUR"},"fee":{"amount":25,"currency":"EUR"},"ended":null}",
      "payments.dispute-closed.v1 {"disputeId":"01900000-0000-7000-8000-000000000007","intentId":"01900000-0000-7000-8000-000000000001","attemptId":"01900000-0000-7000-8000-000000000002","payable":{"type":"order","id":"01900000-0000-7000-8000-000000000003"},"amount":{"amount":1250,"currency":"EUR"},"gatewayId":"01900000-0000-7000-8000-000000000005","provider":"stripe","reason":"fraudulent","evidenceDueBy":"2026-03-08T12:00:00.000Z","outcome":"lost","kept":{"amount":1250,"currency":"EUR"}}",
      "payments.balance-moved.v1 {"gatewayId":"01900000-0000-7000-8000-000000000005","provider":"stripe","entryId":"txn_2","kind":"payout","out":{"amount":1250,"currency":"EUR"},"intentId":null,"at":"2026-03-08T12:00:00.000Z"}",
    ]
  `);
});

// Stored events outlive releases: a member may be added here, never renamed or removed.
it('events keep their names and payloads', () => {
  const events = [
    new PaymentCaptured(base.intentId, { ...base, provider: 'sandbox', capturedAt: '2026-03-01T12:00:00.000Z' }),
    new PaymentFailed(base.intentId, { ...base, provider: 'sandbox', code: 'card_declined', message: 'Declined.' }),
    new RefundSucceeded(base.intentId, { ...base, refundId: '01900000-0000-7000-8000-000000000004', reason: 'staff' }),
    new PaymentNeedsAttention(base.intentId, { ...base, problem: 'unresolved', detail: 'Silence.' }),
    new PaymentCaptured(base.intentId, { ...money, capturedAt: '2026-03-01T12:00:00.000Z' }),
    new PaymentPartlyCaptured(base.intentId, {
      ...money,
      authorized: base.amount,
      capturedAt: '2026-03-01T12:00:00.000Z',
    }),
    new ChargeUnused(base.intentId, { ...money, why: 'late' }),
    new PaymentAuthorized(base.intentId, money),
    new PaymentRerouted(base.intentId, {
      intentId: base.intentId,
      payable: base.payable,
      amount: base.amount,
      from: { attemptId: base.attemptId, gatewayId: money.gatewayId, provider: 'stripe' },
      to: { attemptId: base.attemptId, gatewayId: money.gatewayId, provider: 'paypal' },
      code: 'gateway_unreachable',
    }),
    new ShopperNeeded(base.intentId, {
      intentId: base.intentId,
      attemptId: base.attemptId,
      payable: base.payable,
      amount: base.amount,
      email: 'kim@example.com',
    }),
    new PaymentVoided(base.intentId, money),
    new RefundSucceeded(base.intentId, {
      ...base,
      refundId: '01900000-0000-7000-8000-000000000004',
      reason: 'staff',
      gatewayId: money.gatewayId,
      provider: 'sandbox',
      lines: [
        {
          lineId: '01900000-0000-7000-8000-000000000006',
          quantity: 1,
          amount: base.amount,
          tax: money.fee,
          takeBack: 1,
          giveUp: 0,
        },
      ],
      shipping: { amount: money.fee, tax: money.fee },
    }),
    new RefundReversed(base.intentId, {
      ...base,
      refundId: '01900000-0000-7000-8000-000000000004',
      reason: 'return',
      code: 'lost_or_stolen_card',
      message: 'Came back.',
      provider: 'stripe',
      shipping: null,
    }),
  ];
  expect(events.map(({ type, payload }) => `${type} ${JSON.stringify(payload)}`)).toMatchInlineSnapshot(`
[
  "payments.payment-captured.v1 {"intentId":"01900000-0000-7000-8000-000000000001","attemptId":"01900000-0000-7000-8000-000000000002","payable":{"type":"order","id":"01900000-0000-7000-8000-000000000003"},"amount":{"amount":1250,"currency":"EUR"},"provider":"sandbox","capturedAt":"2026-03-01T12:00:00.000Z"}",
  "payments.payment-failed.v1 {"intentId":"01900000-0000-7000-8000-000000000001","attemptId":"01900000-0000-7000-8000-000000000002","payable":{"type":"order","id":"01900000-0000-7000-8000-000000000003"},"amount":{"amount":1250,"currency":"EUR"},"provider":"sandbox","code":"card_declined","message":"Declined."}",
  "payments.refund-succeeded.v1 {"intentId":"01900000-0000-7000-8000-000000000001","attemptId":"01900000-0000-7000-8000-000000000002","payable":{"type":"order","id":"01900000-0000-7000-8000-000000000003"},"amount":{"amount":1250,"currency":"EUR"},"refundId":"01900000-0000-7000-8000-000000000004","reason":"staff"}",
  "payments.needs-attention.v1 {"intentId":"01900000-0000-7000-8000-000000000001","attemptId":"01900000-0000-7000-8000-000000000002","payable":{"type":"order","id":"01900000-0000-7000-8000-000000000003"},"amount":{"amount":1250,"currency":"EUR"},"problem":"unresolved","detail":"Silence."}",
  "payments.payment-captured.v1 {"intentId":"01900000-0000-7000-8000-000000000001","attemptId":"01900000-0000-7000-8000-000000000002","payable":{"type":"order","id":"01900000-0000-7000-8000-000000000003"},"amount":{"amount":1250,"currency":"EUR"},"gatewayId":"01900000-0000-7000-8000-000000000005","channel":"online","fee":{"amount":25,"currency":"EUR"},"provider":"sandbox","capturedAt":"2026-03-01T12:00:00.000Z"}",
  "payments.payment-partly-captured.v1 {"intentId":"01900000-0000-7000-8000-000000000001","attemptId":"01900000-0000-7000-8000-000000000002","payable":{"type":"order","id":"01900000-0000-7000-8000-000000000003"},"amount":{"amount":1250,"currency":"EUR"},"gatewayId":"01900000-0000-7000-8000-000000000005","channel":"online","fee":{"amount":25,"currency":"EUR"},"provider":"sandbox","authorized":{"amount":1250,"currency":"EUR"},"capturedAt":"2026-03-01T12:00:00.000Z"}",
  "payments.charge-unused.v1 {"intentId":"01900000-0000-7000-8000-000000000001","attemptId":"01900000-0000-7000-8000-000000000002","payable":{"type":"order","id":"01900000-0000-7000-8000-000000000003"},"amount":{"amount":1250,"currency":"EUR"},"gatewayId":"01900000-0000-7000-8000-000000000005","channel":"online","fee":{"amount":25,"currency":"EUR"},"provider":"sandbox","why":"late"}",
  "payments.payment-authorized.v1 {"intentId":"01900000-0000-7000-8000-000000000001","attemptId":"01900000-0000-7000-8000-000000000002","payable":{"type":"order","id":"01900000-0000-7000-8000-000000000003"},"amount":{"amount":1250,"currency":"EUR"},"gatewayId":"01900000-0000-7000-8000-000000000005","channel":"online","fee":{"amount":25,"currency":"EUR"},"provider":"sandbox"}",
  "payments.payment-rerouted.v1 {"intentId":"01900000-0000-7000-8000-000000000001","payable":{"type":"order","id":"01900000-0000-7000-8000-000000000003"},"amount":{"amount":1250,"currency":"EUR"},"from":{"attemptId":"01900000-0000-7000-8000-000000000002","gatewayId":"01900000-0000-7000-8000-000000000005","provider":"stripe"},"to":{"attemptId":"01900000-0000-7000-8000-000000000002","gatewayId":"01900000-0000-7000-8000-000000000005","provider":"paypal"},"code":"gateway_unreachable"}",
  "payments.shopper-needed.v1 {"intentId":"01900000-0000-7000-8000-000000000001","attemptId":"01900000-0000-7000-8000-000000000002","payable":{"type":"order","id":"01900000-0000-7000-8000-000000000003"},"amount":{"amount":1250,"currency":"EUR"},"email":"kim@example.com"}",
  "payments.payment-voided.v1 {"intentId":"01900000-0000-7000-8000-000000000001","attemptId":"01900000-0000-7000-8000-000000000002","payable":{"type":"order","id":"01900000-0000-7000-8000-000000000003"},"amount":{"amount":1250,"currency":"EUR"},"gatewayId":"01900000-0000-7000-8000-000000000005","channel":"online","fee":{"amount":25,"currency":"EUR"},"provider":"sandbox"}",
  "payments.refund-succeeded.v1 {"intentId":"01900000-0000-7000-8000-000000000001","attemptId":"01900000-0000-7000-8000-000000000002","payable":{"type":"order","id":"01900000-0000-7000-8000-000000000003"},"amount":{"amount":1250,"currency":"EUR"},"refundId":"01900000-0000-7000-8000-000000000004","reason":"staff","gatewayId":"01900000-0000-7000-8000-000000000005","provider":"sandbox","lines":[{"lineId":"01900000-0000-7000-8000-000000000006","quantity":1,"amount":{"amount":1250,"currency":"EUR"},"tax":{"amount":25,"currency":"EUR"},"takeBack":1,"giveUp":0}],"shipping":{"amount":{"amount":25,"currency":"EUR"},"tax":{"amount":25,"currency":"EUR"}}}",
  "payments.refund-reversed.v1 {"intentId":"01900000-0000-7000-8000-000000000001","attemptId":"01900000-0000-7000-8000-000000000002","payable":{"type":"order","id":"01900000-0000-7000-8000-000000000003"},"amount":{"amount":1250,"currency":"EUR"},"refundId":"01900000-0000-7000-8000-000000000004","reason":"return","code":"lost_or_stolen_card","message":"Came back.","provider":"stripe","shipping":null}",
]
`);
});
