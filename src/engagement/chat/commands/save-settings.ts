import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { SettingsRepository } from '../data/settings.repository';
import { Purging } from './purge-messages-handler';
import { SETTLED_AFTER_SECONDS, type ChatSettings } from '../domain/settings';
import { IndexMessages } from '../jobs/index-messages';

/** Says how the organization's chat works. Where the mode of search changes, what was said before is indexed anew. */
export class SaveChatSettingsCommand extends Command<ChatSettings> {
  constructor(readonly settings: ChatSettings) {
    super();
  }
}

@CommandHandler(SaveChatSettingsCommand)
export class SaveChatSettingsHandler implements ICommandHandler<SaveChatSettingsCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly settings: SettingsRepository,
    private readonly clock: Clock,
    private readonly purging: Purging,
  ) {}

  execute({ settings }: SaveChatSettingsCommand): Promise<ChatSettings> {
    return this.uow.run(async (tx) => {
      const before = await this.settings.read(tx.tenantId);
      this.settings.save(tx, settings);
      if (before.search !== settings.search) {
        // Once no process writes by the former mode any more.
        const dueAt = new Date(this.clock.nowMs() + SETTLED_AFTER_SECONDS * 1_000);
        tx.job(IndexMessages, { roomId: null }, { dueAt });
      }
      if (settings.retentionDays !== null && settings.retentionDays !== before.retentionDays) this.purging.begin(tx);
      return settings;
    });
  }
}
