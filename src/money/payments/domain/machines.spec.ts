import type { AttemptState, IntentStatus } from '../contracts/payment-view';
import type { GatewayOutcome } from '../contracts/gateway-outcome';
import { ATTEMPT_STATES, canMoveAttempt, canMoveIntent, INTENT_STATUSES, isInFlight } from './machines';
import { PaymentIntent, type PaymentAttempt } from './payment-intent';

const amount = { amount: 1_000, currency: 'EUR' };
const now = new Date('2026-03-01T12:00:00Z');

const attemptIn = (state: AttemptState, over: Partial<PaymentAttempt> = {}): PaymentAttempt => ({
  id: 'a1',
  intentId: 'i1',
  gatewayId: 'g1',
  provider: 'sandbox',
  method: { type: 'sandbox', token: 'success' },
  capture: 'automatic',
  challenge: false,
  state,
  storedState: state,
  providerPaymentId: null,
  actionUrl: null,
  error: null,
  authorized: state === 'charged' ? 1_000 : 0,
  captured: state === 'charged' ? 1_000 : 0,
  captureAmount: null,
  captureSince: null,
  fee: null,
  refundPending: 0,
  refunded: 0,
  withheld: 0,
  createdAt: new Date(now.getTime() - 3_600_000),
  settledAt: null,
  route: null,
  failoverOf: null,
  repeatedAt: null,
  kept: null,
  payingAs: null,
  ...over,
});

const intentIn = (
  status: IntentStatus,
  attempts: PaymentAttempt[],
  cancelReason: string | null = null,
  capture: 'automatic' | 'manual' = 'automatic',
): PaymentIntent =>
  new PaymentIntent(
    {
      id: 'i1',
      payable: { type: 'order', id: 'o1' },
      amount,
      status,
      returnUrl: null,
      metadata: {},
      error: null,
      latestAttemptId: attempts.at(-1)?.id ?? null,
      cancelReason,
      capturedAt: null,
      capture,
      channel: 'online',
      screened: false,
      captureWhenCleared: false,
    },
    attempts,
    status,
  );

const OUTCOMES: GatewayOutcome[] = [
  { status: 'charged', providerPaymentId: 'p', captured: amount },
  { status: 'authorized', providerPaymentId: 'p', authorized: amount },
  { status: 'requires_action', providerPaymentId: 'p', url: 'https://bank.example/3ds' },
  { status: 'approved', providerPaymentId: 'p' },
  { status: 'processing', providerPaymentId: 'p' },
  { status: 'failed', providerPaymentId: 'p', code: 'card_declined', message: 'no' },
  { status: 'canceled', providerPaymentId: 'p' },
  { status: 'unknown' },
  { status: 'unresolved', reason: 'timeout' },
];
const TARGETS: AttemptState[] = [
  'charged',
  'authorized',
  'authentication_pending',
  'authenticated',
  'processing',
  'failed',
  'voided',
  'voided',
  'unresolved',
];

const types = (intent: PaymentIntent): string[] => intent.pullEvents().map(({ type }) => type);

describe('machines', () => {
  it('end where money is settled; only a charge may still arrive', () => {
    for (const from of ATTEMPT_STATES.filter((state) => !isInFlight(state))) {
      const onward = ATTEMPT_STATES.filter((to) => canMoveAttempt(from, to));
      expect(onward).toEqual(from === 'charged' ? [] : ['charged']);
    }
    for (const from of ['succeeded', 'canceled', 'expired'] as const)
      expect(INTENT_STATUSES.filter((to) => canMoveIntent(from, to))).toEqual([]);
    expect(canMoveIntent('processing', 'canceled')).toBe(true);
  });

  it('take every (state, outcome) pair along an edge of the table or not at all', () => {
    for (const state of ATTEMPT_STATES) {
      for (const [index, outcome] of OUTCOMES.entries()) {
        for (const status of INTENT_STATUSES) {
          const attempt = attemptIn(state);
          const intent = intentIn(status, [attempt]);
          const moved = intent.settle('a1', outcome, now);
          const events = types(intent);
          if (moved) {
            expect([state, attempt.state, canMoveAttempt(state, attempt.state)]).toEqual([state, TARGETS[index], true]);
            if (intent.status !== status)
              expect([status, intent.status, canMoveIntent(status, intent.status)]).toEqual([
                status,
                intent.status,
                true,
              ]);
          } else {
            expect([attempt.state, intent.status, events]).toEqual([state, status, []]);
          }
          if (outcome.status === 'charged' && state !== 'charged') {
            // A charge is used once, or given back: never both, never neither.
            const used = events.includes('payments.payment-captured.v1');
            const givenBack = intent.followUps.refund.length === 1;
            expect([used, givenBack]).toEqual([!givenBack, !used]);
            expect(givenBack).toBe(['succeeded', 'partially_captured', 'canceled', 'expired'].includes(status));
          }
        }
      }
    }
  });

  it('never mistake silence for a failure', () => {
    const started = intentIn('processing', [attemptIn('started')]);
    expect(started.settle('a1', { status: 'unresolved', reason: 'timeout' }, now)).toBe(true);
    expect([started.status, started.latestAttempt!.state, types(started)]).toEqual(['processing', 'unresolved', []]);

    const asked = intentIn('requires_action', [attemptIn('authentication_pending')]);
    expect(asked.settle('a1', { status: 'unresolved', reason: 'timeout' }, now)).toBe(false);

    const early = intentIn('processing', [attemptIn('unresolved', { createdAt: new Date(now.getTime() - 60_000) })]);
    expect(early.settle('a1', { status: 'unknown' }, now)).toBe(false);
    const known = intentIn('processing', [attemptIn('unresolved', { providerPaymentId: 'p' })]);
    expect(known.settle('a1', { status: 'unknown' }, now)).toBe(false);
  });

  it('hold a payment whose amount the gateway reports differently', () => {
    for (const captured of [
      { amount: 999, currency: 'EUR' },
      { amount: 1_000, currency: 'USD' },
    ]) {
      const intent = intentIn('processing', [attemptIn('started')]);
      intent.settle('a1', { status: 'charged', providerPaymentId: 'p', captured }, now);
      expect([intent.status, types(intent)]).toEqual([
        'conflicted',
        ['payments.charge-unused.v1', 'payments.needs-attention.v1'],
      ]);
    }
  });
});

describe('an intent', () => {
  it('takes a second try only when the first surely ended', () => {
    const begin = (intent: PaymentIntent) =>
      intent.begin(
        { id: 'a2', gatewayId: 'g1', provider: 'sandbox', method: { type: 'sandbox', token: 'success' } },
        amount,
        now,
      );
    for (const status of INTENT_STATUSES) {
      const state: AttemptState =
        status === 'requires_action'
          ? 'authentication_pending'
          : status === 'succeeded'
            ? 'charged'
            : status === 'processing'
              ? 'unresolved'
              : 'failed';
      const intent = intentIn(status, [attemptIn(state)]);
      if (status === 'requires_payment_method' || status === 'requires_confirmation' || status === 'requires_action') {
        begin(intent);
        expect([intent.status, intent.attempts.map((one) => one.state)]).toEqual([
          'processing',
          [status === 'requires_action' ? 'voided' : 'failed', 'started'],
        ]);
        expect(intent.followUps.cancel).toEqual(status === 'requires_action' ? ['a1'] : []);
      } else {
        expect(() => begin(intent)).toThrow(
          status === 'succeeded' || status === 'partially_captured' ? /already-paid/ : /payment-in-flight/,
        );
      }
    }
    expect(() =>
      intentIn('requires_payment_method', []).begin(
        { id: 'a', gatewayId: 'g', provider: 's', method: { type: 's', token: 't' } },
        { amount: 5, currency: 'EUR' },
        now,
      ),
    ).toThrow(/amount-changed/);
  });

  it('uses the first charge and gives every further one back', () => {
    const superseded = attemptIn('voided', { id: 'a0' });
    const intent = intentIn('processing', [superseded, attemptIn('started')]);
    intent.settle('a0', { status: 'charged', providerPaymentId: 'p0', captured: amount }, now);
    expect([intent.status, types(intent), intent.followUps.cancel]).toEqual([
      'succeeded',
      ['payments.payment-captured.v1'],
      ['a1'],
    ]);
    intent.settle('a1', { status: 'charged', providerPaymentId: 'p1', captured: amount }, now);
    expect([types(intent), intent.followUps.refund]).toEqual([
      ['payments.charge-unused.v1'],
      [{ attemptId: 'a1', amount: 1_000, reason: 'paid_twice' }],
    ]);
  });

  it('given up while the gateway is asked, is undone as soon as it settles', () => {
    const UNUSED = ['payments.charge-unused.v1'];
    const cases: [GatewayOutcome, IntentStatus, number, string[], string[]][] = [
      [{ status: 'charged', providerPaymentId: 'p', captured: amount }, 'succeeded', 1, [], UNUSED],
      [{ status: 'failed', providerPaymentId: 'p', code: 'c', message: 'm' }, 'canceled', 0, [], []],
      [{ status: 'requires_action', providerPaymentId: 'p', url: 'u' }, 'canceled', 0, ['a1'], []],
      [
        { status: 'authorized', providerPaymentId: 'p', authorized: amount },
        'canceled',
        0,
        ['a1'],
        ['payments.payment-voided.v1'],
      ],
    ];
    for (const [outcome, status, refunds, cancels, said] of cases) {
      const intent = intentIn('processing', [attemptIn('started')]);
      expect(intent.void('cancelled', now)).toBe('pending');
      intent.settle('a1', outcome, now);
      expect([intent.status, intent.followUps.refund.length, intent.followUps.cancel, types(intent)]).toEqual([
        status,
        refunds,
        cancels,
        said,
      ]);
    }
  });

  it('is given up from every status without losing money', () => {
    const expected: Partial<Record<IntentStatus, string>> = {
      requires_payment_method: 'canceled',
      requires_confirmation: 'canceled',
      requires_action: 'canceled',
      requires_capture: 'canceled',
      requires_merchant_action: 'canceled',
      processing: 'pending',
      canceled: 'none',
      expired: 'none',
    };
    for (const status of INTENT_STATUSES) {
      const paid = ['succeeded', 'partially_captured', 'conflicted'].includes(status);
      const state: AttemptState = paid
        ? 'charged'
        : status === 'requires_action'
          ? 'authentication_pending'
          : status === 'requires_capture'
            ? 'authorized'
            : status === 'processing'
              ? 'started'
              : 'failed';
      const intent = intentIn(status, [attemptIn(state)]);
      expect([status, intent.void('cancelled', now)]).toEqual([status, expected[status] ?? 'refunding']);
      expect(intent.followUps.refund.length).toBe(paid ? 1 : 0);
    }
  });

  it('captures what is reserved once, in part or in full, and lets nobody call it off meanwhile', () => {
    const reserved = () =>
      intentIn('requires_capture', [attemptIn('authorized', { authorized: 1_000 })], null, 'manual');
    for (const status of INTENT_STATUSES.filter(
      (one) => !['requires_capture', 'requires_merchant_action'].includes(one),
    ))
      expect(() => intentIn(status, [attemptIn('failed')]).startCapture(null, now)).toThrow(/not-capturable/);
    expect(() => reserved().startCapture(1_001, now)).toThrow(/capture-too-large/);

    for (const [asked, status, event] of [
      [null, 'succeeded', 'payments.payment-captured.v1'],
      [400, 'partially_captured', 'payments.payment-partly-captured.v1'],
    ] as const) {
      const intent = reserved();
      const attempt = intent.startCapture(asked, now);
      expect([attempt.state, attempt.captureAmount]).toEqual(['capture_started', asked ?? 1_000]);
      expect(() => intent.startCapture(null, now)).toThrow(/payment-in-flight/);
      const captured = { amount: asked ?? 1_000, currency: 'EUR' };
      intent.settle('a1', { status: 'charged', providerPaymentId: 'p', captured }, now);
      expect([intent.status, attempt.captured, types(intent)]).toEqual([status, captured.amount, [event]]);
    }

    const silent = reserved();
    silent.startCapture(null, now);
    silent.settle('a1', { status: 'unresolved', reason: 'timeout' }, now);
    expect([silent.status, silent.latestAttempt!.state]).toEqual(['requires_capture', 'unresolved']);
    expect(silent.void('cancelled', now)).toBe('pending');
    silent.settle('a1', { status: 'authorized', providerPaymentId: 'p', authorized: amount }, now);
    expect([silent.status, silent.followUps.cancel, types(silent)]).toEqual([
      'canceled',
      ['a1'],
      ['payments.payment-voided.v1'],
    ]);
  });

  it('goes on after the shopper agreed only where it was not given up', () => {
    const approved: GatewayOutcome = { status: 'approved', providerPaymentId: 'p' };
    const waiting = intentIn('requires_action', [attemptIn('authentication_pending')]);
    waiting.settle('a1', approved, now);
    expect([waiting.status, waiting.latestAttempt!.state]).toEqual(['processing', 'authenticated']);
    const left = intentIn('canceled', [attemptIn('voided')]);
    expect(left.settle('a1', approved, now)).toBe(false);
  });
});
