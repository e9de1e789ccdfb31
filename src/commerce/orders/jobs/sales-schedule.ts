import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Config } from '../../../kernel/config/config';
import { Database } from '../../../kernel/database/database';
import { TenantRound } from '../../../kernel/lifecycle/tenant-round';
import { AskToFoldSalesCommand } from '../commands/recount-sales';

const EVERY_MS = 60_000;
/** Shops of one round; the others are seen with the next. */
const MOST_SHOPS = 1_000;

/** Has the sales of shops folded that changed since: hourly, and within minutes where many did; whichever worker looks first asks. */
@Injectable()
export class SalesSchedule extends TenantRound {
  constructor(
    config: Config,
    private readonly database: Database,
    private readonly commands: CommandBus,
  ) {
    super(config, EVERY_MS, 'sales could not be added up');
  }

  protected async due(): Promise<string[]> {
    const shops = await this.database.readPlatform<{ id: string }>(
      'select tenant_id as id from orders.shops_to_fold($1)',
      [MOST_SHOPS],
    );
    return shops.map(({ id }) => id);
  }

  protected async serve(): Promise<void> {
    await this.commands.execute(new AskToFoldSalesCommand());
  }
}
