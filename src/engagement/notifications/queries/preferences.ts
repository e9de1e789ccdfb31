import { Query, QueryBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { ContactsOfUsersQuery } from '../../../access/identity/contracts/contacts';
import { TimeZoneQuery } from '../../../access/organizations/contracts/time-zone';
import { currentContext } from '../../../kernel/context/request-context';
import { CHANNELS, type Channel } from '../contracts/channels';
import { PreferenceRepository } from '../data/preference.repository';
import { CATEGORIES } from '../domain/categories';
import {
  isOn,
  NO_PREFERENCES,
  quietHoursOf,
  rhythmOf,
  type Policy,
  type Preferences,
  type Rhythm,
  type Switches,
} from '../domain/preferences';
import type { QuietHours } from '../domain/quiet-hours';

/** How one category reaches somebody. */
export interface CategoryInEffect {
  category: string;
  says: string;
  critical: boolean;
  channels: Record<Channel, boolean>;
  digest: Rhythm;
}

/** What somebody said, and what comes of it together with what the organization says. */
export interface PreferencesFacts {
  said: Preferences;
  /** Counts every change; 0: nothing was ever said. */
  version: number;
  effective: { timeZone: string; quietHours: QuietHours | null; categories: CategoryInEffect[] };
}

/** Of the signed-in user, in their organization. */
export class PreferencesQuery extends Query<PreferencesFacts> {
  constructor(readonly userId: string) {
    super();
  }
}

@QueryHandler(PreferencesQuery)
export class PreferencesHandler implements IQueryHandler<PreferencesQuery> {
  constructor(
    private readonly queries: QueryBus,
    private readonly preferences: PreferenceRepository,
  ) {}

  async execute({ userId }: PreferencesQuery): Promise<PreferencesFacts> {
    const tenantId = currentContext().tenantId!;
    const { policy, people } = await this.preferences.of(tenantId, [userId]);
    const { document: said, version } = people.get(userId) ?? { document: NO_PREFERENCES, version: 0 };
    const [contact] = await this.queries.execute(new ContactsOfUsersQuery([userId]));
    const zone = said.timeZone ?? contact?.timeZone ?? (await this.queries.execute(new TimeZoneQuery(tenantId)));
    return {
      said,
      version,
      effective: {
        timeZone: zone,
        quietHours: quietHoursOf(policy.document, said),
        categories: inEffect(policy.document, said),
      },
    };
  }
}

/** Every category that the product or somebody knows. */
function inEffect(policy: Policy, said: Preferences): CategoryInEffect[] {
  const names = new Set([
    ...Object.keys(CATEGORIES),
    ...Object.keys(policy.categories),
    ...Object.keys(said.categories),
    ...Object.keys(said.digests),
  ]);
  return [...names].map((category) => {
    const known: { says: string; critical?: boolean } | undefined = Object.hasOwn(CATEGORIES, category)
      ? CATEGORIES[category as keyof typeof CATEGORIES]
      : undefined;
    const critical = known?.critical ?? false;
    const on = (channel: Channel): boolean => critical || isOn(policy, said, category, channel);
    return {
      category,
      says: known?.says ?? '',
      critical,
      channels: Object.fromEntries(CHANNELS.map((channel) => [channel, on(channel)])) as Record<Channel, boolean>,
      digest: critical ? 'off' : rhythmOf(policy, said, category),
    };
  });
}

/** What the organization sets up for everybody. */
export class NotificationPolicyQuery extends Query<Policy & { version: number }> {}

@QueryHandler(NotificationPolicyQuery)
export class NotificationPolicyHandler implements IQueryHandler<NotificationPolicyQuery> {
  constructor(private readonly preferences: PreferenceRepository) {}

  async execute(): Promise<Policy & { version: number }> {
    const { policy } = await this.preferences.of(currentContext().tenantId!, []);
    return { ...policy.document, version: policy.version };
  }
}

export type { Policy, Preferences, Rhythm, Switches };
