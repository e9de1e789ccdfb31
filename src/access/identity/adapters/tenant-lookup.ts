import { Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import type { TenantFacts } from '../../../kernel/auth/ports';
import { AuthVersions } from '../../../kernel/auth/versions';
import { Cache } from '../../../kernel/cache/cache';
import { FindOrganizationQuery } from '../../organizations/contracts/find-organization';

/** Longest time for which a name may lead where it led before, should the word of its change be lost (milliseconds). */
const TTL_MS = 5_000;

/**
 * From the names of a shop (slug, host) to its tenant. A suspended shop, or a domain that was let go, is forgotten on
 * every process as soon as the version of the tenant's policies is raised.
 */
@Injectable()
export class TenantLookup {
  private readonly names = new Cache<TenantFacts | null>({
    name: 'identity.tenants-by-name',
    max: 20_000,
    ttlMs: TTL_MS,
  });
  /** Names that led to a tenant: what is known of them, that they lead nowhere now included, is forgotten with it. */
  private readonly known = new Map<string, Set<string>>();

  constructor(
    private readonly queries: QueryBus,
    versions: AuthVersions,
  ) {
    versions.onChange((id) => this.forget(id));
  }

  bySlug(slug: string): Promise<TenantFacts | null> {
    return this.find(`slug ${slug}`, new FindOrganizationQuery({ slug }));
  }

  byHost(host: string): Promise<TenantFacts | null> {
    return this.find(`host ${host}`, new FindOrganizationQuery({ host }));
  }

  private async find(name: string, query: FindOrganizationQuery): Promise<TenantFacts | null> {
    const found = await this.names.getOrLoad(name, () => this.queries.execute(query));
    if (found) {
      const names = this.known.get(found.id) ?? new Set();
      this.known.set(found.id, names.add(name));
    }
    return found;
  }

  private forget(id: string): void {
    for (const name of this.known.get(id) ?? []) this.names.delete(name);
  }
}
