import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { FileRepository } from '../data/file.repository';
import { InspectBlob } from '../jobs/inspect-blob';

const AT_ONCE = 100;

/**
 * Has bytes of the context's tenant inspected that nobody looked after in time: their job died, or they waited for a scanner
 * that was not there.
 */
export class InspectOverdueCommand extends Command<number> {}

@CommandHandler(InspectOverdueCommand)
export class InspectOverdueHandler implements ICommandHandler<InspectOverdueCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly files: FileRepository,
  ) {}

  execute(): Promise<number> {
    return this.uow.run(async (tx) => {
      const overdue = await this.files.overdue(tx, AT_ONCE);
      for (const { id } of overdue) tx.job(InspectBlob, { blobId: id });
      return overdue.length;
    });
  }
}
