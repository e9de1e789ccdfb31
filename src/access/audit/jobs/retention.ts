import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { SYSTEM } from '../../../kernel/auth/principal';
import { Config } from '../../../kernel/config/config';
import { runInContext } from '../../../kernel/context/request-context';
import { newId } from '../../../kernel/ids/ids';
import { logger } from '../../../kernel/telemetry/logger';
import { ApplyAuditRetentionCommand } from '../commands/apply-retention';
import { TrailsToTrimQuery } from '../queries/trails-to-trim';

const EVERY_MS = 6 * 3_600_000;

/** Removes what is older than each tenant's retention period, four times a day, in worker processes. */
@Injectable()
export class Retention implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(
    private readonly config: Config,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  onApplicationBootstrap(): void {
    if (!this.config.roles.has('worker')) return;
    this.timer = setInterval(() => void this.apply(), EVERY_MS).unref();
  }

  onApplicationShutdown(): void {
    this.stopped = true;
    clearInterval(this.timer);
  }

  /** One round over all trails; a trail that fails does not hold up the others. @returns entries removed */
  async apply(): Promise<number> {
    let removed = 0;
    try {
      for (const tenantId of await runInContext({ requestId: newId() }, () =>
        this.queries.execute(new TrailsToTrimQuery()),
      )) {
        if (this.stopped) break;
        removed += await this.trim(tenantId);
      }
    } catch (error) {
      logger.warn({ err: error }, 'old entries of the audit trail could not be looked for');
    }
    return removed;
  }

  private async trim(tenantId: string): Promise<number> {
    try {
      const context = { tenantId, principal: SYSTEM, requestId: newId() };
      return (await runInContext(context, () => this.commands.execute(new ApplyAuditRetentionCommand()))).removed;
    } catch (error) {
      logger.warn({ err: error, tenantId }, 'old entries of an audit trail could not be removed');
      return 0;
    }
  }
}
