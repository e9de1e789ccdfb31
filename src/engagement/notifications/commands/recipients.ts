import { Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ContactsOfUsersQuery, type Contact } from '../../../access/identity/contracts/contacts';
import { TimeZoneQuery } from '../../../access/organizations/contracts/time-zone';
import { PLATFORM_TENANT } from '../../../kernel/context/request-context';
import { PreferenceRepository } from '../data/preference.repository';
import { NO_PREFERENCES } from '../domain/preferences';
import type { Recipient } from '../domain/resolve';

/** Somebody to notify: how they are reached, and what decides how. */
export interface Person extends Recipient {
  contact: Contact;
}

/** Knows the people who are notified; three statements, however many they are. */
@Injectable()
export class Recipients {
  constructor(
    private readonly queries: QueryBus,
    private readonly preferences: PreferenceRepository,
  ) {}

  /** Those of these users who exist, by id. */
  async of(tenantId: string, userIds: string[]): Promise<Map<string, Person>> {
    // One after another: inside a transaction they share its connection.
    const contacts = await this.queries.execute(new ContactsOfUsersQuery(userIds));
    const { policy, people } = await this.preferences.of(tenantId, userIds);
    const needsZone = contacts.some(({ userId, timeZone }) => !timeZone && !people.get(userId)?.document.timeZone);
    const zone =
      needsZone && tenantId !== PLATFORM_TENANT ? await this.queries.execute(new TimeZoneQuery(tenantId)) : 'UTC';
    return new Map(
      contacts.map((contact) => {
        const preferences = people.get(contact.userId)?.document ?? NO_PREFERENCES;
        const own = preferences.timeZone ?? contact.timeZone ?? zone;
        return [contact.userId, { contact, policy: policy.document, preferences, zone: own }];
      }),
    );
  }
}
