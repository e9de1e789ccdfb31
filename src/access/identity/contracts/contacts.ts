import { Query } from '@nestjs/cqrs';

/** How a user is reached. */
export interface Contact {
  userId: string;
  name: string;
  /** The proven address of an account that is in use; null while there is none. */
  email: string | null;
  /** Whether a number was proven as a second factor. */
  hasPhone: boolean;
  /** BCP 47, as set in the profile. */
  locale: string | null;
  /** IANA, as set in the profile. */
  timeZone: string | null;
}

/** How these users are reached; ids that do not exist are absent. The caller has made sure that its tenant may know them. */
export class ContactsOfUsersQuery extends Query<Contact[]> {
  constructor(readonly userIds: readonly string[]) {
    super();
  }
}

/** The number (E.164) that a user proved last, or null. Opens what is sealed: not in a transaction. */
export class PhoneOfUserQuery extends Query<string | null> {
  constructor(readonly userId: string) {
    super();
  }
}
