import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import type { Channel } from '../contracts/channels';
import { SuppressionRepository } from '../data/suppression.repository';
import { isAddress } from '../domain/addresses';
import { recipientInvalid, suppressionNotFound } from '../domain/notifications.errors';

/** Puts an address on the suppression list by hand. Adding one that is there changes nothing. @throws AppError invalid */
export class AddSuppressionCommand extends Command<{ added: boolean }> {
  constructor(
    readonly suppression: {
      channel: Extract<Channel, 'email' | 'sms'>;
      address: string;
      category: string | null;
      note: string | null;
    },
  ) {
    super();
  }
}

@CommandHandler(AddSuppressionCommand)
export class AddSuppressionHandler implements ICommandHandler<AddSuppressionCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly suppressions: SuppressionRepository,
  ) {}

  execute({ suppression }: AddSuppressionCommand): Promise<{ added: boolean }> {
    if (!isAddress(suppression.channel, suppression.address)) throw recipientInvalid();
    return this.uow.run(async (tx) => ({
      added: await this.suppressions.add(tx, { ...suppression, reason: 'manual' }),
    }));
  }
}

/** Takes an address off the list: it is written to again. @throws AppError not-found */
export class RemoveSuppressionCommand extends Command<void> {
  constructor(readonly suppressionId: string) {
    super();
  }
}

@CommandHandler(RemoveSuppressionCommand)
export class RemoveSuppressionHandler implements ICommandHandler<RemoveSuppressionCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly suppressions: SuppressionRepository,
  ) {}

  execute({ suppressionId }: RemoveSuppressionCommand): Promise<void> {
    return this.uow.run(async (tx) => {
      if (!(await this.suppressions.remove(tx, suppressionId))) throw suppressionNotFound();
    });
  }
}
