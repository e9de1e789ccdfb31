import { Command } from '@nestjs/cqrs';

/** What other contexts need to know of an organization. */
export interface OrganizationFacts {
  /** The tenant id. */
  id: string;
  slug: string;
  name: string;
}

/**
 * Makes a tenant with its first owner. The rows belong to the new tenant: a caller that wants this in its own commit
 * chooses `id` and opens its unit of work for that tenant; without `id` a new one is made.
 *
 * Without `slug` one is derived from the name and made unique by a suffix.
 * @throws AppError conflict `organizations.slug-taken`, invalid `organizations.slug-invalid` for a given slug.
 */
export class CreateOrganizationCommand extends Command<OrganizationFacts> {
  constructor(
    readonly organization: {
      id?: string;
      name: string;
      slug?: string;
      ownerUserId: string;
      settings?: { currency?: string; locale?: string; timeZone?: string };
    },
  ) {
    super();
  }
}
