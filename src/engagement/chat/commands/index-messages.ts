import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { Bodies } from '../data/bodies';
import { MessageWords, type Place } from '../data/message-words';
import { SettingsRepository } from '../data/settings.repository';
import { WordIndex } from '../data/word-index';

/**
 * Goes through messages once more and stores what they are found by, as the tenant's mode of search asks now: of one room or
 * of all. In short transactions; done again it does the same. @returns how many were looked at
 */
export class IndexMessagesCommand extends Command<number> {
  constructor(readonly roomId: string | null) {
    super();
  }
}

@CommandHandler(IndexMessagesCommand)
export class IndexMessagesHandler implements ICommandHandler<IndexMessagesCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly messages: MessageWords,
    private readonly bodies: Bodies,
    private readonly index: WordIndex,
    private readonly settings: SettingsRepository,
  ) {}

  async execute({ roomId }: IndexMessagesCommand): Promise<number> {
    const tenantId = currentContext().tenantId!;
    const { search } = await this.settings.read(tenantId);
    let done = 0;
    for (let after: Place | null = null; ;) {
      const found = await this.messages.page(roomId, after);
      if (found.length === 0) return done;
      const words = await Promise.all(
        found.map(async (message) => {
          if (message.private) return null;
          const text = await this.bodies.open(tenantId, message);
          return text === null ? null : this.index.wordsOf(tenantId, search, text);
        }),
      );
      await this.uow.run((tx) =>
        this.messages.store(
          tx,
          found.map((message, i) => ({ ...message, words: words[i] })),
        ),
      );
      done += found.length;
      after = found[found.length - 1];
    }
  }
}
