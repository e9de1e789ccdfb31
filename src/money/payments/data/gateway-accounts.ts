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

interface AccountRow {
  provider: string;
  secrets: string;
  test_mode: boolean;
  api_base: string | null;
}

/** What is known of a new account besides its secrets. */
export interface NewAccount {
  provider: string;
  name: string;
  testMode: boolean;
  /** Last characters of secrets, by the name of the credential. */
  hints: Record<string, string>;
  /** Methods that it may serve; null is all that its provider does. */
  methods: string[] | null;
  apiBase: string | null;
  capture: 'automatic' | 'manual';
}

/** What decides whether an account takes a payment. */
export interface ActiveAccount {
  id: string;
  provider: string;
  methods: string[] | null;
  apiBase: string | null;
  capture: 'automatic' | 'manual';
}

/** A tenant's accounts at providers, their secrets sealed in the row and opened in memory. */
@Injectable()
export class GatewayAccounts {
  private readonly accounts = new Cache<GatewayAccount>({
    name: 'payments.gateway-accounts',
    max: 1_000,
    ttlMs: 60_000,
  });
  private readonly byTenant = new Cache<ActiveAccount[]>({
    name: 'payments.gateways-by-tenant',
    max: 5_000,
    ttlMs: 60_000,
  });
  private readonly tenants = new Cache<string>({ name: 'payments.gateway-tenants', max: 5_000, ttlMs: 60_000 });

  constructor(
    private readonly database: Database,
    private readonly envelope: Envelope,
  ) {}

  /** The tenant's accounts that take new payments, oldest first. */
  async active(tx: Transaction): Promise<ActiveAccount[]> {
    const cached = this.byTenant.get(tx.tenantId);
    if (cached) return cached;
    const rows = await tx.query<ActiveAccount>(
      `select id, provider, methods, api_base as "apiBase", capture from payments.gateways where tenant_id = $1 and status = 'active' order by created_at, id`,
      [tx.tenantId],
    );
    // Only what is committed may be remembered: this transaction can still be rolled back.
    if (rows.length) tx.afterCommit(() => void this.byTenant.set(tx.tenantId, rows));
    return rows;
  }

  /** Ids of all the tenant's accounts, also of those that are off. */
  async ids(tx: Transaction): Promise<Set<string>> {
    const rows = await tx.query<{ id: string }>(`select id from payments.gateways where tenant_id = $1`, [tx.tenantId]);
    return new Set(rows.map(({ id }) => id));
  }

  /** Id of the tenant's oldest active account at a provider, or null. */
  async activeAt(tx: Transaction, provider: string): Promise<string | null> {
    return (await this.active(tx)).find((account) => account.provider === provider)?.id ?? null;
  }

  /** Opens an account. @returns its id, or null when another transaction opened the tenant's sandbox account first */
  async open(tx: Transaction, account: NewAccount, secrets: GatewaySecrets): Promise<string | null> {
    const id = newId();
    const opened = await tx.execute(
      `insert into payments.gateways (tenant_id, id, provider, name, secrets, status, created_at, test_mode, hints, methods,
         api_base, capture)
       values ($1, $2, $3, $4, $5, 'active', kernel.now(), $6, $7, $8, $9, $10) on conflict do nothing`,
      [
        tx.tenantId,
        id,
        account.provider,
        account.name,
        await this.envelope.seal(placeOf(tx.tenantId, id), JSON.stringify(secrets)),
        account.testMode,
        JSON.stringify(account.hints),
        account.methods,
        account.apiBase,
        account.capture,
      ],
    );
    if (opened !== 1) return null;
    this.forget(tx, { id });
    return id;
  }

  /** The account with its secrets, or null. A disabled one takes no new payments, but what it took is still looked after. */
  async find(tenantId: string, id: string): Promise<GatewayAccount | null> {
    const cached = this.accounts.get(`${tenantId}/${id}`);
    if (cached) return cached;
    const rows = await this.database.readAs<AccountRow>(
      tenantId,
      `select provider, secrets, test_mode, api_base from payments.gateways where tenant_id = $1 and id = $2`,
      [tenantId, id],
    );
    if (!rows.length) return null;
    const account = await this.opened(tenantId, id, rows[0]);
    this.accounts.set(`${tenantId}/${id}`, account);
    return account;
  }

  /** As `find`, locked for a change of its secrets. */
  async lock(tx: Transaction, id: string): Promise<GatewayAccount | null> {
    const rows = await tx.query<AccountRow>(
      `select provider, secrets, test_mode, api_base from payments.gateways where tenant_id = $1 and id = $2 for update`,
      [tx.tenantId, id],
    );
    return rows.length ? this.opened(tx.tenantId, id, rows[0]) : null;
  }

  /** Id of the tenant's sandbox account, enabled or not. */
  async sandboxOf(tx: Transaction): Promise<string | null> {
    const rows = await tx.query<{ id: string }>(
      `select id from payments.gateways where tenant_id = $1 and provider = 'sandbox'`,
      [tx.tenantId],
    );
    return rows[0]?.id ?? null;
  }

  /** What is absent stays. */
  async change(
    tx: Transaction,
    account: { id: string; provider: string },
    changes: {
      name?: string;
      status?: 'active' | 'disabled';
      methods?: string[] | null;
      capture?: 'automatic' | 'manual';
    },
  ): Promise<void> {
    await tx.execute(
      `update payments.gateways set name = coalesce($3, name), status = coalesce($4, status),
         methods = case when $5 then $6 else methods end,
         capture = coalesce($7, capture) where tenant_id = $1 and id = $2`,
      [
        tx.tenantId,
        account.id,
        changes.name ?? null,
        changes.status ?? null,
        changes.methods !== undefined,
        changes.methods ?? null,
        changes.capture ?? null,
      ],
    );
    this.forget(tx, account);
  }

  /** What is known of an account is asked anew once the transaction has committed; other processes follow within a minute. */
  forget(tx: Transaction, account: { id: string }): void {
    tx.afterCommit(() => {
      this.accounts.delete(`${tx.tenantId}/${account.id}`);
      this.byTenant.delete(tx.tenantId);
    });
  }

  /** Seals new secrets into an account. */
  async changeSecrets(
    tx: Transaction,
    account: { id: string; provider: string },
    secrets: GatewaySecrets,
    facts: { testMode: boolean; hints: Record<string, string> },
  ): Promise<void> {
    const sealed = await this.envelope.seal(placeOf(tx.tenantId, account.id), JSON.stringify(secrets));
    await tx.execute(
      `update payments.gateways set secrets = $3, test_mode = $4, hints = $5, secrets_changed_at = kernel.now()
       where tenant_id = $1 and id = $2`,
      [tx.tenantId, account.id, sealed, facts.testMode, JSON.stringify(facts.hints)],
    );
    this.forget(tx, account);
  }

  private async opened(tenantId: string, id: string, row: AccountRow): Promise<GatewayAccount> {
    const secrets = JSON.parse(await this.envelope.open(placeOf(tenantId, id), row.secrets)) as GatewaySecrets;
    return { id, tenantId, provider: row.provider, secrets, testMode: row.test_mode, apiBase: row.api_base };
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
