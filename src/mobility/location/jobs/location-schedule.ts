import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { monotonicMs } from '../../../kernel/clock/monotonic';
import { Config } from '../../../kernel/config/config';
import { Database } from '../../../kernel/database/database';
import { TenantRound } from '../../../kernel/lifecycle/tenant-round';
import { RetentionRules } from '../../../kernel/retention/retention';
import { logger } from '../../../kernel/telemetry/logger';
import { AskReplaysAgainCommand } from '../commands/ask-replays-again';
import { TellDwellsCommand } from '../commands/tell-dwells';
import { KEPT_DAYS } from '../domain/fix';

const EVERY_MS = 5_000;
const PARTITIONS_MS = 86_400_000;

/** In worker processes: dwells of devices that say nothing any more, replays that came to nothing, and partitions of positions ahead of time. */
@Injectable()
export class LocationSchedule extends TenantRound {
  /** When there were partitions last (milliseconds of this process); 0: not yet. */
  private partitionedAt = 0;

  constructor(
    config: Config,
    private readonly database: Database,
    private readonly commands: CommandBus,
    rules: RetentionRules,
  ) {
    super(config, EVERY_MS, 'dwells could not be told');
    rules.keep({ name: 'location.checkpoints', days: KEPT_DAYS, routine: 'location.purge_checkpoints' });
    rules.keep({ name: 'location.latest-positions', days: KEPT_DAYS, routine: 'location.purge_latest_positions' });
    rules.keep({ name: 'location.tracks', days: KEPT_DAYS, routine: 'location.purge_tracks' });
    rules.keep({ name: 'location.fence-events', days: KEPT_DAYS, routine: 'location.purge_fence_events' });
  }

  protected override async turn(): Promise<number> {
    if (this.partitionedAt === 0 || monotonicMs() - this.partitionedAt >= PARTITIONS_MS) await this.makePartitions();
    return super.turn();
  }

  protected async due(): Promise<string[]> {
    const tenants = await this.database.readPlatform<{ id: string }>(
      'select tenant_id as id from location.tracks_due()',
    );
    return tenants.map(({ id }) => id);
  }

  protected async serve(): Promise<void> {
    while (await this.commands.execute(new TellDwellsCommand()));
    while (await this.commands.execute(new AskReplaysAgainCommand()));
  }

  /** Positions without a partition go to the default one, so that a failure here loses none. */
  private async makePartitions(): Promise<void> {
    try {
      await this.database.readPlatform('select location.ensure_partitions() as made');
      this.partitionedAt = monotonicMs();
    } catch (error) {
      logger.warn({ err: error }, 'partitions of positions could not be made');
    }
  }
}
