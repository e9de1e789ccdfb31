import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../../kernel/database/transaction';
import { newId } from '../../../kernel/ids/ids';
import type { NoticeKind } from '../domain/payment-gateway';
import type { ProviderEventState } from '../domain/provider-event-state';

export interface ProviderEventRow {
  id: string;
  gateway_id: string;
  kind: NoticeKind;
  type: string;
  /** The provider's id of the refund, dispute or payout. */
  object_id: string | null;
  attempt_id: string | null;
  provider_payment_id: string | null;
  state: ProviderEventState;
}

/** The inbox of providers' webhooks: stored first, once per (tenant, account, event id), worked on afterwards. */
@Injectable()
export class ProviderEvents {
  /**
   * `says` is the state that the event claims of its attempt; where the attempt is in it, nothing is left to do.
   * @returns the row's id and state, or null when this event is known already
   */
  async store(
    tx: Transaction,
    event: {
      gatewayId: string;
      provider: string;
      eventId: string;
      kind: NoticeKind;
      type: string;
      objectId: string | null;
      attemptId: string | null;
      providerPaymentId: string | null;
      payload: string;
      says: 'charged' | null;
    },
  ): Promise<{ id: string; state: 'received' | 'processed' } | null> {
    const [stored] = await tx.query<{ id: string; state: 'received' | 'processed' }>(
      `insert into payments.provider_events (tenant_id, id, gateway_id, provider, event_id, type, attempt_id, provider_payment_id, payload,
         kind, object_id, state, received_at, processed_at, result)
       select $1, $2, $3, $4, $5, $6, $7, $8, $9, $11, $12, case when known.id is null then 'received' else 'processed' end, kernel.now(),
         case when known.id is not null then kernel.now() end,
         case when known.id is not null then jsonb_build_object('paymentId', known.intent_id, 'attemptId', known.id, 'known', true) end
       from (select) as event left join payments.attempts as known on known.tenant_id = $1 and known.id = $7 and known.state = $10
       on conflict (tenant_id, gateway_id, event_id) do nothing returning id, state`,
      [
        tx.tenantId,
        newId(),
        event.gatewayId,
        event.provider,
        event.eventId,
        event.type,
        event.attemptId,
        event.providerPaymentId,
        event.payload,
        event.says,
        event.kind,
        event.objectId,
      ],
    );
    return stored ?? null;
  }

  async find(tx: Transaction, id: string): Promise<ProviderEventRow | null> {
    const rows = await tx.query<ProviderEventRow>(
      `select id, gateway_id, kind, type, object_id, attempt_id, provider_payment_id, state from payments.provider_events where tenant_id = $1 and id = $2`,
      [tx.tenantId, id],
    );
    return rows[0] ?? null;
  }

  /** Marks an event that still waits. @returns false when another worker did it first; the row is locked until the end */
  async finish(
    tx: Transaction,
    id: string,
    state: 'processed' | 'ignored',
    result: Record<string, unknown> | null = null,
  ): Promise<boolean> {
    const finished = await tx.execute(
      `update payments.provider_events set state = $3, attempts = attempts + 1, last_error = null, processed_at = kernel.now(), result = $4
       where tenant_id = $1 and id = $2 and state in ('received', 'failed', 'dead')`,
      [tx.tenantId, id, state, result && JSON.stringify(result)],
    );
    return finished === 1;
  }

  /** Notes a try that failed; the `last` one makes the event `dead`, until a person replays it. */
  async fail(tx: Transaction, id: string, error: string, last: boolean): Promise<void> {
    await tx.execute(
      `update payments.provider_events set state = $4, attempts = attempts + 1, last_error = left($3, 500)
       where tenant_id = $1 and id = $2 and state in ('received', 'failed', 'dead')`,
      [tx.tenantId, id, error, last ? 'dead' : 'failed'],
    );
  }

  /** Makes an event wait again, whatever became of it. @returns false when there is no such event */
  async replay(tx: Transaction, id: string): Promise<boolean> {
    const updated = await tx.execute(
      `update payments.provider_events set state = 'received', last_error = null, processed_at = null, replays = replays + 1
       where tenant_id = $1 and id = $2`,
      [tx.tenantId, id],
    );
    return updated === 1;
  }
}
