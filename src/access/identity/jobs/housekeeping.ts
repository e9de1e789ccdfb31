import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { SYSTEM } from '../../../kernel/auth/principal';
import { Config } from '../../../kernel/config/config';
import { PLATFORM_TENANT, runInContext } from '../../../kernel/context/request-context';
import { newId } from '../../../kernel/ids/ids';
import { logger } from '../../../kernel/telemetry/logger';
import { PurgeExpiredCommand } from '../commands/purge-expired';

const EVERY_MS = 3_600_000;

/** Deletes what has ended long ago, hourly, in worker processes; any number of them may do it at once. */
@Injectable()
export class Housekeeping implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly config: Config,
    private readonly commands: CommandBus,
  ) {}

  onApplicationBootstrap(): void {
    if (!this.config.roles.has('worker')) return;
    this.timer = setInterval(() => void this.purge(), EVERY_MS).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  private async purge(): Promise<void> {
    try {
      const context = { tenantId: PLATFORM_TENANT, principal: SYSTEM, requestId: newId() };
      const { deleted } = await runInContext(context, () => this.commands.execute(new PurgeExpiredCommand()));
      if (deleted > 0) logger.debug({ deleted }, 'expired sessions, links and counters were deleted');
    } catch (error) {
      logger.warn({ err: error }, 'expired sessions could not be deleted');
    }
  }
}
