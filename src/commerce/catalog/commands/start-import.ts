import { Command, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { invalid } from '../../../kernel/errors/app-error';
import { newId } from '../../../kernel/ids/ids';
import type { UploadPart } from '../../../kernel/tabular/upload-form';
import { ImportProfileQuery } from '../contracts/import-profiles';
import { ImportRepository } from '../data/import.repository';
import { importEnded } from '../domain/catalog.errors';
import type { ImportFile, ImportView } from '../domain/product-import';
import { RunImport } from '../jobs/run-import';
import { findImport } from '../queries/imports';

/** Bytes of one stored chunk, and how many of them one transaction stores. */
const CHUNK_BYTES = 256 * 1024;
const CHUNKS_AT_ONCE = 4;

/**
 * Stores the files of an upload as they arrive and starts their import, which runs on its own from there on. Nothing is
 * held in memory, and no transaction waits for the network.
 * @throws AppError invalid `catalog.no-file`; not-found `catalog.import-profile-not-found`; conflict
 * `catalog.too-many-imports`, `catalog.import-ended` when it is cancelled meanwhile; too-large where a file is
 */
export class StartImportCommand extends Command<ImportView> {
  constructor(
    readonly request: {
      parts: AsyncIterable<UploadPart>;
      profileName?: string;
      dryRun?: boolean;
      acceptPartial?: boolean;
    },
  ) {
    super();
  }
}

@CommandHandler(StartImportCommand)
export class StartImportHandler implements ICommandHandler<StartImportCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly database: Database,
    private readonly queries: QueryBus,
    private readonly imports: ImportRepository,
  ) {}

  async execute({ request }: StartImportCommand): Promise<ImportView> {
    const { profileName, dryRun = false, acceptPartial = false } = request;
    const saved = profileName
      ? (await this.queries.execute(new ImportProfileQuery({ name: profileName }))).mapping
      : null;
    const id = newId();
    const startedBy = currentContext().principal.userId;
    let opened = false;
    let mapping = saved;
    const files: ImportFile[] = [];
    const open = async (): Promise<void> => {
      if (opened) return;
      const fresh = { id, profileName: profileName ?? null, dryRun, acceptPartial, startedBy };
      await this.uow.run((tx) => this.imports.open(tx, fresh));
      opened = true;
    };
    try {
      for await (const part of request.parts) {
        if ('mapping' in part) mapping = part.mapping;
        else {
          await open();
          files.push({ name: part.file, bytes: await this.store(id, files.length, part.content) });
        }
      }
      if (files.length === 0) throw invalid('catalog.no-file', 'The form has no file.');
      return await this.uow.run(async (tx) => {
        if (!(await this.imports.queue(tx, id, files, mapping))) throw importEnded('cancelled');
        tx.job(RunImport, { importId: id });
        return (await findImport(this.database, id))!;
      });
    } catch (error) {
      if (opened) await this.uow.run((tx) => this.imports.discard(tx, id));
      throw error;
    }
  }

  private async store(id: string, file: number, content: AsyncIterable<Buffer>): Promise<number> {
    let bytes = 0;
    let position = 0;
    let pending: Buffer[] = [];
    let waiting = 0;
    const flush = async (): Promise<void> => {
      const whole = Buffer.concat(pending);
      const chunks: Buffer[] = [];
      for (let at = 0; at < whole.length; at += CHUNK_BYTES) chunks.push(whole.subarray(at, at + CHUNK_BYTES));
      const from = position;
      if (chunks.length > 0) await this.uow.run((tx) => this.imports.addChunks(tx, id, file, from, chunks));
      position += chunks.length;
      [pending, waiting] = [[], 0];
    };
    for await (const piece of content) {
      pending.push(piece);
      waiting += piece.length;
      bytes += piece.length;
      if (waiting >= CHUNK_BYTES * CHUNKS_AT_ONCE) await flush();
    }
    await flush();
    return bytes;
  }
}
