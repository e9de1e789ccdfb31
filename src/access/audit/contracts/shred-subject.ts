import { Command } from '@nestjs/cqrs';

/**
 * Destroys the keys under which the trail of the context's tenant holds personal facts of a person (addresses, devices,
 * e-mail): they become unreadable for good, the chain stays whole. Send it in each tenant that knew the person, and in
 * `PLATFORM_TENANT`, where sign-ins without an organization are told.
 */
export class ShredSubjectCommand extends Command<{ keys: number; entries: number }> {
  constructor(
    /** The user. */
    readonly subjectId: string,
    /** Addresses under which the person was known without an account. */
    readonly emails: readonly string[] = [],
  ) {
    super();
  }
}
