import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { currentContext, PLATFORM_TENANT } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { profileInvalid, sessionEnded, sessionWithoutUser } from '../domain/identity.errors';
import { canonicalLocale, isTimeZone, mergePreferences } from '../domain/preferences.policy';
import { User } from '../domain/user';

export interface ProfileChanges {
  name?: string;
  locale?: string | null;
  timeZone?: string | null;
  preferences?: Record<string, unknown>;
}

/** Changes what the caller says of itself. @throws AppError invalid `identity.profile-invalid` */
export class ChangeProfileCommand extends Command<void> {
  constructor(readonly changes: ProfileChanges) {
    super();
  }
}

@CommandHandler(ChangeProfileCommand)
export class ChangeProfileHandler implements ICommandHandler<ChangeProfileCommand> {
  constructor(private readonly uow: UnitOfWork) {}

  async execute({ changes }: ChangeProfileCommand): Promise<void> {
    const { userId, tenantId } = currentContext().principal;
    if (!userId) throw sessionWithoutUser();
    const { name, timeZone } = changes;
    const locale = typeof changes.locale === 'string' ? canonicalLocale(changes.locale) : changes.locale;
    if (changes.locale && !locale) throw profileInvalid('/locale', 'This is no language tag, such as pt-PT.');
    if (timeZone && !isTimeZone(timeZone))
      throw profileInvalid('/timeZone', 'This is no time zone, such as Europe/Lisbon.');
    await this.uow.run(
      async (tx) => {
        const user = await tx.store.load(User, userId);
        if (user?.status !== 'active') throw sessionEnded();
        if (name !== undefined) user.name = name;
        if (locale !== undefined) user.locale = locale;
        if (timeZone !== undefined) user.timeZone = timeZone;
        if (changes.preferences !== undefined) {
          const merged = mergePreferences(user.preferences, changes.preferences);
          if (typeof merged === 'string') throw profileInvalid('/preferences', merged);
          user.preferences = merged;
        }
        await tx.store.save(user);
      },
      { tenantId: tenantId ?? PLATFORM_TENANT },
    );
  }
}
