import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { SYSTEM } from '../../../kernel/auth/principal';
import { Config } from '../../../kernel/config/config';
import { runInContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import { newId } from '../../../kernel/ids/ids';
import { RetentionRules } from '../../../kernel/retention/retention';
import { logger } from '../../../kernel/telemetry/logger';
import { TellDwellsCommand } from '../commands/tell-dwells';
import { KEPT_DAYS } from '../domain/fix';

/** How often a worker looks for dwells of silent devices, and for months to come (milliseconds). */
const LOOK_MS = 5_000;
const PARTITIONS_MS = 86_400_000;

/** In worker processes: dwells of devices that say nothing any more, and partitions ahead of time. */
@Injectable()
export class LocationSchedule implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly timers: NodeJS.Timeout[] = [];
  private looking: Promise<void> | undefined;

  constructor(
    private readonly config: Config,
    private readonly database: Database,
    private readonly commands: CommandBus,
    rules: RetentionRules,
  ) {
    rules.keep({ name: 'location.checkpoints', days: KEPT_DAYS, routine: 'location.purge_checkpoints' });
    rules.keep({ name: 'location.fence-events', days: KEPT_DAYS, routine: 'location.purge_fence_events' });
  }

  async onApplicationBootstrap(): Promise<void> {
    if (!this.config.roles.has('worker')) return;
    await this.makePartitions();
    this.timers.push(setInterval(() => void this.makePartitions(), PARTITIONS_MS).unref());
    this.timers.push(
      setInterval(() => {
        this.looking ??= this.look()
          .catch((error: unknown) => logger.warn({ err: error }, 'dwells could not be told'))
          .finally(() => (this.looking = undefined));
      }, LOOK_MS).unref(),
    );
  }

  async onApplicationShutdown(): Promise<void> {
    for (const timer of this.timers) clearInterval(timer);
    await this.looking;
  }

  /** Tells what is due, in every tenant. */
  async look(): Promise<void> {
    const tenants = await this.database.readPlatform<{ id: string }>('select tenant_id as id from location.dwelling()');
    for (const { id } of tenants)
      await runInContext({ tenantId: id, principal: SYSTEM, requestId: newId() }, async () => {
        while (await this.commands.execute(new TellDwellsCommand()));
      });
  }

  /** Positions without a partition go to the default one, so that a failure here loses none. */
  private async makePartitions(): Promise<void> {
    try {
      await this.database.readPlatform('select location.ensure_partitions() as made');
    } catch (error) {
      logger.warn({ err: error }, 'partitions of positions could not be made');
    }
  }
}
