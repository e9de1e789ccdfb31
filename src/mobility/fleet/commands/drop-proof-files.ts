import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { DetachFilesCommand } from '../../../engagement/files/contracts/files';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { DispatchRepository } from '../data/dispatch.repository';

/** Gives back signatures and pictures of stops whose time is over. Done again, nothing is left to do. */
export class DropProofFilesCommand extends Command<void> {
  constructor(readonly stopIds: readonly string[]) {
    super();
  }
}

@CommandHandler(DropProofFilesCommand)
export class DropProofFilesHandler implements ICommandHandler<DropProofFilesCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly commands: CommandBus,
    private readonly dispatches: DispatchRepository,
  ) {}

  execute({ stopIds }: DropProofFilesCommand): Promise<void> {
    return this.uow.run(async () => {
      for (const id of await this.dispatches.dropFiles(stopIds))
        await this.commands.execute(new DetachFilesCommand({ owner: { kind: 'fleet-stop', id } }));
    });
  }
}
