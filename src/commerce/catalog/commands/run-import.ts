import { Readable } from 'node:stream';
import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { AppError } from '../../../kernel/errors/app-error';
import { Realtime } from '../../../kernel/realtime/realtime';
import type { EntityOutcome, EntityRow } from '../../../kernel/tabular/importer';
import { ImportRun, type RunProgress, type RunReport } from '../../../kernel/tabular/import-run';
import { logger } from '../../../kernel/telemetry/logger';
import { ImportRepository, type RunnableImport } from '../data/import.repository';
import { importEnded, importNotFound } from '../domain/catalog.errors';
import type { ImportState, ImportView } from '../domain/product-import';
import { findImport } from '../queries/imports';
import { productFiles, ProductSheetImporter } from './product-sheets';

/** Runs an import to its end, from where an earlier run of it stopped. @param last whether a failure is final */
export class RunImportCommand extends Command<void> {
  constructor(
    readonly importId: string,
    readonly last: boolean,
  ) {
    super();
  }
}

/**
 * Ends an import before its time. Batches that it has written stay; importing the file again completes them.
 * @throws AppError not-found `catalog.import-not-found`, conflict `catalog.import-ended`
 */
export class CancelImportCommand extends Command<ImportView> {
  constructor(readonly importId: string) {
    super();
  }
}

/** Thrown through a run whose import was ended by somebody else. */
class ImportStopped extends Error {}

@CommandHandler(CancelImportCommand)
export class CancelImportHandler implements ICommandHandler<CancelImportCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly database: Database,
    private readonly imports: ImportRepository,
    private readonly realtime: Realtime,
  ) {}

  execute({ importId }: CancelImportCommand): Promise<ImportView> {
    return this.uow.run(async (tx) => {
      const ended = await this.imports.end(tx, importId, 'cancelled', null);
      const found = await findImport(this.database, importId);
      if (!found) throw importNotFound();
      if (!ended) throw importEnded(found.state);
      tx.afterCommit(() => this.realtime.toStaff(tx.tenantId, 'products.import', notice(found)));
      return found;
    });
  }
}

/** What sockets are told of an import: where it stands, without its faults. */
const notice = ({ id, state, rowsRead, rowsTotal, created, updated, unchanged, refused, problem }: ImportView) => ({
  importId: id,
  state,
  rowsRead,
  rowsTotal,
  created,
  updated,
  unchanged,
  refused,
  problem,
});

@CommandHandler(RunImportCommand)
export class RunImportHandler implements ICommandHandler<RunImportCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly database: Database,
    private readonly commands: CommandBus,
    private readonly imports: ImportRepository,
    private readonly realtime: Realtime,
  ) {}

  async execute({ importId, last }: RunImportCommand): Promise<void> {
    const job = await this.uow.run((tx) => this.imports.begin(tx, importId));
    if (!job) return;
    try {
      const report = await this.run(importId, job);
      const state = endOf(report, job);
      await this.uow.run(async (tx) => {
        if (await this.imports.finish(tx, importId, state, report)) await this.tell(importId);
      });
    } catch (error) {
      if (error instanceof ImportStopped) return;
      const said = error instanceof AppError && error.data.retryable !== true && error.kind !== 'unavailable';
      if (!said && !last) throw error;
      if (!said) logger.error({ err: error, importId }, 'an import failed');
      const problem = said
        ? { code: error.code, detail: error.detail }
        : { code: 'catalog.import-failed', detail: 'The import could not be brought to its end. Start it again.' };
      await this.uow.run(async (tx) => {
        if (await this.imports.end(tx, importId, 'failed', problem)) await this.tell(importId);
      });
    }
  }

  private async run(importId: string, job: RunnableImport): Promise<RunReport> {
    const tenantId = currentContext().tenantId!;
    const names = job.files.map((it) => it.name);
    const open = async (name: string): Promise<Readable | null> => {
      const at = names.indexOf(name);
      return at < 0 ? null : Readable.from(this.imports.bytes(tenantId, importId, at), { objectMode: false });
    };
    const input = await productFiles(names, job.mapping, open);
    const importer = new ResumingImporter(this.commands, this.uow, this.imports, importId);
    const run = new ImportRun(input, { products: importer }, (progress) => this.advance(importId, progress));
    return run.execute({ dryRun: job.dryRun, acceptPartial: job.acceptPartial });
  }

  private async advance(importId: string, { phase, rows, total }: RunProgress): Promise<void> {
    await this.uow.run(async (tx) => {
      const state = phase === 'check' ? 'checking' : 'writing';
      if (!(await this.imports.advance(tx, importId, state, rows, total ?? null))) throw new ImportStopped();
      await this.tell(importId);
    });
  }

  private async tell(importId: string): Promise<void> {
    const tx = this.uow.current();
    const found = await findImport(this.database, importId);
    tx.afterCommit(() => this.realtime.toStaff(tx.tenantId, 'products.import', notice(found!)));
  }
}

const endOf = (report: RunReport, { dryRun }: RunnableImport): ImportState =>
  report.written || dryRun ? 'done' : 'refused';

/**
 * Writes each batch and the line it ends with in one commit, so that a run that takes over from one that was killed
 * neither writes nor counts a batch twice.
 */
class ResumingImporter extends ProductSheetImporter {
  constructor(
    commands: CommandBus,
    private readonly uow: UnitOfWork,
    private readonly imports: ImportRepository,
    private readonly importId: string,
  ) {
    super(commands);
  }

  override take(rows: EntityRow[], dryRun: boolean, document: string): Promise<EntityOutcome> {
    if (dryRun) return super.take(rows, dryRun, document);
    return this.uow.run(async (tx) => {
      const done = await this.imports.writtenLine(tx, this.importId);
      if (done === null) throw new ImportStopped();
      const left = rows.filter(({ row }) => row.line > done);
      const outcome = await super.take(left, false, document);
      if (left.length > 0) {
        const { created, updated, unchanged, further } = outcome;
        const counts = { created, updated, unchanged, stockChanged: further.stockChanged };
        await this.imports.noteBatch(tx, this.importId, left.at(-1)!.row.line, counts);
      }
      return outcome;
    });
  }
}
