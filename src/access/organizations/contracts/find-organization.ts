import { Query } from '@nestjs/cqrs';
import type { OrganizationFacts } from './create-organization';

/** An active organization by slug or id (either form in `reference` too), or null. Needs no tenant in the context. */
export class FindOrganizationQuery extends Query<OrganizationFacts | null> {
  constructor(readonly by: { slug: string } | { id: string } | { reference: string }) {
    super();
  }
}
