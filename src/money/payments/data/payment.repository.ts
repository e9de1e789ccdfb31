import { Injectable } from '@nestjs/common';
import { together } from '../../../kernel/database/together';
import type { Transaction } from '../../../kernel/database/transaction';
import type { PayingAs } from '../contracts/open-intent';
import type { AttemptState, IntentStatus, Payable } from '../contracts/payment-view';
import { PaymentIntent, type PaymentAttempt } from '../domain/payment-intent';
import type { Route } from '../domain/routing';
import { movedMeanwhile } from '../domain/payments.errors';

const INTENT = `select id, payable_type, payable_id, amount::float8 as amount, currency, status, return_url, metadata, error_code,
  error_message, latest_attempt_id, cancel_reason, captured_at, capture, channel, screened,
  capture_when_cleared from payments.intents`;

const INTENT_OF_ATTEMPT = '(select intent_id from payments.attempts where tenant_id = $1 and id = $2)';
const attemptsOf = (
  intentId: string,
): string => `select id, intent_id, gateway_id, provider, method_type, method_token, state,
  provider_payment_id, action_url, error_code, error_message, authorized::float8 as authorized, captured::float8 as captured,
  capture_amount::float8 as capture_amount, capture_since, fee::float8 as fee, fee_currency,
  refund_pending::float8 as refund_pending, refunded::float8 as refunded, created_at, settled_at, capture, challenge, route, failover_of,
  repeated_at, saved_method_id, payer, off_session, contact, paying_as, withheld::float8 as withheld
  from payments.attempts where tenant_id = $1 and intent_id = ${intentId} order by created_at, id`;
const ATTEMPTS = attemptsOf('$2');
const ATTEMPTS_BESIDE = attemptsOf(INTENT_OF_ATTEMPT);

const UPDATE_INTENT = `update payments.intents set status = $4, error_code = $5, error_message = $6, latest_attempt_id = $7,
  cancel_reason = $8, captured_at = $9, capture = $10, screened = $11, capture_when_cleared = $12, updated_at = kernel.now() where tenant_id = $1 and id = $2 and status = $3`;

/** `first` is the number of the parameter with the attempt's id; the others follow it. */
const updateAttempt = (first: number): string => {
  const at = (offset: number): string => `$${first + offset}`;
  return `update payments.attempts set state = ${at(2)}, provider_payment_id = ${at(3)}, action_url = ${at(4)}, error_code = ${at(5)},
    error_message = ${at(6)}, authorized = ${at(7)}, captured = ${at(8)}, settled_at = ${at(9)}, capture_amount = ${at(10)},
    capture_since = ${at(11)}, fee = ${at(12)}, fee_currency = ${at(13)}, paying_as = case when ${at(14)} then paying_as end, updated_at = kernel.now()
    where tenant_id = $1 and id = ${at(0)} and state = ${at(1)}`;
};
const UPDATE_ATTEMPT = updateAttempt(2);
const EXPECT_ONE = 'select kernel.expect_rows(count(*), 1, :label) from moved';
const MOVE_ATTEMPT = `with moved as (${UPDATE_ATTEMPT} returning 1) ${EXPECT_ONE}`;
const MOVE_INTENT = `with moved as (${UPDATE_INTENT} returning 1) ${EXPECT_ONE}`;
const MOVE_BOTH = `with attempt as (${updateAttempt(13)} returning id),
  moved as (${UPDATE_INTENT} and exists (select from attempt) returning 1) ${EXPECT_ONE}`;

interface IntentRecord {
  id: string;
  payable_type: Payable['type'];
  payable_id: string;
  amount: number;
  currency: string;
  status: IntentStatus;
  return_url: string | null;
  metadata: Record<string, string>;
  error_code: string | null;
  error_message: string | null;
  latest_attempt_id: string | null;
  cancel_reason: string | null;
  captured_at: Date | null;
  capture: 'automatic' | 'manual';
  channel: string;
  screened: boolean;
  capture_when_cleared: boolean;
}

interface AttemptRecord {
  id: string;
  intent_id: string;
  gateway_id: string;
  provider: string;
  method_type: string;
  method_token: string;
  state: AttemptState;
  provider_payment_id: string | null;
  action_url: string | null;
  error_code: string | null;
  error_message: string | null;
  authorized: number;
  captured: number;
  capture_amount: number | null;
  capture_since: Date | null;
  fee: number | null;
  fee_currency: string | null;
  refund_pending: number;
  refunded: number;
  withheld: number;
  created_at: Date;
  settled_at: Date | null;
  /** Null for tries of before it was kept: the payment's. */
  capture: 'automatic' | 'manual' | null;
  challenge: boolean;
  route: Route | null;
  failover_of: string | null;
  repeated_at: Date | null;
  saved_method_id: string | null;
  payer: string | null;
  off_session: boolean;
  contact: string | null;
  paying_as: PayingAs | null;
}

/**
 * Loads and stores intents with their attempts. The intent's row is the lock of both; every change of a state is an
 * UPDATE with `WHERE state = <the state it was decided on>`.
 */
@Injectable()
export class PaymentRepository {
  /** The open or paid intent of a payable, locked; null when there is none (canceled ones do not count). */
  async lockByPayable(tx: Transaction, payable: Payable): Promise<PaymentIntent | null> {
    const rows = await tx.query<IntentRecord>(
      `${INTENT} where tenant_id = $1 and payable_type = $2 and payable_id = $3 and status not in ('canceled', 'expired') for update`,
      [tx.tenantId, payable.type, payable.id],
    );
    return rows.length ? this.withAttempts(tx, rows[0]) : null;
  }

  /** An intent by its id, locked. */
  async lock(tx: Transaction, intentId: string): Promise<PaymentIntent | null> {
    const rows = await tx.query<IntentRecord>(`${INTENT} where tenant_id = $1 and id = $2 for update`, [
      tx.tenantId,
      intentId,
    ]);
    return rows.length ? this.withAttempts(tx, rows[0]) : null;
  }

  /** The intent of an attempt, locked. */
  async lockByAttempt(tx: Transaction, attemptId: string): Promise<PaymentIntent | null> {
    const params = [tx.tenantId, attemptId];
    // One trip, two statements: the second begins when the lock is held, and so sees what was changed before it was.
    const [intents, attempts] = await together(
      () => tx.query<IntentRecord>(`${INTENT} where tenant_id = $1 and id = ${INTENT_OF_ATTEMPT} for update`, params),
      () => tx.query<AttemptRecord>(ATTEMPTS_BESIDE, params),
    );
    return intents.length ? intentOf(intents[0], attempts) : null;
  }

  /**
   * Stores the intent and its attempts and records its events.
   * @returns false when another transaction opened an intent of the same payable first; nothing is stored then.
   * When a row moved meanwhile, the transaction fails with AppError conflict `payments.stale-state`.
   */
  async save(tx: Transaction, intent: PaymentIntent): Promise<boolean> {
    if (intent.storedStatus === null) {
      if (!(await this.insertIntent(tx, intent, intent.attempts[0]))) return false;
    } else {
      // Superseded attempts leave "in flight" before their successor enters it.
      this.updateIntent(tx, intent, intent.storedStatus);
      for (const attempt of intent.attempts) if (attempt.storedState === null) await this.insertAttempt(tx, attempt);
    }
    tx.record(...intent.pullEvents());
    return true;
  }

  private async withAttempts(tx: Transaction, row: IntentRecord): Promise<PaymentIntent> {
    return intentOf(row, await tx.query<AttemptRecord>(ATTEMPTS, [tx.tenantId, row.id]));
  }

  /** Both rows in one statement; nothing is inserted where the payable has an open intent. */
  private async insertIntent(tx: Transaction, intent: PaymentIntent, attempt: PaymentAttempt): Promise<boolean> {
    const inserted = await tx.execute(
      `with intent as (
         insert into payments.intents (tenant_id, id, payable_type, payable_id, amount, currency, status, return_url, metadata,
           latest_attempt_id, capture, channel, screened, capture_when_cleared, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $16, $17, $18, $19, kernel.now(), kernel.now()) on conflict do nothing
         returning tenant_id, id, amount, currency)
       insert into payments.attempts (tenant_id, id, intent_id, gateway_id, provider, method_type, method_token, state, capture,
         challenge, route, saved_method_id, payer, off_session, contact, paying_as, amount, currency, created_at, updated_at)
       select tenant_id, $10, id, $11, $12, $13, $14, $15, $16, $20, $21, $22, $23, $24, $25, $26, amount, currency, kernel.now(), kernel.now() from intent`,
      [
        tx.tenantId,
        intent.id,
        intent.payable.type,
        intent.payable.id,
        intent.amount.amount,
        intent.amount.currency,
        intent.status,
        intent.returnUrl,
        JSON.stringify(intent.metadata),
        attempt.id,
        attempt.gatewayId,
        attempt.provider,
        attempt.method.type,
        attempt.method.token,
        attempt.state,
        intent.capture,
        intent.channel,
        intent.screened,
        intent.captureWhenCleared,
        attempt.challenge,
        JSON.stringify(attempt.route),
        ...keptParams(attempt),
      ],
    );
    return inserted === 1;
  }

  /** The intent together with its changed attempts, each only while its state is the one that was decided on. */
  private updateIntent(tx: Transaction, intent: PaymentIntent, from: IntentStatus): void {
    const changed = intent.attempts.filter(({ state, storedState }) => storedState !== null && storedState !== state);
    const [last, ...others] = changed;
    for (const attempt of others) tx.later(MOVE_ATTEMPT, attemptParams(tx, attempt), movedMeanwhile);
    const params = [
      tx.tenantId,
      intent.id,
      from,
      intent.status,
      intent.error?.code ?? null,
      intent.error?.message ?? null,
      intent.latestAttemptId,
      intent.cancelReason,
      intent.capturedAt,
      intent.capture,
      intent.screened,
      intent.captureWhenCleared,
    ];
    if (last) tx.later(MOVE_BOTH, [...params, ...attemptParams(tx, last).slice(1)], movedMeanwhile);
    else tx.later(MOVE_INTENT, params, movedMeanwhile);
  }

  private async insertAttempt(tx: Transaction, attempt: PaymentAttempt): Promise<void> {
    await tx.execute(
      `insert into payments.attempts (tenant_id, id, intent_id, gateway_id, provider, method_type, method_token, state, capture,
         challenge, route, failover_of, saved_method_id, payer, off_session, contact, paying_as, amount, currency, created_at, updated_at)
       select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, amount, currency, kernel.now(), kernel.now() from payments.intents
       where tenant_id = $1 and id = $3`,
      [
        tx.tenantId,
        attempt.id,
        attempt.intentId,
        attempt.gatewayId,
        attempt.provider,
        attempt.method.type,
        attempt.method.token,
        attempt.state,
        attempt.capture,
        attempt.challenge,
        JSON.stringify(attempt.route),
        attempt.failoverOf,
        ...keptParams(attempt),
      ],
    );
  }

  /** Writes that a gateway is being asked again; under the intent's lock, before the asking. */
  async noteRepeated(tx: Transaction, { id, repeatedAt }: PaymentAttempt): Promise<void> {
    await tx.execute(
      `update payments.attempts set repeated_at = coalesce(repeated_at, $3) where tenant_id = $1 and id = $2`,
      [tx.tenantId, id, repeatedAt],
    );
  }
}

const intentOf = (row: IntentRecord, attempts: AttemptRecord[]): PaymentIntent =>
  new PaymentIntent(
    {
      id: row.id,
      payable: { type: row.payable_type, id: row.payable_id },
      amount: { amount: row.amount, currency: row.currency },
      status: row.status,
      returnUrl: row.return_url,
      metadata: row.metadata,
      error: errorOf(row),
      latestAttemptId: row.latest_attempt_id,
      cancelReason: row.cancel_reason,
      capturedAt: row.captured_at,
      capture: row.capture,
      channel: row.channel,
      screened: row.screened,
      captureWhenCleared: row.capture_when_cleared,
    },
    attempts.map((attempt) => attemptOf(attempt, row.capture)),
    row.status,
  );

const attemptParams = (tx: Transaction, attempt: PaymentAttempt): unknown[] => [
  tx.tenantId,
  attempt.id,
  attempt.storedState,
  attempt.state,
  attempt.providerPaymentId,
  attempt.actionUrl,
  attempt.error?.code ?? null,
  attempt.error?.message ?? null,
  attempt.authorized,
  attempt.captured,
  attempt.settledAt,
  attempt.captureAmount,
  attempt.captureSince,
  attempt.fee?.amount ?? null,
  attempt.fee?.currency ?? null,
  // No other state asks the gateway for the same again.
  attempt.state === 'started',
];

const keptParams = ({ kept, payingAs }: PaymentAttempt): unknown[] => [
  kept?.methodId ?? null,
  kept?.payer ?? null,
  kept?.offSession ?? false,
  kept?.contact ?? null,
  payingAs && JSON.stringify(payingAs),
];

const errorOf = (row: {
  error_code: string | null;
  error_message: string | null;
}): { code: string; message: string } | null =>
  row.error_code === null ? null : { code: row.error_code, message: row.error_message ?? '' };

const attemptOf = (row: AttemptRecord, capture: 'automatic' | 'manual'): PaymentAttempt => ({
  id: row.id,
  intentId: row.intent_id,
  gatewayId: row.gateway_id,
  provider: row.provider,
  method: { type: row.method_type, token: row.method_token },
  capture: row.capture ?? capture,
  challenge: row.challenge,
  state: row.state,
  storedState: row.state,
  providerPaymentId: row.provider_payment_id,
  actionUrl: row.action_url,
  error: errorOf(row),
  authorized: row.authorized,
  captured: row.captured,
  captureAmount: row.capture_amount,
  captureSince: row.capture_since,
  fee: row.fee === null ? null : { amount: row.fee, currency: row.fee_currency! },
  refundPending: row.refund_pending,
  refunded: row.refunded,
  withheld: row.withheld,
  createdAt: row.created_at,
  settledAt: row.settled_at,
  route: row.route,
  failoverOf: row.failover_of,
  repeatedAt: row.repeated_at,
  kept: row.saved_method_id
    ? { methodId: row.saved_method_id, payer: row.payer!, offSession: row.off_session, contact: row.contact }
    : null,
  payingAs: row.paying_as,
});
