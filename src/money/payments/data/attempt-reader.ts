import { Injectable } from '@nestjs/common';
import { currentContext, PLATFORM_TENANT } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import { isUuid } from '../../../kernel/ids/ids';
import type { Money } from '../../../kernel/money/money';
import type { PayingAs } from '../contracts/open-intent';
import type { AttemptState } from '../contracts/payment-view';

/** What a gateway call needs to know of an attempt. */
export interface AttemptFacts {
  id: string;
  tenantId: string;
  intentId: string;
  gatewayId: string;
  state: AttemptState;
  amount: Money;
  method: { type: string; token: string };
  providerPaymentId: string | null;
  metadata: Record<string, string>;
  returnUrl: string | null;
  capture: 'automatic' | 'manual';
  challenge: boolean;
  payer: string | null;
  offSession: boolean;
  payingAs: PayingAs | null;
  /** Minor units that a capture asked for, null while none was begun. */
  captureAmount: number | null;
  /** Why the payment was given up; null: it was not. */
  cancelReason: string | null;
  createdAt: Date;
}

interface Row {
  id: string;
  intent_id: string;
  gateway_id: string;
  state: AttemptState;
  amount: number;
  currency: string;
  method_type: string;
  method_token: string;
  provider_payment_id: string | null;
  metadata: Record<string, string>;
  return_url: string | null;
  capture: 'automatic' | 'manual';
  challenge: boolean;
  payer: string | null;
  off_session: boolean;
  paying_as: PayingAs | null;
  capture_amount: number | null;
  cancel_reason: string | null;
  created_at: Date;
}

const COLUMNS = `select a.id, a.intent_id, a.gateway_id, a.state, a.amount::float8 as amount, a.currency, a.method_type, a.method_token,
  a.provider_payment_id, i.metadata, i.return_url, coalesce(a.capture, i.capture) as capture, a.challenge, a.payer, a.off_session, a.paying_as, a.capture_amount::float8 as capture_amount, i.cancel_reason, a.created_at
  from payments.attempts a join payments.intents i on i.tenant_id = a.tenant_id and i.id = a.intent_id`;

/** Reads attempts outside of any decision, for the calls to gateways; nothing is locked. */
@Injectable()
export class AttemptReader {
  constructor(private readonly database: Database) {}

  async find(attemptId: string): Promise<AttemptFacts | null> {
    if (!isUuid(attemptId)) return null;
    const tenantId = currentContext().tenantId!;
    return facts(
      tenantId,
      await this.database.read<Row>(`${COLUMNS} where a.tenant_id = $1 and a.id = $2`, [tenantId, attemptId]),
    );
  }

  async latestOf(intentId: string): Promise<AttemptFacts | null> {
    if (!isUuid(intentId)) return null;
    const tenantId = currentContext().tenantId!;
    const where = 'where i.tenant_id = $1 and i.id = $2 and a.id = i.latest_attempt_id';
    return facts(tenantId, await this.database.read<Row>(`${COLUMNS} ${where}`, [tenantId, intentId]));
  }

  /** The attempt that a provider means: by our own id where it gave it back, else by the provider's id. */
  async namedBy(
    gatewayId: string,
    attemptId: string | null,
    providerPaymentId: string | null,
  ): Promise<AttemptFacts | null> {
    const tenantId = currentContext().tenantId!;
    const where = 'where a.tenant_id = $1 and a.gateway_id = $2 and (a.id = $3 or a.provider_payment_id = $4)';
    const ours = attemptId !== null && isUuid(attemptId) ? attemptId : null;
    return facts(
      tenantId,
      await this.database.read<Row>(`${COLUMNS} ${where}`, [tenantId, gatewayId, ours, providerPaymentId]),
    );
  }

  /** The tenant that a payment belongs to: a browser's return names the payment alone. */
  async tenantOfIntent(intentId: string): Promise<string | null> {
    if (!isUuid(intentId)) return null;
    const rows = await this.database.readAs<{ tenant: string | null }>(
      PLATFORM_TENANT,
      `select payments.tenant_of_intent($1) as tenant`,
      [intentId],
    );
    return rows[0].tenant;
  }
}

const facts = (tenantId: string, [row]: Row[]): AttemptFacts | null =>
  row
    ? {
        id: row.id,
        tenantId,
        intentId: row.intent_id,
        gatewayId: row.gateway_id,
        state: row.state,
        amount: { amount: row.amount, currency: row.currency },
        method: { type: row.method_type, token: row.method_token },
        providerPaymentId: row.provider_payment_id,
        metadata: row.metadata,
        returnUrl: row.return_url,
        capture: row.capture,
        challenge: row.challenge,
        payer: row.payer,
        offSession: row.off_session,
        payingAs: row.paying_as,
        captureAmount: row.capture_amount,
        cancelReason: row.cancel_reason,
        createdAt: row.created_at,
      }
    : null;
