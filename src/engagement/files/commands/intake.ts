import { Injectable } from '@nestjs/common';
import { createHash, type Hash } from 'node:crypto';
import { Config } from '../../../kernel/config/config';
import { currentContext } from '../../../kernel/context/request-context';
import type { Transaction } from '../../../kernel/database/transaction';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { AppError } from '../../../kernel/errors/app-error';
import { ResourceLimits } from '../../../kernel/limits/resource-limits';
import { logger } from '../../../kernel/telemetry/logger';
import { detectType, HEAD_BYTES } from '../adapters/detect-type';
import { pictureSize } from '../adapters/picture-size';
import { Storages } from '../adapters/storages';
import { FileRepository, type Blob, type NewFile } from '../data/file.repository';
import { ObjectRepository, type StoredObject } from '../data/object.repository';
import { noFile, storageAway, tooLarge, tooManyPixels } from '../domain/files.errors';
import { mediaTypeOf, treatmentOf } from '../domain/media-types';
import { InspectBlob } from '../jobs/inspect-blob';
import { SweepFiles } from '../jobs/sweep-files';
import { eventOf } from './settled-events';

/** Until bytes that no file came to use are removed (seconds): longer than any upload in one request may take. */
const STAGED_SECONDS = 86_400;

/** What a sender says of its bytes. */
export interface Announced {
  name: string;
  declared: string | null;
}

/** Bytes that lie in the storage and belong to no file yet. */
export interface Received {
  object: StoredObject;
  sha256: Buffer;
  sizeBytes: number;
  mediaType: string;
}

/** Looks at bytes as they pass: counts and hashes them, and judges their type as soon as enough has come. */
class Measure {
  private readonly hash: Hash = createHash('sha256');
  private head: Buffer[] = [];
  private headBytes = 0;
  sizeBytes = 0;
  mediaType: string | null = null;

  constructor(
    private readonly announced: Announced,
    private readonly most: { bytes: number; pixels: number },
  ) {}

  async *pass(content: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const piece of content) {
      this.sizeBytes += piece.length;
      if (this.sizeBytes > this.most.bytes) throw tooLarge(this.most.bytes);
      this.hash.update(piece);
      if (this.mediaType === null) {
        this.head.push(piece);
        this.headBytes += piece.length;
        if (this.headBytes >= HEAD_BYTES) await this.judge(false);
      }
      yield piece;
    }
    if (this.sizeBytes === 0) throw noFile('The file is empty.');
    if (this.mediaType === null) await this.judge(true);
  }

  digest(): Buffer {
    return this.hash.digest();
  }

  private async judge(whole: boolean): Promise<void> {
    const head = Buffer.concat(this.head);
    this.head = [];
    this.mediaType = await judgeHead(head, whole, this.announced, this.most.pixels);
  }
}

/**
 * The type of a file by its beginning.
 * @throws AppError as `mediaTypeOf`; too-large `files.too-many-pixels`
 */
export async function judgeHead(
  head: Buffer,
  whole: boolean,
  announced: Announced,
  mostPixels: number,
): Promise<string> {
  const mediaType = mediaTypeOf({ ...announced, detected: await detectType(head, whole) });
  if (treatmentOf(mediaType) === 'picture') {
    const size = await pictureSize(head);
    if (size && size.width * size.height * size.pages > mostPixels)
      throw tooManyPixels(mostPixels, size.width, size.height);
  }
  return mediaType;
}

/** How bytes come in, whichever way they were sent: stored while they are counted, hashed and judged, then given a name. */
@Injectable()
export class Intake {
  constructor(
    private readonly config: Config,
    private readonly uow: UnitOfWork,
    private readonly limits: ResourceLimits,
    private readonly storages: Storages,
    private readonly objects: ObjectRepository,
    private readonly files: FileRepository,
  ) {}

  /**
   * Stores bytes as they arrive; none of them is held in memory. What fails leaves nothing, a crash at most an object that
   * the sweep knows of.
   * @throws AppError too-large `files.too-large`, `files.too-many-pixels`; unsupported-media-type as `mediaTypeOf`;
   * unavailable `files.storage-unavailable`
   */
  async receive(content: AsyncIterable<Buffer>, announced: Announced): Promise<Received> {
    const measure = new Measure(announced, {
      bytes: this.config.fileLimitBytes,
      pixels: this.config.imageLimitPixels,
    });
    const store = this.storages.current;
    const object = await this.uow.run(async (tx) => this.objects.announce(tx, store, STAGED_SECONDS));
    let source: unknown;
    try {
      await this.storages.of(store).put(
        object.key,
        telling(measure.pass(content), (error) => (source = error)),
      );
    } catch (error) {
      await this.discard(object);
      // A stream that failed is the sender's, anything else the storage's.
      if (source !== undefined) throw source;
      throw error instanceof AppError ? error : storageAway(error);
    }
    return { object, sha256: measure.digest(), sizeBytes: measure.sizeBytes, mediaType: measure.mediaType! };
  }

  /**
   * Gives received bytes a name. Bytes that the tenant has already are not kept twice; new ones are inspected by a worker.
   * @param promised bytes that an open upload of this transaction has counted against the plan already
   * @throws AppError forbidden `plan.limit-reached`
   */
  async name(tx: Transaction, received: Received, file: Omit<NewFile, 'blobId' | 'days'>, promised = 0): Promise<void> {
    const { object, sha256, sizeBytes, mediaType } = received;
    let blob = await this.files.lockBytes(tx, sha256);
    for (let fresh: string | null = null; !blob;) {
      if (promised < sizeBytes) await this.limits.assertWithin(tx, 'storageBytes', sizeBytes - promised);
      fresh = await this.files.insertBlob(tx, { sha256, objectId: object.id, mediaType, sizeBytes });
      if (fresh) {
        await this.objects.keep(tx, object.id);
        tx.job(InspectBlob, { blobId: fresh });
      }
      // Null again where others stored the same bytes and removed them within this moment.
      blob = await this.files.lockBytes(tx, sha256);
    }
    if (blob.objectId !== object.id && blob.key !== object.key) await this.drop(tx, [object.id]);
    await this.files.insertFile(tx, { ...file, blobId: blob.id, days: this.config.keepUnattachedFilesDays });
    this.tellSettled(tx, blob, file);
  }

  /** Has objects removed soon after this commit. */
  async drop(tx: Transaction, objectIds: readonly string[]): Promise<void> {
    await this.objects.drop(tx, objectIds);
    if (objectIds.length > 0) tx.job(SweepFiles, {});
  }

  /** Of bytes that were judged before there is nothing to wait for. */
  private tellSettled(
    tx: Transaction,
    blob: Blob,
    file: { id: string; name: string; uploadedBy: string | null },
  ): void {
    if (blob.state !== 'pending') tx.record(eventOf(blob, file));
  }

  /** Best effort: the sweep removes what this leaves. */
  async discard(object: StoredObject): Promise<void> {
    try {
      await this.storages.of(object.store).remove(object.key);
      await this.uow.run(async (tx) => {
        await this.objects.drop(tx, [object.id]);
        await this.objects.forget(tx, [object.id]);
      });
    } catch (error) {
      logger.warn(
        { err: error, tenantId: currentContext().tenantId },
        'bytes of a broken upload are left to the sweep',
      );
    }
  }
}

/** Passes everything on, and tells of a failure of the source. */
async function* telling(content: AsyncIterable<Buffer>, failed: (error: unknown) => void): AsyncGenerator<Buffer> {
  try {
    yield* content;
  } catch (error) {
    failed(error);
    throw error;
  }
}
