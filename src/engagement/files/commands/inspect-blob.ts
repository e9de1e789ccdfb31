import { createReadStream } from 'node:fs';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Config } from '../../../kernel/config/config';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { logger } from '../../../kernel/telemetry/logger';
import { endsAsZip, inspectArchive } from '../adapters/archive-inspection';
import { withLocalCopy, type LocalCopy } from '../adapters/local-copy';
import { makePictures, NoPicture, type MadePicture } from '../adapters/pictures';
import { Storages } from '../adapters/storages';
import { ScannerAway, VirusScanner } from '../adapters/virus-scanner';
import { FileRepository, type Blob } from '../data/file.repository';
import { ObjectRepository, type StoredObject } from '../data/object.repository';
import { treatmentOf } from '../domain/media-types';
import type { Rendition, Verdict } from '../domain/stored-file';
import { SweepFiles } from '../jobs/sweep-files';
import { eventOf } from './settled-events';

/** Until objects that were made for a verdict are removed when it does not come (seconds). */
const STAGED_SECONDS = 86_400;
/** Seconds until the scanner is asked again: soon at first, then every five minutes. */
const againIn = (tries: number): number => Math.min(300, 5 * 2 ** Math.min(tries, 6));
/** Beyond the next try: after so long the schedule looks after what was forgotten (seconds). */
const FORGOTTEN_SECONDS = 900;

/** What was found, and what the bytes are to be from now on. */
interface Findings {
  verdict: Verdict;
  /** In the place of what was uploaded. */
  replacement?: { object: StoredObject; sizeBytes: number; width: number | null; height: number | null };
  renditions?: (Rendition & { object: StoredObject })[];
}

const shut = (reason: string): Findings => ({
  verdict: { state: 'unscannable', scanned: false, reason, signature: null },
});

/**
 * Judges the bytes of one or several files: looks into archives, asks the scanner, makes pictures anew. Outside of any
 * transaction, as all of it takes its time. Whatever happens on the way, they stay pending until there is a verdict.
 * @returns seconds after which it should be tried again; null when there is nothing left to do
 */
export class InspectBlobCommand extends Command<{ againInSeconds: number | null }> {
  constructor(readonly blobId: string) {
    super();
  }
}

@CommandHandler(InspectBlobCommand)
export class InspectBlobHandler implements ICommandHandler<InspectBlobCommand> {
  constructor(
    private readonly config: Config,
    private readonly uow: UnitOfWork,
    private readonly storages: Storages,
    private readonly scanner: VirusScanner,
    private readonly files: FileRepository,
    private readonly objects: ObjectRepository,
  ) {}

  async execute({ blobId }: InspectBlobCommand): Promise<{ againInSeconds: number | null }> {
    const blob = await this.uow.run((tx) => this.files.findBlob(tx, blobId, false));
    if (!blob || blob.state !== 'pending') return { againInSeconds: null };
    if (!this.scanner.isConfigured && this.config.unscannedFiles === 'hold') {
      await this.uow.run((tx) => this.files.putOff(tx, blobId, 'no-scanner', FORGOTTEN_SECONDS));
      return { againInSeconds: null };
    }
    try {
      const storage = this.storages.of(blob.store);
      const found = await withLocalCopy(storage, blob.key, (copy) => this.judge(blob, copy));
      await this.settle(blob, found);
      return { againInSeconds: null };
    } catch (error) {
      if (!(error instanceof ScannerAway)) throw error;
      logger.warn({ err: error, blobId }, 'a file waits for the scanner');
      const againInSeconds = againIn(blob.tries);
      await this.uow.run((tx) => this.files.putOff(tx, blobId, 'scanner-away', againInSeconds + FORGOTTEN_SECONDS));
      return { againInSeconds };
    }
  }

  /** @throws ScannerAway */
  private async judge(blob: Blob, copy: LocalCopy): Promise<Findings> {
    const treatment = treatmentOf(blob.mediaType);
    // Before the scanner, whose own limits what is packed may exceed without its saying so.
    const reason =
      treatment === 'archive'
        ? await inspectArchive(copy.path, blob.sizeBytes, copy.folder)
        : (await endsAsZip(copy.path))
          ? 'polyglot'
          : null;
    const scanned = this.scanner.isConfigured;
    if (scanned && reason !== 'archive-bomb') {
      const found = await this.scanner.scan(() => createReadStream(copy.path));
      if (found.outcome === 'infected') return this.quarantine(blob, copy, found.signature);
      if (found.outcome === 'unscannable') return shut(reason ?? found.reason);
    }
    if (reason) return shut(reason);
    const verdict: Verdict = { state: 'clean', scanned, reason: null, signature: null };
    return treatment === 'picture' ? this.picture(blob, copy, verdict) : { verdict };
  }

  /** What is infected is kept as evidence, apart from everything that is ever handed out. */
  private async quarantine(blob: Blob, copy: LocalCopy, signature: string): Promise<Findings> {
    const object = await this.put(copy.path, 'quarantine/');
    const { sizeBytes, width, height } = blob;
    return {
      verdict: { state: 'infected', scanned: true, reason: null, signature },
      replacement: { object, sizeBytes, width, height },
    };
  }

  private async picture(blob: Blob, { path, folder }: LocalCopy, verdict: Verdict): Promise<Findings> {
    try {
      const made = await makePictures(path, blob.mediaType, this.config.imageLimitPixels, folder);
      const stored = async <P extends MadePicture>(picture: P) => ({
        ...picture,
        object: await this.put(picture.path),
      });
      const replacement = await stored(made.cleaned);
      const renditions = [];
      for (const picture of made.renditions) renditions.push(await stored(picture));
      return { verdict, replacement, renditions };
    } catch (error) {
      if (!(error instanceof NoPicture)) throw error;
      logger.info({ err: error, blobId: blob.id }, 'a picture could not be read');
      return shut(error.message);
    }
  }

  private async put(file: string, prefix: '' | 'quarantine/' = ''): Promise<StoredObject> {
    const store = this.storages.current;
    const object = await this.uow.run(async (tx) => this.objects.announce(tx, store, STAGED_SECONDS, prefix));
    await this.storages.of(store).put(object.key, createReadStream(file) as AsyncIterable<Buffer>);
    return object;
  }

  private settle(blob: Blob, { verdict, replacement, renditions = [] }: Findings): Promise<void> {
    return this.uow.run(async (tx) => {
      const current = await this.files.findBlob(tx, blob.id, true);
      // Deleted meanwhile, or judged by another worker: what was made goes with the sweep.
      if (current?.state !== 'pending') return;
      const now = { ...current, ...verdict, ...replacement, objectId: replacement?.object.id ?? current.objectId };
      for (const { object } of [...(replacement ? [replacement] : []), ...renditions])
        await this.objects.keep(tx, object.id);
      await this.files.settle(tx, blob.id, verdict, now);
      await this.files.insertRenditions(
        tx,
        blob.id,
        renditions.map((it) => ({ ...it, objectId: it.object.id })),
      );
      if (replacement) {
        await this.objects.drop(tx, [current.objectId]);
        tx.job(SweepFiles, {});
      }
      for (const file of await this.files.filesOf(tx, blob.id)) tx.record(eventOf(now, file));
    });
  }
}
