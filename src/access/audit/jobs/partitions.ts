import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Config } from '../../../kernel/config/config';
import { Database } from '../../../kernel/database/database';
import { logger } from '../../../kernel/telemetry/logger';

const EVERY_MS = 86_400_000;

/** Makes the monthly partitions of the trail ahead of time, daily, in worker processes. */
@Injectable()
export class Partitions implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly config: Config,
    private readonly database: Database,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    if (!this.config.roles.has('worker')) return;
    await this.make();
    this.timer = setInterval(() => void this.make(), EVERY_MS).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** Rows without a partition go to the default one, so that a failure here never refuses an action. */
  private async make(): Promise<void> {
    try {
      await this.database.readPlatform('select audit.ensure_partitions() as made');
    } catch (error) {
      logger.warn({ err: error }, 'partitions of the audit trail could not be made');
    }
  }
}
