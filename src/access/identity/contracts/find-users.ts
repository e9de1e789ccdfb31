import { Query } from '@nestjs/cqrs';

/** A user as other contexts may see it. */
export interface UserFacts {
  id: string;
  email: string;
  name: string;
  emailVerified: boolean;
  active: boolean;
}

/** These users; ids that do not exist are absent. `matching` keeps those
 * whose name or address holds the text. The caller has made sure that its tenant may know them. */
export class FindUsersQuery extends Query<UserFacts[]> {
  constructor(readonly request: { ids: string[]; matching?: string }) {
    super();
  }
}
