import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { setTimeout as pause } from 'node:timers/promises';
import type { Config } from '../config/config';
import { logger } from '../telemetry/logger';

/** Between two turns while there is more to do: what comes one by one is done together. */
const BETWEEN_MS = 50;
/** After a failure, the database being away say. */
const AFTER_FAILURE_MS = 5_000;

/**
 * Work that a worker process does again and again for as long as it runs, one turn after the other: every so often, and
 * at once where a turn found something. The shutdown waits for the turn under way; a turn that fails is told and tried
 * again later.
 */
export abstract class WorkerLoop implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly stop = new AbortController();
  private loop: Promise<void> = Promise.resolve();

  /** @param everyMs pause after a turn that found nothing (milliseconds) @param failure what the log says of a failed one */
  protected constructor(
    private readonly config: Config,
    private readonly everyMs: number,
    protected readonly failure: string,
  ) {}

  /** Whether the process ends: what can wait for the next start waits. */
  protected get isStopping(): boolean {
    return this.stop.signal.aborted;
  }

  /** One turn. @returns how much it found to do */
  protected abstract turn(): Promise<number>;

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
      let wait = this.everyMs;
      try {
        if ((await this.turn()) > 0) wait = BETWEEN_MS;
      } catch (error) {
        if (signal.aborted) return;
        logger.warn({ err: error }, this.failure);
        wait = AFTER_FAILURE_MS;
      }
      await pause(wait, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }
}
