import { Command, CommandBus, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { AttachFilesCommand, DetachFilesCommand } from '../../../engagement/files/contracts/files';
import type { Transaction } from '../../../kernel/database/transaction';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import { DocumentRepository } from '../data/document.repository';
import { FleetRepository } from '../data/fleet.repository';
import { momentsOf, WARN_DAYS, type FleetDocument } from '../domain/document';
import {
  documentDates,
  documentNotFound,
  documentSubject,
  driverNotFound,
  vehicleNotFound,
} from '../domain/fleet.errors';
import { FindDocumentQuery, type DocumentFacts } from '../queries/documents';
import { DocumentDue } from '../reactions/document-due';

export type DocumentChange = Partial<
  Pick<FleetDocument, 'type' | 'number' | 'issuedOn' | 'expiresOn' | 'warnDays' | 'fileId' | 'note'>
>;

/**
 * Enters a paper of a vehicle or a driver.
 * @throws AppError invalid `fleet.document-subject`, `fleet.document-dates`; not-found `fleet.vehicle-not-found`,
 *   `fleet.driver-not-found`, `files.file-not-found`; conflict `files.not-clean`
 */
export class CreateDocumentCommand extends Command<DocumentFacts> {
  constructor(
    readonly document: DocumentChange & {
      type: FleetDocument['type'];
      vehicleId: string | null;
      driverId: string | null;
    },
  ) {
    super();
  }
}

/** @throws AppError not-found `fleet.document-not-found`, and as `CreateDocumentCommand` */
export class ChangeDocumentCommand extends Command<DocumentFacts> {
  constructor(
    readonly documentId: string,
    readonly change: DocumentChange,
  ) {
    super();
  }
}

/** @throws AppError not-found `fleet.document-not-found` */
export class DeleteDocumentCommand extends Command<void> {
  constructor(readonly documentId: string) {
    super();
  }
}

const ownerOf = (id: string) => ({ kind: 'fleet-document', id });

function planned(tx: Transaction, document: FleetDocument): void {
  const moments = momentsOf(document);
  if (!moments) return;
  const { id: documentId, revision } = document;
  tx.timer(DocumentDue, { documentId, revision, expired: false }, moments.warn);
  tx.timer(DocumentDue, { documentId, revision, expired: true }, moments.expire);
}

function demandDates({ issuedOn, expiresOn }: FleetDocument): void {
  if (issuedOn && expiresOn && expiresOn < issuedOn) throw documentDates();
}

@CommandHandler(CreateDocumentCommand)
export class CreateDocumentHandler implements ICommandHandler<CreateDocumentCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly fleets: FleetRepository,
    private readonly documents: DocumentRepository,
  ) {}

  execute({ document: given }: CreateDocumentCommand): Promise<DocumentFacts> {
    return this.uow.run(async (tx) => {
      const { vehicleId, driverId } = given;
      if ((vehicleId === null) === (driverId === null)) throw documentSubject();
      if (vehicleId && !(await this.fleets.vehicle(vehicleId))) throw vehicleNotFound();
      const driver = driverId && (await this.fleets.driver(driverId));
      if (driverId && (!driver || driver.forgottenAt)) throw driverNotFound();
      const document: FleetDocument = {
        id: newId(),
        vehicleId,
        driverId,
        type: given.type,
        number: given.number ?? null,
        issuedOn: given.issuedOn ?? null,
        expiresOn: given.expiresOn ?? null,
        warnDays: given.warnDays ?? WARN_DAYS,
        fileId: given.fileId ?? null,
        note: given.note ?? null,
        revision: 1,
        warnedAt: null,
        expiredAt: null,
      };
      demandDates(document);
      await this.documents.insert(document);
      if (document.fileId)
        await this.commands.execute(
          new AttachFilesCommand({ fileIds: [document.fileId], owner: ownerOf(document.id) }),
        );
      planned(tx, document);
      return this.queries.execute(new FindDocumentQuery(document.id));
    });
  }
}

@CommandHandler(ChangeDocumentCommand)
export class ChangeDocumentHandler implements ICommandHandler<ChangeDocumentCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly documents: DocumentRepository,
  ) {}

  execute({ documentId, change }: ChangeDocumentCommand): Promise<DocumentFacts> {
    return this.uow.run(async (tx) => {
      const before = await this.documents.lock(documentId);
      if (!before) throw documentNotFound();
      const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
      const document: FleetDocument = { ...before, ...given, revision: before.revision + 1 };
      demandDates(document);
      // A renewed paper is told of anew.
      if (document.expiresOn !== before.expiresOn || document.warnDays !== before.warnDays)
        Object.assign(document, { warnedAt: null, expiredAt: null });
      await this.documents.update(document);
      if (document.fileId !== before.fileId) await this.exchange(before, document);
      planned(tx, document);
      return this.queries.execute(new FindDocumentQuery(documentId));
    });
  }

  private async exchange(before: FleetDocument, { id, fileId }: FleetDocument): Promise<void> {
    if (fileId) await this.commands.execute(new AttachFilesCommand({ fileIds: [fileId], owner: ownerOf(id) }));
    if (before.fileId)
      await this.commands.execute(new DetachFilesCommand({ owner: ownerOf(id), fileIds: [before.fileId] }));
  }
}

@CommandHandler(DeleteDocumentCommand)
export class DeleteDocumentHandler implements ICommandHandler<DeleteDocumentCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly commands: CommandBus,
    private readonly documents: DocumentRepository,
  ) {}

  execute({ documentId }: DeleteDocumentCommand): Promise<void> {
    return this.uow.run(async () => {
      if (!(await this.documents.lock(documentId))) throw documentNotFound();
      await this.documents.remove(documentId);
      await this.commands.execute(new DetachFilesCommand({ owner: ownerOf(documentId) }));
    });
  }
}
