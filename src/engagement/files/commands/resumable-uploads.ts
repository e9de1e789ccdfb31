import { createHash, timingSafeEqual } from 'node:crypto';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Config } from '../../../kernel/config/config';
import { currentContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { AppError } from '../../../kernel/errors/app-error';
import { newId } from '../../../kernel/ids/ids';
import { ResourceLimits } from '../../../kernel/limits/resource-limits';
import { HEAD_BYTES } from '../adapters/detect-type';
import { Storages } from '../adapters/storages';
import { ObjectRepository } from '../data/object.repository';
import { UploadRepository, type Piece, type Upload } from '../data/upload.repository';
import { fileName } from '../domain/file-name';
import {
  beyondLength,
  checksumMismatch,
  noFile,
  offsetConflict,
  storageAway,
  tooLarge,
  tooManyPieces,
  uploadExpired,
  uploadNotFound,
} from '../domain/files.errors';
import { Intake, judgeHead, type Received } from './intake';
import { PieceSplitter } from './split-pieces';

/** Bytes that a broken line, or a killed process, loses at most: so often what came is noted. */
const PIECE_BYTES = 8 * 1024 ** 2;
/** A client that sends crumbs is one that means no good. */
const MOST_PIECES = 10_000;
/** Pieces stay so much longer than their upload (seconds): somebody may be putting them together just then. */
const PIECE_GRACE_SECONDS = 3_600;

/** What a client sees of an upload. */
export interface UploadView {
  id: string;
  name: string;
  declared: string | null;
  length: number;
  /** Bytes that are safe. */
  offset: number;
  expiresAt: Date;
}

const viewOf = ({ id, name, declared, length, received, expiresAt }: Upload): UploadView => ({
  id,
  name,
  declared,
  length,
  offset: received,
  expiresAt,
});

/**
 * Begins an upload that may be broken off and gone on with. Its length is counted against the plan from here on.
 * @throws AppError invalid `files.name-invalid`, `files.no-file`; too-large `files.too-large`; forbidden `plan.limit-reached`
 */
export class BeginUploadCommand extends Command<UploadView> {
  constructor(readonly request: { length: number; name: string; declared: string | null; keep: boolean }) {
    super();
  }
}

/** What a client says of the bytes that it sends: their SHA-1 or SHA-256. */
export interface Checksum {
  algorithm: 'sha1' | 'sha256';
  digest: Buffer;
}

/**
 * Takes bytes of an upload as they arrive. What came is safe although the line breaks; with the last byte it becomes a file
 * of the same id, or is refused and gone.
 * @throws AppError not-found `files.upload-not-found`; gone `files.upload-expired`; conflict `files.offset-conflict`;
 * too-large `files.beyond-length`, `files.too-many-pieces`; checksum-mismatch `files.checksum-mismatch`; and as `Intake.receive`
 */
export class ContinueUploadCommand extends Command<UploadView> {
  constructor(
    readonly request: {
      uploadId: string;
      offset: number;
      content: AsyncIterable<Buffer>;
      /** What Content-Length says, if it does. */
      announced: number | null;
      /** With one, either all bytes of the request count or none. */
      checksum: Checksum | null;
    },
  ) {
    super();
  }
}

/** Gives an upload up. @throws AppError not-found `files.upload-not-found` */
export class EndUploadCommand extends Command<void> {
  constructor(readonly uploadId: string) {
    super();
  }
}

@CommandHandler(BeginUploadCommand)
export class BeginUploadHandler implements ICommandHandler<BeginUploadCommand> {
  constructor(
    private readonly config: Config,
    private readonly uow: UnitOfWork,
    private readonly limits: ResourceLimits,
    private readonly uploads: UploadRepository,
  ) {}

  execute({ request: { length, declared, keep, ...request } }: BeginUploadCommand): Promise<UploadView> {
    const name = fileName(request.name);
    if (length === 0) throw noFile('The file is empty.');
    if (length > this.config.fileLimitBytes) throw tooLarge(this.config.fileLimitBytes);
    return this.uow.run(async (tx) => {
      await this.limits.assertWithin(tx, 'storageBytes', length);
      const { userId: uploadedBy } = currentContext().principal;
      const id = newId();
      await this.uploads.insert(tx, { id, name, declared, uploadedBy, kept: keep, length }, this.config.uploadHours);
      return viewOf((await this.uploads.find(tx, id, uploadedBy))!);
    });
  }
}

@CommandHandler(ContinueUploadCommand)
export class ContinueUploadHandler implements ICommandHandler<ContinueUploadCommand> {
  constructor(
    private readonly config: Config,
    private readonly uow: UnitOfWork,
    private readonly storages: Storages,
    private readonly intake: Intake,
    private readonly objects: ObjectRepository,
    private readonly uploads: UploadRepository,
  ) {}

  async execute({ request }: ContinueUploadCommand): Promise<UploadView> {
    const { uploadId, offset, announced, checksum } = request;
    const upload = await this.find(uploadId);
    if (upload.expired) throw uploadExpired();
    if (upload.received !== offset) throw offsetConflict(upload.received);
    if (announced !== null && offset + announced > upload.length) throw beyondLength(upload.length);
    const splitter = new PieceSplitter(request.content);
    const hash = checksum && createHash(checksum.algorithm);
    const held: Piece[] = [];
    try {
      while (await splitter.hasMore()) {
        const piece = await this.store(upload, offset + splitter.taken, splitter, (bytes) => hash?.update(bytes));
        held.push(piece);
        // With a checksum nothing counts before all of it came.
        if (!hash && piece.start + piece.sizeBytes < upload.length) await this.append(upload, held.splice(0));
      }
      if (checksum && (splitter.fault || !matches(hash!.digest(), checksum.digest))) throw checksumMismatch();
      if (held.length > 0) await this.append(upload, held.splice(0));
    } catch (error) {
      await this.drop(held.map(({ objectId }) => objectId));
      throw error;
    }
    if (splitter.fault) throw splitter.fault;
    return viewOf(await this.find(uploadId));
  }

  private async find(uploadId: string): Promise<Upload> {
    const found = await this.uow.run((tx) => this.uploads.find(tx, uploadId, currentContext().principal.userId));
    if (!found) throw uploadNotFound();
    return found;
  }

  /** One piece as it arrives, at most to the length of the upload; a byte beyond refuses it. */
  private async store(
    upload: Upload,
    start: number,
    splitter: PieceSplitter,
    pass: (bytes: Buffer) => void,
  ): Promise<Piece> {
    const left = upload.length - start;
    if (left <= 0) throw beyondLength(upload.length);
    const store = this.storages.current;
    const keepSeconds = this.config.uploadHours * 3_600 + PIECE_GRACE_SECONDS;
    const object = await this.uow.run(async (tx) => this.objects.announce(tx, store, keepSeconds));
    const before = splitter.taken;
    const head: Buffer[] = [];
    let headBytes = 0;
    async function* passed(): AsyncGenerator<Buffer> {
      for await (const bytes of splitter.next(Math.min(PIECE_BYTES, left))) {
        pass(bytes);
        if (start === 0 && headBytes < HEAD_BYTES) headBytes += head[head.push(bytes) - 1].length;
        yield bytes;
      }
    }
    try {
      await this.storages.of(store).put(object.key, passed());
      const sizeBytes = splitter.taken - before;
      if (start === 0 && (headBytes >= HEAD_BYTES || sizeBytes === upload.length))
        await this.judge(upload, Buffer.concat(head));
      return { objectId: object.id, store, key: object.key, start, sizeBytes };
    } catch (error) {
      await this.intake.discard(object);
      throw error instanceof AppError ? error : storageAway(error);
    }
  }

  /** The beginning tells what is not taken, however much would still come. */
  private async judge(upload: Upload, head: Buffer): Promise<void> {
    try {
      await judgeHead(head, head.length === upload.length, upload, this.config.imageLimitPixels);
    } catch (error) {
      await this.end(upload.id);
      throw error;
    }
  }

  private async append(upload: Upload, pieces: readonly Piece[]): Promise<void> {
    const [{ start }] = pieces;
    const end = pieces.reduce((at, { sizeBytes }) => at + sizeBytes, start);
    if (end === upload.length) return this.complete(upload, pieces);
    await this.uow.run(async (tx) => {
      const known = await this.uploads.pieces(tx, upload.id);
      if (known.length + pieces.length > MOST_PIECES) throw tooManyPieces(MOST_PIECES);
      if (!(await this.uploads.append(tx, upload.id, start, pieces))) throw offsetConflict(null);
    });
  }

  /** Puts the pieces together, hashed and judged like any upload; only then its last piece counts. */
  private async complete(upload: Upload, last: readonly Piece[]): Promise<void> {
    const before = await this.uow.run((tx) => this.uploads.pieces(tx, upload.id));
    const pieces = [...before.filter(({ start }) => start < last[0].start), ...last];
    let received: Received;
    try {
      received = await this.intake.receive(this.bytesOf(pieces), upload);
    } catch (error) {
      if (error instanceof AppError && error.kind !== 'unavailable') await this.end(upload.id);
      throw error;
    }
    try {
      await this.uow.run(async (tx) => {
        const current = await this.uploads.find(tx, upload.id, upload.uploadedBy, true);
        if (!current) throw uploadNotFound();
        if (current.state !== 'open' || current.received !== last[0].start || received.sizeBytes !== upload.length)
          throw offsetConflict(current.received);
        await this.intake.name(tx, received, upload, upload.length);
        await this.uploads.complete(tx, upload.id);
        await this.intake.drop(
          tx,
          pieces.map(({ objectId }) => objectId),
        );
      });
    } catch (error) {
      await this.intake.discard(received.object);
      throw error;
    }
  }

  private async *bytesOf(pieces: readonly Piece[]): AsyncGenerator<Buffer> {
    for (const { store, key } of pieces) {
      try {
        yield* (await this.storages.of(store).get(key)) as AsyncIterable<Buffer>;
      } catch (error) {
        throw storageAway(error);
      }
    }
  }

  private end(uploadId: string): Promise<void> {
    return this.uow.run(async (tx) => {
      const pieces = await this.uploads.pieces(tx, uploadId);
      await this.uploads.remove(tx, uploadId);
      await this.intake.drop(
        tx,
        pieces.map(({ objectId }) => objectId),
      );
    });
  }

  private drop(objectIds: readonly string[]): Promise<void> {
    return objectIds.length === 0 ? Promise.resolve() : this.uow.run((tx) => this.intake.drop(tx, objectIds));
  }
}

@CommandHandler(EndUploadCommand)
export class EndUploadHandler implements ICommandHandler<EndUploadCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly intake: Intake,
    private readonly uploads: UploadRepository,
  ) {}

  execute({ uploadId }: EndUploadCommand): Promise<void> {
    return this.uow.run(async (tx) => {
      const upload = await this.uploads.find(tx, uploadId, currentContext().principal.userId, true);
      if (!upload) throw uploadNotFound();
      const pieces = await this.uploads.pieces(tx, uploadId);
      await this.uploads.remove(tx, uploadId);
      await this.intake.drop(
        tx,
        pieces.map(({ objectId }) => objectId),
      );
    });
  }
}

const matches = (one: Buffer, other: Buffer): boolean => one.length === other.length && timingSafeEqual(one, other);
