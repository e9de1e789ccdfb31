import { CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { Config } from '../../../kernel/config/config';
import { currentContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import {
  AttachFilesCommand,
  DetachFilesCommand,
  FindFilesQuery,
  RenameFileOwnerCommand,
  type FileFacts,
} from '../contracts/files';
import { FileRepository } from '../data/file.repository';
import { filesNotFound, notClean } from '../domain/files.errors';
import { reachOf } from '../data/reach';

@CommandHandler(AttachFilesCommand)
export class AttachFilesHandler implements ICommandHandler<AttachFilesCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: QueryBus,
    private readonly files: FileRepository,
  ) {}

  async execute({ request: { fileIds, owner } }: AttachFilesCommand): Promise<FileFacts[]> {
    const ids = [...new Set(fileIds)];
    if (ids.length === 0) return [];
    return this.uow.run(async (tx) => {
      const { principal } = currentContext();
      const found = await this.files.lockFiles(tx, ids, reachOf(principal, 'files:write'));
      if (found.length < ids.length) {
        const known = new Set(found.map(({ id }) => id));
        throw filesNotFound(ids.filter((id) => !known.has(id)));
      }
      const shut = found.find(({ state }) => state === 'infected' || state === 'unscannable');
      if (shut) throw notClean(shut.state, shut.reason);
      await this.files.attach(tx, ids, owner, principal.userId);
      return this.queries.execute(new FindFilesQuery({ ids }));
    });
  }
}

@CommandHandler(DetachFilesCommand)
export class DetachFilesHandler implements ICommandHandler<DetachFilesCommand> {
  constructor(
    private readonly config: Config,
    private readonly uow: UnitOfWork,
    private readonly files: FileRepository,
  ) {}

  execute({ request: { owner, fileIds } }: DetachFilesCommand): Promise<void> {
    return this.uow.run((tx) =>
      this.files.detach(tx, owner, fileIds ? [...fileIds] : null, this.config.keepUnattachedFilesDays),
    );
  }
}

@CommandHandler(RenameFileOwnerCommand)
export class RenameFileOwnerHandler implements ICommandHandler<RenameFileOwnerCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly files: FileRepository,
  ) {}

  execute({ request: { owner, kind } }: RenameFileOwnerCommand): Promise<void> {
    return this.uow.run((tx) => this.files.renameOwner(tx, owner, kind));
  }
}
