import { Injectable } from '@nestjs/common';
import { PLATFORM_TENANT } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import type { Transaction } from '../../../kernel/database/transaction';
import { isUuid, newId } from '../../../kernel/ids/ids';
import type { KeepOutcome, SavedMethodState } from '../domain/saved-method';

export interface SavedMethodRow {
  id: string;
  user_id: string;
  gateway_id: string;
  payer_id: string;
  provider: string;
  method_type: string;
  method_token: string | null;
  provider_method_id: string | null;
  setup_id: string | null;
  state: SavedMethodState;
  return_url: string | null;
  is_default: boolean;
  created_at: Date;
  /** The provider's id of the person. */
  customer: string | null;
}

const SELECT = `select m.id, m.user_id, m.gateway_id, m.payer_id, m.provider, m.method_type, m.method_token, m.provider_method_id,
  m.setup_id, m.state, m.return_url, m.is_default, m.created_at, p.provider_customer_id as customer
  from payments.saved_methods m join payments.payers p on p.tenant_id = m.tenant_id and p.id = m.payer_id`;
const OPEN = `state in ('pending', 'requires_action')`;

/** Ways to pay that shoppers let be kept, and what providers call these people. */
@Injectable()
export class SavedMethods {
  constructor(private readonly database: Database) {}

  /** The person at an account; made where there is none. @returns its id here */
  async payer(tx: Transaction, gatewayId: string, userId: string): Promise<string> {
    const [row] = await tx.query<{ id: string }>(
      `insert into payments.payers (tenant_id, id, user_id, gateway_id, created_at) values ($1, $2, $3, $4, kernel.now())
       on conflict (tenant_id, gateway_id, user_id) do update set user_id = excluded.user_id returning id`,
      [tx.tenantId, newId(), userId, gatewayId],
    );
    return row.id;
  }

  async namePayer(tx: Transaction, payerId: string, customer: string): Promise<void> {
    await tx.execute(
      `update payments.payers set provider_customer_id = coalesce(provider_customer_id, $3) where tenant_id = $1 and id = $2`,
      [tx.tenantId, payerId, customer],
    );
  }

  /** How many a person has kept, and how many were tried to be kept in the last day. The person's row is locked before. */
  async count(tx: Transaction, userId: string): Promise<{ kept: number; tried: number }> {
    const [counted] = await tx.query<{ kept: number; tried: number }>(
      `select count(*) filter (where state not in ('failed', 'removed'))::int as kept,
         count(*) filter (where created_at > kernel.now() - interval '1 day')::int as tried
       from payments.saved_methods where tenant_id = $1 and user_id = $2`,
      [tx.tenantId, userId],
    );
    return counted;
  }

  async insert(
    tx: Transaction,
    method: {
      id: string;
      userId: string;
      gatewayId: string;
      payerId: string;
      provider: string;
      method: { type: string; token: string };
      returnUrl: string | null;
      consent: { text: string; ip: string | null };
    },
  ): Promise<void> {
    await tx.execute(
      `insert into payments.saved_methods (tenant_id, id, user_id, gateway_id, payer_id, provider, method_type, method_token, state,
         return_url, consent_text, consented_at, consent_ip, created_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, 'pending', $9, $10, kernel.now(), $11, kernel.now())`,
      [
        tx.tenantId,
        method.id,
        method.userId,
        method.gatewayId,
        method.payerId,
        method.provider,
        method.method.type,
        method.method.token,
        method.returnUrl,
        method.consent.text,
        method.consent.ip,
      ],
    );
  }

  /** All of a person, locked in id order, so that there is one default at most and none is chosen twice. */
  async lockAll(tx: Transaction, userId: string): Promise<SavedMethodRow[]> {
    return tx.query<SavedMethodRow>(
      `${SELECT} where m.tenant_id = $1 and m.user_id = $2 and m.state <> 'removed' order by m.id for update of m`,
      [tx.tenantId, userId],
    );
  }

  async find(tenantId: string, id: string): Promise<SavedMethodRow | null> {
    if (!isUuid(id)) return null;
    const [row] = await this.database.readAs<SavedMethodRow>(
      tenantId,
      `${SELECT} where m.tenant_id = $1 and m.id = $2`,
      [tenantId, id],
    );
    return row ?? null;
  }

  /** As `find`, while nobody may take it away. */
  async share(tx: Transaction, id: string): Promise<SavedMethodRow | null> {
    if (!isUuid(id)) return null;
    const [row] = await tx.query<SavedMethodRow>(`${SELECT} where m.tenant_id = $1 and m.id = $2 for share of m`, [
      tx.tenantId,
      id,
    ]);
    return row ?? null;
  }

  /** The one that a provider's keeping is of. */
  async ofSetup(tenantId: string, gatewayId: string, setupId: string): Promise<string | null> {
    const [row] = await this.database.readAs<{ id: string }>(
      tenantId,
      `select id from payments.saved_methods where tenant_id = $1 and gateway_id = $2 and setup_id = $3`,
      [tenantId, gatewayId, setupId],
    );
    return row?.id ?? null;
  }

  /**
   * What the provider said, where it is news. The first that is kept becomes the default.
   * @returns true where the provider keeps what has ended here, and is to forget it
   */
  async record(tx: Transaction, { id, user_id: userId }: SavedMethodRow, outcome: KeepOutcome): Promise<boolean> {
    await this.lockAll(tx, userId);
    const active = outcome.status === 'active' ? outcome : null;
    const failed = outcome.status === 'failed' ? outcome : null;
    const recorded = await tx.execute(
      `update payments.saved_methods set state = $3, setup_id = coalesce($4, setup_id), action_url = $5, provider_method_id = $6,
         brand = $7, last4 = $8, exp_month = $9, exp_year = $10, error_code = $11, error_message = $12, label = $14,
         is_default = $3 = 'active' and not exists (select from payments.saved_methods o
           where o.tenant_id = $1 and o.user_id = $13 and o.is_default),
         settled_at = case when $3 in ('active', 'failed') then kernel.now() end,
         method_token = case when $3 in ('active', 'failed') then null else method_token end
       where tenant_id = $1 and id = $2 and ${OPEN}`,
      [
        tx.tenantId,
        id,
        outcome.status,
        outcome.setupId,
        outcome.status === 'requires_action' ? outcome.url : null,
        active?.providerMethodId ?? null,
        active?.card?.brand ?? null,
        active?.card?.last4 ?? null,
        active?.card?.expMonth ?? null,
        active?.card?.expYear ?? null,
        failed?.code ?? null,
        failed?.message ?? null,
        userId,
        active?.label ?? null,
      ],
    );
    if (recorded > 0 || !active) return false;
    const unwanted = await tx.execute(
      `update payments.saved_methods set provider_method_id = $3, setup_id = coalesce($4, setup_id)
       where tenant_id = $1 and id = $2 and state in ('removed', 'failed') and provider_method_id is null`,
      [tx.tenantId, id, active.providerMethodId, active.setupId],
    );
    return unwanted > 0;
  }

  /** Makes one the person's default. Their rows are locked. */
  async makeDefault(tx: Transaction, userId: string, id: string): Promise<void> {
    await tx.execute(
      `update payments.saved_methods set is_default = false where tenant_id = $1 and user_id = $2 and is_default and id <> $3`,
      [tx.tenantId, userId, id],
    );
    await tx.execute(
      `update payments.saved_methods set is_default = true where tenant_id = $1 and id = $2 and state = 'active'`,
      [tx.tenantId, id],
    );
  }

  /** The row stays, as payments name it and for the consent; what the person knew it by goes. */
  async remove(tx: Transaction, id: string): Promise<void> {
    await tx.execute(
      `update payments.saved_methods set state = 'removed', is_default = false, removed_at = kernel.now(), method_token = null,
         action_url = null, label = null, brand = null, last4 = null, exp_month = null, exp_year = null where tenant_id = $1 and id = $2 and state <> 'removed'`,
      [tx.tenantId, id],
    );
  }

  /** A browser that comes back from the bank names the method alone. */
  async tenantOf(id: string): Promise<string | null> {
    if (!isUuid(id)) return null;
    const [row] = await this.database.readAs<{ tenant: string | null }>(
      PLATFORM_TENANT,
      `select payments.tenant_of_saved_method($1) as tenant`,
      [id],
    );
    return row.tenant;
  }
}
