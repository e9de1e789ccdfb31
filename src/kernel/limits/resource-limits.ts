import { Injectable } from '@nestjs/common';
import { clock } from '../clock/clock';
import { Database } from '../database/database';
import type { Transaction } from '../database/transaction';
import { AppError } from '../errors/app-error';

/** Something that tenants may have so much of. */
export interface CountedResource {
  /** As plans name it, `products`; a literal, unique over the product. */
  name: string;
  /**
   * SQL of one row with `used`, a count: `$1` is the tenant, `$2` the start of the current month in UTC (the first
   * moment of all times where not `monthly`). It must use the index it needs: it runs in front of limited writes.
   */
  count: string;
  /** Counts what came since the first of the month. */
  monthly?: boolean;
}

/** What a tenant may have; absent or null: as much as it likes. */
export type Limits = Readonly<Record<string, number | null>>;

/** What a tenant is entitled to, at most a few seconds old. */
export interface Entitlement {
  /** Name of the tenant's plan. */
  plan: string;
  limits: Limits;
}

/** Knows what each tenant is entitled to; bound by the context that owns plans. */
export abstract class Entitlements {
  /** @param fresh asks the database, not the cache */
  abstract of(tenantId: string, fresh?: boolean): Promise<Entitlement>;
}

const ALWAYS = new Date(0);
const monthStart = (): Date => {
  const now = clock.now();
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1));
};

/**
 * How much of each resource a tenant may have. Contexts register what they count and ask before they make more of it;
 * a tenant without a limit costs no statement.
 */
@Injectable()
export class ResourceLimits {
  private readonly resources = new Map<string, CountedResource>();
  private entitlements: Entitlements | null = null;

  constructor(private readonly database: Database) {}

  /** Called once by the module of the context that owns the resource. */
  register(resource: CountedResource): void {
    this.resources.set(resource.name, resource);
  }

  /** Without a binding nothing is limited. */
  bind(entitlements: Entitlements): void {
    this.entitlements = entitlements;
  }

  /**
   * Asserts that the tenant may have `more` of the resource, and keeps others from making any until this transaction
   * ends: of any number at once no more come through than there is room for. The rows that are counted may be made
   * before or after; `more` are those that the count does not see yet.
   * @throws AppError forbidden `plan.limit-reached`
   */
  async assertWithin(tx: Transaction, name: string, more = 1): Promise<void> {
    if (!this.entitlements || more <= 0) return;
    const known = await this.entitlements.of(tx.tenantId);
    if (isUnlimited(known.limits[name])) return;
    const resource = this.resources.get(name);
    if (!resource) throw new Error(`Nobody counts ${name}.`);
    await tx.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`limit ${name} ${tx.tenantId}`]);
    // The count is a statement of its own, so that it sees what the holder of the lock before us committed.
    const { plan, limits } = await this.entitlements.of(tx.tenantId, true);
    const limit = limits[name];
    if (isUnlimited(limit)) return;
    const [{ used }] = await tx.query<{ used: number }>(resource.count, [tx.tenantId, since(resource)]);
    if (used + more > limit) throw limitReached(name, limit, used, plan);
  }

  /**
   * How many more of the resource the tenant may have, for a look ahead that makes none: it locks nothing, so
   * `assertWithin` decides again where some are made. Null: as many as it likes.
   */
  async roomFor(tx: Transaction, name: string): Promise<{ room: number; limit: number } | null> {
    if (!this.entitlements) return null;
    const limit = (await this.entitlements.of(tx.tenantId)).limits[name];
    if (isUnlimited(limit)) return null;
    const resource = this.resources.get(name);
    if (!resource) throw new Error(`Nobody counts ${name}.`);
    const [{ used }] = await tx.query<{ used: number }>(resource.count, [tx.tenantId, since(resource)]);
    return { room: Math.max(0, limit - used), limit };
  }

  /** What a tenant has of every counted resource. */
  async usage(tenantId: string): Promise<Map<string, { used: number; monthly: boolean }>> {
    const found = new Map<string, { used: number; monthly: boolean }>();
    for (const resource of this.resources.values()) {
      const rows = await this.database.readAs<{ used: number }>(tenantId, resource.count, [tenantId, since(resource)]);
      found.set(resource.name, { used: rows[0].used, monthly: resource.monthly === true });
    }
    return found;
  }
}

const since = (resource: CountedResource): Date => (resource.monthly ? monthStart() : ALWAYS);
const isUnlimited = (limit: number | null | undefined): limit is null | undefined =>
  limit === null || limit === undefined;

const limitReached = (resource: string, limit: number, used: number, plan: string): AppError =>
  new AppError('plan.limit-reached', 'forbidden', `The plan of this organization allows ${limit} of ${resource}.`, {
    hint: 'GET /api/v1/organizations/current/usage shows what is used. Remove what is not needed, or ask the operator for a larger plan.',
    resource,
    limit,
    used,
    plan,
  });
