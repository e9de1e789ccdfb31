import { Query } from '@nestjs/cqrs';
import type { OrganizationFacts } from './create-organization';

/**
 * An active organization by slug, id (either form in `reference` too) or the host name of a proven domain, or null.
 * Needs no tenant in the context.
 */
export class FindOrganizationQuery extends Query<OrganizationFacts | null> {
  constructor(readonly by: { slug: string } | { id: string } | { reference: string } | { host: string }) {
    super();
  }
}
