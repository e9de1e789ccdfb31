import { Injectable } from '@nestjs/common';
import { Cache } from '../../../kernel/cache/cache';
import { currentContext } from '../../../kernel/context/request-context';
import type { Transaction } from '../../../kernel/database/transaction';
import { newId } from '../../../kernel/ids/ids';
import type { RoutingRule } from '../domain/routing';

export interface Routing {
  /** 0 where the tenant has no rules. */
  version: number;
  rules: RoutingRule[];
}

/** The rules by which a tenant's accounts take payments, by version; the last one counts. */
@Injectable()
export class Routings {
  private readonly byTenant = new Cache<Routing>({ name: 'payments.routings', max: 5_000, ttlMs: 60_000 });

  /** The rules that count; those of other processes are known within a minute. */
  async current(tx: Transaction): Promise<Routing> {
    const cached = this.byTenant.get(tx.tenantId);
    if (cached) return cached;
    const [routing = { version: 0, rules: [] }] = await tx.query<Routing>(
      `select version, rules from payments.routings where tenant_id = $1 order by version desc limit 1`,
      [tx.tenantId],
    );
    tx.afterCommit(() => void this.byTenant.set(tx.tenantId, routing));
    return routing;
  }

  /** Adds a version. @returns its number, or null where `expected` is not the last one any more */
  async save(tx: Transaction, rules: RoutingRule[], expected: number | null): Promise<number | null> {
    const [saved] = await tx.query<{ version: number }>(
      `insert into payments.routings (tenant_id, id, version, rules, created_at, created_by)
       select $1, $2, last.version + 1, $3, kernel.now(), $4
       from (select coalesce(max(version), 0) as version from payments.routings where tenant_id = $1) last
       where $5::int is null or last.version = $5 on conflict (tenant_id, version) do nothing returning version`,
      [tx.tenantId, newId(), JSON.stringify(rules), currentContext().principal.userId, expected],
    );
    tx.afterCommit(() => void this.byTenant.delete(tx.tenantId));
    return saved?.version ?? null;
  }
}
