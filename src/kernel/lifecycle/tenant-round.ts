import { SYSTEM } from '../auth/principal';
import { runInContext } from '../context/request-context';
import { newId } from '../ids/ids';
import { logger } from '../telemetry/logger';
import { WorkerLoop } from './worker-loop';

/**
 * SQL: nobody asked at `column` within a time such as `1 hour`. Who waited for the row began before whoever wrote it, so what
 * is a little later than now was asked just now; only what is much later was asked before a clock was moved back.
 */
export const notAskedWithin = (column: string, time: string): string =>
  `(${column} is null or ${column} not between kernel.now() - interval '${time}' and kernel.now() + interval '1 minute')`;

/**
 * A worker's round over the tenants in which something is due, every so often, however many workers make it at once. A
 * tenant in which it fails is told in the log, holds up none of the others, and is due again with the next round.
 */
export abstract class TenantRound extends WorkerLoop {
  /** Ids of the tenants in which something is due. */
  protected abstract due(): Promise<string[]>;

  /** Does what is due in the tenant of the context, as the system. */
  protected abstract serve(): Promise<void>;

  /** One round. @returns how many tenants were due */
  async look(): Promise<number> {
    const tenants = await this.due();
    for (const tenantId of tenants) {
      if (this.isStopping) break;
      await runInContext({ tenantId, principal: SYSTEM, requestId: newId() }, () => this.serve()).catch(
        (error: unknown) => logger.warn({ err: error, tenantId }, this.failure),
      );
    }
    return tenants.length;
  }

  /** What stays due, since it failed say, waits for its time too. */
  protected override async turn(): Promise<number> {
    await this.look();
    return 0;
  }
}
