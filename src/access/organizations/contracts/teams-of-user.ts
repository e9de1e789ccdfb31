import { Query } from '@nestjs/cqrs';

/** A team as other contexts need it. */
export interface TeamFacts {
  id: string;
  name: string;
}

/**
 * The teams that a user is in, in one tenant; none while the membership rests. A change of them raises the tenant's
 * policy version. Inside a transaction of that tenant its own changes are seen.
 */
export class TeamsOfUserQuery extends Query<TeamFacts[]> {
  constructor(
    readonly tenantId: string,
    readonly userId: string,
  ) {
    super();
  }
}
