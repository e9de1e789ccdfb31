import { Command, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { PreferenceRepository } from '../data/preference.repository';
import { preferencesChanged, preferencesInvalid } from '../domain/notifications.errors';
import { isTimeOfDay } from '../domain/local-time';
import {
  categoryFaults,
  isRecord,
  quietFaults,
  RHYTHMS,
  switchesWrong,
  zoneFaults,
  type Fault,
  type Policy,
  type Preferences,
  type Rhythm,
} from '../domain/preferences';
import { NotificationPolicyQuery, PreferencesQuery, type PreferencesFacts } from '../queries/preferences';

/** Says anew what a user wants, as a whole. @throws AppError invalid, conflict where `version` is no longer the present one */
export class SavePreferencesCommand extends Command<PreferencesFacts> {
  constructor(
    readonly userId: string,
    readonly preferences: Preferences,
    readonly version: number | null,
  ) {
    super();
  }
}

@CommandHandler(SavePreferencesCommand)
export class SavePreferencesHandler implements ICommandHandler<SavePreferencesCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: QueryBus,
    private readonly repository: PreferenceRepository,
  ) {}

  execute({ userId, preferences, version }: SavePreferencesCommand): Promise<PreferencesFacts> {
    refuse([
      ...channelFaults(preferences.channels),
      ...categoryFaults(preferences.categories, '/categories', switchesWrong),
      ...categoryFaults(preferences.digests, '/digests', rhythmWrong),
      ...quietFaults(preferences.quietHours, '/quietHours'),
      ...zoneFaults(preferences.timeZone, '/timeZone'),
    ]);
    return this.uow.run(async (tx) => {
      const before = await this.repository.lockPerson(tx, userId);
      if (version !== null && version !== before.version) throw preferencesChanged();
      this.repository.savePerson(tx, userId, preferences);
      return this.queries.execute(new PreferencesQuery(userId));
    });
  }
}

/** Says anew what an organization sets up for everybody, as a whole. @throws AppError invalid, conflict */
export class SaveNotificationPolicyCommand extends Command<Policy & { version: number }> {
  constructor(
    readonly policy: Policy,
    readonly version: number | null,
  ) {
    super();
  }
}

@CommandHandler(SaveNotificationPolicyCommand)
export class SaveNotificationPolicyHandler implements ICommandHandler<SaveNotificationPolicyCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: QueryBus,
    private readonly repository: PreferenceRepository,
  ) {}

  execute({ policy, version }: SaveNotificationPolicyCommand): Promise<Policy & { version: number }> {
    refuse([
      ...channelFaults(policy.channels),
      ...categoryFaults(policy.categories, '/categories', categoryWrong),
      ...quietFaults(policy.quietHours, '/quietHours'),
      ...(isTimeOfDay(policy.digestAt) ? [] : [{ pointer: '/digestAt', detail: 'a time such as 08:00' }]),
    ]);
    return this.uow.run(async (tx) => {
      const before = await this.repository.lockPolicy(tx);
      if (version !== null && version !== before.version) throw preferencesChanged();
      this.repository.savePolicy(tx, policy);
      return this.queries.execute(new NotificationPolicyQuery());
    });
  }
}

function refuse(faults: Fault[]): void {
  if (faults.length > 0) throw preferencesInvalid(faults);
}

function channelFaults(channels: unknown): Fault[] {
  const wrong = switchesWrong(channels);
  return wrong ? [{ pointer: '/channels', detail: wrong }] : [];
}

const rhythmWrong = (value: unknown): string | null =>
  RHYTHMS.includes(value as Rhythm) ? null : `one of ${RHYTHMS.join(', ')}`;

const MOST_PER_CAP = 10_000;
const MOST_HOURS = 24 * 31;

/** What is wrong with an organization's settings of a category, or null. */
function categoryWrong(value: unknown): string | null {
  if (!isRecord(value)) return 'an object with channels, caps and digest';
  const { channels = {}, caps = {}, digest = 'off', ...others } = value;
  const unknown = Object.keys(others)[0];
  if (unknown !== undefined) return `channels, caps and digest, not ${unknown.slice(0, 40)}`;
  const wrong = switchesWrong(channels) ?? rhythmWrong(digest);
  if (wrong) return wrong;
  if (!isRecord(caps) || switchesWrong(Object.fromEntries(Object.keys(caps).map((name) => [name, true]))))
    return 'caps by channel, such as { "email": { "most": 3, "perHours": 24 } }';
  const isCount = (count: unknown, most: number): boolean =>
    Number.isInteger(count) && (count as number) >= 1 && (count as number) <= most;
  const bad = Object.values(caps).find(
    (cap) =>
      !isRecord(cap) ||
      Object.keys(cap).length !== 2 ||
      !isCount(cap.most, MOST_PER_CAP) ||
      !isCount(cap.perHours, MOST_HOURS),
  );
  return bad === undefined ? null : `a cap of 1 to ${MOST_PER_CAP} within 1 to ${MOST_HOURS} hours`;
}
