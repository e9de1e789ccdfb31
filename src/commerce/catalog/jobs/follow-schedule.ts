import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { SYSTEM } from '../../../kernel/auth/principal';
import { Config } from '../../../kernel/config/config';
import { runInContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import { newId } from '../../../kernel/ids/ids';
import { logger } from '../../../kernel/telemetry/logger';
import { AskToFollowStockCommand } from '../commands/ask-to-follow-stock';

const LOOK_MS = 3_600_000;
/** Shops of one look; the others are seen with the next. */
const MOST_SHOPS = 1_000;

/** Has shops with products from before lists knew what can be had looked after, at the start of a worker and each hour. */
@Injectable()
export class FollowSchedule implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly config: Config,
    private readonly database: Database,
    private readonly commands: CommandBus,
  ) {}

  onApplicationBootstrap(): void {
    if (!this.config.roles.has('worker')) return;
    const look = (): void =>
      void this.look().catch((error: unknown) => logger.warn({ err: error }, 'stock could not be asked for'));
    look();
    this.timer = setInterval(look, LOOK_MS).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** @returns how many shops were due */
  async look(): Promise<number> {
    const shops = await this.database.readPlatform<{ tenantId: string }>(
      `select tenant_id as "tenantId" from catalog.shops_to_follow($1)`,
      [MOST_SHOPS],
    );
    for (const { tenantId } of shops)
      await runInContext({ tenantId, principal: SYSTEM, requestId: newId() }, () =>
        this.commands.execute(new AskToFollowStockCommand()),
      );
    return shops.length;
  }
}
