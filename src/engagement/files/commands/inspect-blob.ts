import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Config } from '../../../kernel/config/config';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { logger } from '../../../kernel/telemetry/logger';
import { Storages } from '../adapters/storages';
import { ScannerAway, VirusScanner } from '../adapters/virus-scanner';
import { FileRepository, type Blob } from '../data/file.repository';
import type { Verdict } from '../domain/stored-file';
import { eventOf } from './settled-events';

/** Seconds until the scanner is asked again: soon at first, then every five minutes. */
const againIn = (tries: number): number => Math.min(300, 5 * 2 ** Math.min(tries, 6));

const verdict = (state: Verdict['state'], more: Partial<Verdict> = {}): Verdict => ({
  state,
  scanned: false,
  reason: null,
  signature: null,
  ...more,
});

/**
 * Judges the bytes of one or several files; outside of any transaction, as it talks to a scanner. Whatever happens on the way,
 * they stay pending until there is a verdict.
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
  ) {}

  async execute({ blobId }: InspectBlobCommand): Promise<{ againInSeconds: number | null }> {
    const blob = await this.uow.run((tx) => this.files.findBlob(tx, blobId, false));
    if (!blob || blob.state !== 'pending') return { againInSeconds: null };
    if (!this.scanner.isConfigured && this.config.unscannedFiles === 'hold') {
      await this.uow.run((tx) => this.files.putOff(tx, blobId, 'no-scanner', 86_400));
      return { againInSeconds: null };
    }
    try {
      await this.settle(blob, await this.judge(blob));
      return { againInSeconds: null };
    } catch (error) {
      if (!(error instanceof ScannerAway)) throw error;
      logger.warn({ err: error, blobId }, 'a file waits for the scanner');
      const againInSeconds = againIn(blob.tries);
      await this.uow.run((tx) => this.files.putOff(tx, blobId, 'scanner-away', againInSeconds + 900));
      return { againInSeconds };
    }
  }

  /** @throws ScannerAway */
  private async judge(blob: Blob): Promise<Verdict> {
    if (!this.scanner.isConfigured) return verdict('clean');
    const found = await this.scanner.scan(await this.storages.of(blob.store).get(blob.key));
    if (found.outcome === 'infected') return verdict('infected', { scanned: true, signature: found.signature });
    if (found.outcome === 'unscannable') return verdict('unscannable', { reason: found.reason });
    return verdict('clean', { scanned: true });
  }

  private settle(blob: Blob, found: Verdict): Promise<void> {
    return this.uow.run(async (tx) => {
      const current = await this.files.findBlob(tx, blob.id, true);
      if (current?.state !== 'pending') return;
      const { objectId, sizeBytes, width, height } = current;
      await this.files.settle(tx, blob.id, found, { objectId, sizeBytes, width, height });
      for (const file of await this.files.filesOf(tx, blob.id)) tx.record(eventOf({ ...current, ...found }, file));
    });
  }
}
