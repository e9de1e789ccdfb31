import { Query } from '@nestjs/cqrs';

/**
 * May pages of this origin call the API? With a tenant: for that organization; without (a preflight request names
 * none): for any active one. Origins are compared as browsers send them. Callers cache the answer for a few seconds.
 */
export class OriginAllowedQuery extends Query<boolean> {
  constructor(
    readonly origin: string,
    readonly tenantId: string | null = null,
  ) {
    super();
  }
}
