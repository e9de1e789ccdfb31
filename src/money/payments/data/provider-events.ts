import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../../kernel/database/transaction';
import { newId } from '../../../kernel/ids/ids';

export interface ProviderEventRow {
  id: string;
  gateway_id: string;
  type: string;
  attempt_id: string | null;
  provider_payment_id: string | null;
  state: 'received' | 'processed' | 'ignored' | 'failed';
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
      type: string;
      attemptId: string | null;
      providerPaymentId: string | null;
      payload: string;
      says: 'charged' | null;
    },
  ): Promise<{ id: string; state: 'received' | 'processed' } | null> {
    const [stored] = await tx.query<{ id: string; state: 'received' | 'processed' }>(
      `insert into payments.provider_events (tenant_id, id, gateway_id, provider, event_id, type, attempt_id, provider_payment_id, payload,
         state, received_at, processed_at)
       select $1, $2, $3, $4, $5, $6, $7, $8, $9, case when known then 'processed' else 'received' end, kernel.now(),
         case when known then kernel.now() end
       from (select exists (select from payments.attempts where tenant_id = $1 and id = $7 and state = $10) as known) as attempt
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
      ],
    );
    return stored ?? null;
  }

  async find(tx: Transaction, id: string): Promise<ProviderEventRow | null> {
    const rows = await tx.query<ProviderEventRow>(
      `select id, gateway_id, type, attempt_id, provider_payment_id, state from payments.provider_events where tenant_id = $1 and id = $2`,
      [tx.tenantId, id],
    );
    return rows[0] ?? null;
  }

  /** Marks an event that still waits. @returns false when another worker did it first; the row is locked until the end */
  async finish(tx: Transaction, id: string, state: 'processed' | 'ignored'): Promise<boolean> {
    const finished = await tx.execute(
      `update payments.provider_events set state = $3, attempts = attempts + 1, last_error = null, processed_at = kernel.now()
       where tenant_id = $1 and id = $2 and state in ('received', 'failed')`,
      [tx.tenantId, id, state],
    );
    return finished === 1;
  }

  async fail(tx: Transaction, id: string, error: string): Promise<void> {
    await tx.execute(
      `update payments.provider_events set state = 'failed', attempts = attempts + 1, last_error = left($3, 500)
       where tenant_id = $1 and id = $2 and state in ('received', 'failed')`,
      [tx.tenantId, id, error],
    );
  }
}
