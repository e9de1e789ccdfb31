import { Query } from '@nestjs/cqrs';

/**
 * Whether somebody who is not here may do something in the context's organization now, for what was asked for before: an active
 * member of an active organization, whose account is in use and whose grants allow it. Of a request nothing is known: a
 * grant that hangs on an address or a second factor allows nothing, and a denial that does holds.
 */
export class MayUserQuery extends Query<boolean> {
  constructor(
    readonly userId: string,
    readonly permission: string,
  ) {
    super();
  }
}
