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
  /** Of each read that is under way, whose settings changed meanwhile: what it found of theirs is not kept. */
  private readonly reads = new Set<Set<string>>();

  constructor(
    private readonly database: Database,
    private readonly versions: AuthVersions,
  ) {
    versions.onChange((id) => {
      this.cache.delete(id);
      for (const overtaken of this.reads) overtaken.add(id);
    });
  }

  /** The settings of one organization; null: those of nobody in particular. */
  async of(tenantId: string | null): Promise<SecurityPolicy> {
    return tenantId === null ? DEFAULT_POLICY : (await this.ofAll([tenantId]))[0];
  }

  /** The settings of several organizations, in their order, in at most one trip. */
  async ofAll(tenantIds: string[]): Promise<SecurityPolicy[]> {
    const found = new Map<string, SecurityPolicy>();
    for (const id of tenantIds) {
      const cached = this.cache.get(id);
      if (cached) found.set(id, cached);
    }
    const missing = tenantIds.filter((id) => !found.has(id));
    if (missing.length > 0) {
      const overtaken = new Set<string>();
      this.reads.add(overtaken);
      try {
        const rows = await this.database.readPlatform<StoredPolicy & { id: string }>(
          `select organization_id as id, password, mfa, sessions from identity.security_policies_of($1::uuid[])`,
          [missing],
        );
        for (const row of rows) found.set(row.id, resolvePolicy(row));
      } finally {
        this.reads.delete(overtaken);
      }
      for (const id of missing) {
        const policy = found.get(id) ?? DEFAULT_POLICY;
        found.set(id, policy);
        if (!overtaken.has(id)) this.cache.set(id, policy);
      }
    }
    return tenantIds.map((id) => found.get(id)!);
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
