import { Injectable } from '@nestjs/common';
import { AuthVersions } from '../../../kernel/auth/versions';
import { Cache } from '../../../kernel/cache/cache';
import { Database } from '../../../kernel/database/database';
import type { Transaction } from '../../../kernel/database/transaction';
import type { SecurityPolicy } from '../contracts/security-policy';
import { DEFAULT_POLICY, resolvePolicy, StoredSecurityPolicy, type StoredPolicy } from '../domain/security-policy';

/** How long another process's change may stay unseen when its notification is lost (milliseconds). */
const STALE_MS = 5_000;

/** The security settings of organizations, from a cache that a new version of the tenant empties. */
@Injectable()
export class SecurityPolicyRepository {
  private readonly cache = new Cache<SecurityPolicy>({
    name: 'identity.security-policies',
    max: 10_000,
    ttlMs: STALE_MS,
  });

  constructor(
    private readonly database: Database,
    private readonly versions: AuthVersions,
  ) {
    versions.onChange((id) => this.cache.delete(id));
  }

  /** The settings of one organization; null: those of nobody in particular. */
  async of(tenantId: string | null): Promise<SecurityPolicy> {
    return tenantId === null ? DEFAULT_POLICY : (await this.ofAll([tenantId]))[0];
  }

  /** The settings of several organizations, in their order, in at most one trip. */
  ofAll(tenantIds: string[]): Promise<SecurityPolicy[]> {
    return this.cache.getOrLoadAll(tenantIds, async (missing) => {
      const rows = await this.database.readPlatform<StoredPolicy & { id: string }>(
        `select organization_id as id, password, mfa, sessions from identity.security_policies_of($1::uuid[])`,
        [missing],
      );
      const found = new Map(rows.map((row) => [row.id, resolvePolicy(row)]));
      return missing.map((id) => found.get(id) ?? DEFAULT_POLICY);
    });
  }

  /** What the transaction's tenant has stored, locked; the row is made at the first need. */
  async lock(tx: Transaction): Promise<StoredSecurityPolicy> {
    await tx.execute(
      `insert into identity.security_policies (tenant_id, id, created_at, updated_at, version)
       values ($1, $1, kernel.now(), kernel.now(), 1) on conflict (tenant_id, id) do nothing`,
      [tx.tenantId],
    );
    return (await tx.store.load(StoredSecurityPolicy, tx.tenantId))!;
  }

  /** Stores changed settings; every process drops what it has cached. */
  async save(tx: Transaction, policy: StoredSecurityPolicy): Promise<void> {
    await tx.store.save(policy);
    await this.versions.bump(tx, tx.tenantId);
  }
}
