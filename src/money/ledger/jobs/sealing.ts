import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { setTimeout as pause } from 'node:timers/promises';
import { Config } from '../../../kernel/config/config';
import { logger } from '../../../kernel/telemetry/logger';
import { Sealer } from '../commands/sealer';

/** Journals are sealed this soon after their commit (milliseconds); under load without a pause. */
const EVERY_MS = 1_000;
/** Between two full batches, so that journals that come one by one are sealed together. */
const BETWEEN_MS = 50;
/** After a failure, the database being away say. */
const AFTER_FAILURE_MS = 5_000;

/** Seals the ledgers, in worker processes. */
@Injectable()
export class LedgerSealing implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly stop = new AbortController();
  private loop: Promise<void> = Promise.resolve();

  constructor(
    private readonly config: Config,
    private readonly sealer: Sealer,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.roles.has('worker')) this.loop = this.run();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stop.abort();
    await this.loop;
  }

  private async run(): Promise<void> {
    const { signal } = this.stop;
    while (!signal.aborted) {
      let wait = EVERY_MS;
      try {
        if ((await this.sealer.sealDue()) > 0) wait = BETWEEN_MS;
      } catch (error) {
        if (signal.aborted) return;
        logger.warn({ err: error }, 'the ledger could not be sealed just now');
        wait = AFTER_FAILURE_MS;
      }
      await pause(wait, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }
}
