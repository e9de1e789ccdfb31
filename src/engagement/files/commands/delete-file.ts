import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { FileRepository } from '../data/file.repository';
import { fileNotFound, inUse } from '../domain/files.errors';
import { SweepFiles } from '../jobs/sweep-files';
import { reachOf } from '../data/reach';

/**
 * Deletes a file, and its bytes with the last file that has them.
 * What is out of use and names it does so in vain from then on.
 * @throws AppError not-found `files.file-not-found`; conflict `files.in-use` where something uses it
 */
export class DeleteFileCommand extends Command<void> {
  constructor(readonly fileId: string) {
    super();
  }
}

@CommandHandler(DeleteFileCommand)
export class DeleteFileHandler implements ICommandHandler<DeleteFileCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly files: FileRepository,
  ) {}

  execute({ fileId }: DeleteFileCommand): Promise<void> {
    return this.uow.run(async (tx) => {
      const [file] = await this.files.lockFiles(tx, [fileId], reachOf(currentContext().principal, 'files:write'));
      if (!file) throw fileNotFound();
      const owners = await this.files.attachmentsOf(tx, fileId);
      if (owners.length > 0) throw inUse(owners);
      await this.files.removeFile(tx, fileId);
      tx.job(SweepFiles, {});
    });
  }
}
