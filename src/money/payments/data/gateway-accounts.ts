import { Injectable } from '@nestjs/common';
import { Cache } from '../../../kernel/cache/cache';
import { PLATFORM_TENANT } from '../../../kernel/context/request-context';
import { Envelope } from '../../../kernel/crypto/envelope';
import type { SealPlace } from '../../../kernel/crypto/sealed';
import { Database } from '../../../kernel/database/database';
import type { Transaction } from '../../../kernel/database/transaction';
import { isUuid, newId } from '../../../kernel/ids/ids';
import type { GatewayAccount, GatewaySecrets } from '../domain/payment-gateway';

const placeOf = (tenantId: string, rowId: string): SealPlace => ({
  tenantId,
  table: 'payments.gateways',
  column: 'secrets',
  rowId,
});

/** A tenant's accounts at providers, their secrets sealed in the row and opened in memory. */
@Injectable()
export class GatewayAccounts {
  private readonly accounts = new Cache<GatewayAccount>({
    name: 'payments.gateway-accounts',
    max: 1_000,
    ttlMs: 60_000,
  });
  private readonly byProvider = new Cache<string>({ name: 'payments.gateway-by-provider', max: 5_000, ttlMs: 60_000 });
  private readonly tenants = new Cache<string>({ name: 'payments.gateway-tenants', max: 5_000, ttlMs: 60_000 });

  constructor(
    private readonly database: Database,
    private readonly envelope: Envelope,
  ) {}

  /** Id of the tenant's active account at a provider, or null. */
  async activeAt(tx: Transaction, provider: string): Promise<string | null> {
    const key = `${tx.tenantId}/${provider}`;
    const cached = this.byProvider.get(key);
    if (cached) return cached;
    const rows = await tx.query<{ id: string }>(
      `select id from payments.gateways where tenant_id = $1 and provider = $2 and status = 'active' order by created_at limit 1`,
      [tx.tenantId, provider],
    );
    // Only what is committed may be remembered: this transaction can still be rolled back.
    if (rows.length) tx.afterCommit(() => void this.byProvider.set(key, rows[0].id));
    return rows[0]?.id ?? null;
  }

  /** Opens an account. @returns its id, or null when another transaction opened the tenant's sandbox account first */
  async open(tx: Transaction, provider: string, name: string, secrets: GatewaySecrets): Promise<string | null> {
    const id = newId();
    const opened = await tx.execute(
      `insert into payments.gateways (tenant_id, id, provider, name, secrets, status, created_at)
       values ($1, $2, $3, $4, $5, 'active', kernel.now()) on conflict do nothing`,
      [tx.tenantId, id, provider, name, await this.envelope.seal(placeOf(tx.tenantId, id), JSON.stringify(secrets))],
    );
    return opened === 1 ? id : null;
  }

  /** The account with its secrets, or null. */
  async find(tenantId: string, id: string): Promise<GatewayAccount | null> {
    const cached = this.accounts.get(`${tenantId}/${id}`);
    if (cached) return cached;
    const rows = await this.database.readAs<{ id: string; provider: string; secrets: string }>(
      tenantId,
      `select id, provider, secrets from payments.gateways where tenant_id = $1 and id = $2 and status = 'active'`,
      [tenantId, id],
    );
    if (!rows.length) return null;
    const secrets = JSON.parse(await this.envelope.open(placeOf(tenantId, id), rows[0].secrets)) as GatewaySecrets;
    const account = { id, tenantId, provider: rows[0].provider, secrets };
    this.accounts.set(`${tenantId}/${id}`, account);
    return account;
  }

  /** The tenant that an account belongs to: a webhook's address names the account alone. */
  async tenantOf(id: string): Promise<string | null> {
    if (!isUuid(id)) return null;
    const cached = this.tenants.get(id);
    if (cached) return cached;
    const rows = await this.database.readAs<{ tenant: string | null }>(
      PLATFORM_TENANT,
      `select payments.tenant_of_gateway($1) as tenant`,
      [id],
    );
    if (rows[0].tenant) this.tenants.set(id, rows[0].tenant);
    return rows[0].tenant;
  }
}
