import { Query } from '@nestjs/cqrs';

/**
 * Ids of the tenants whose trail holds personal facts of a person, `PLATFORM_TENANT` among them where it does: where
 * `ShredSubjectCommand` has something to destroy.
 */
export class TenantsOfSubjectQuery extends Query<string[]> {
  constructor(
    /** The user. */
    readonly subjectId: string,
    /** Addresses under which the person was known without an account. */
    readonly emails: readonly string[] = [],
  ) {
    super();
  }
}
