import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Config } from '../../../kernel/config/config';
import { Database } from '../../../kernel/database/database';
import { TenantRound } from '../../../kernel/lifecycle/tenant-round';
import { AskToFollowStockCommand } from '../commands/ask-to-follow-stock';

const EVERY_MS = 3_600_000;
/** Shops of one round; the others are seen with the next. */
const MOST_SHOPS = 1_000;

/** Has shops with products from before lists knew what can be had looked after, at the start of a worker and each hour. */
@Injectable()
export class FollowSchedule extends TenantRound {
  constructor(
    config: Config,
    private readonly database: Database,
    private readonly commands: CommandBus,
  ) {
    super(config, EVERY_MS, 'stock could not be asked for');
  }

  protected async due(): Promise<string[]> {
    const shops = await this.database.readPlatform<{ id: string }>(
      'select tenant_id as id from catalog.shops_to_follow($1)',
      [MOST_SHOPS],
    );
    return shops.map(({ id }) => id);
  }

  protected async serve(): Promise<void> {
    await this.commands.execute(new AskToFollowStockCommand());
  }
}
