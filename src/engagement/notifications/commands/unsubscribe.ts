import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import type { Unsubscription } from '../adapters/unsubscribe-links';
import { PreferenceRepository } from '../data/preference.repository';
import { SuppressionRepository } from '../data/suppression.repository';

/**
 * The reader of a mail wants no more of its category: a user's own preference, or for an address without one the
 * suppression list. Asking again changes nothing.
 */
export class UnsubscribeCommand extends Command<void> {
  constructor(readonly unsubscription: Unsubscription) {
    super();
  }
}

@CommandHandler(UnsubscribeCommand)
export class UnsubscribeHandler implements ICommandHandler<UnsubscribeCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly preferences: PreferenceRepository,
    private readonly suppressions: SuppressionRepository,
  ) {}

  execute({ unsubscription }: UnsubscribeCommand): Promise<void> {
    const { userId, category, digest, hint } = unsubscription;
    return this.uow.run(async (tx) => {
      if (!userId) {
        await this.suppressions.addDigest(tx, { channel: 'email', digest, hint, category, reason: 'unsubscribe' });
        return;
      }
      const { document } = await this.preferences.lockPerson(tx, userId);
      if (document.categories[category]?.email === false) return;
      const categories = { ...document.categories, [category]: { ...document.categories[category], email: false } };
      this.preferences.savePerson(tx, userId, { ...document, categories });
    });
  }
}
