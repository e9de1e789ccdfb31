import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { DetachFilesCommand } from '../../../engagement/files/contracts/files';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { FuelEntryRepository } from '../data/fuel-entry.repository';
import { ownerOfReceipt } from '../domain/fuel';

/** Gives back receipts of what was filled in, whose time is over. Done again, nothing is left to do. */
export class DropFuelReceiptsCommand extends Command<void> {
  constructor(readonly entryIds: readonly string[]) {
    super();
  }
}

@CommandHandler(DropFuelReceiptsCommand)
export class DropFuelReceiptsHandler implements ICommandHandler<DropFuelReceiptsCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly commands: CommandBus,
    private readonly entries: FuelEntryRepository,
  ) {}

  execute({ entryIds }: DropFuelReceiptsCommand): Promise<void> {
    return this.uow.run(async () => {
      for (const id of await this.entries.dropReceipts(entryIds))
        await this.commands.execute(new DetachFilesCommand({ owner: ownerOfReceipt(id) }));
    });
  }
}
