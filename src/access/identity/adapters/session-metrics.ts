import { Injectable } from '@nestjs/common';
import { Cache } from '../../../kernel/cache/cache';
import { Database } from '../../../kernel/database/database';
import { registerGauge } from '../../../kernel/telemetry/metrics';

/** The count walks an index over live sessions: it is taken at most this often (milliseconds). */
const COUNTED_EVERY_MS = 30_000;

/** Shows how many sessions could be refreshed now, over all processes. */
@Injectable()
export class SessionMetrics {
  private readonly counted = new Cache<number>({ name: 'identity.live-sessions', max: 1, ttlMs: COUNTED_EVERY_MS });

  constructor(database: Database) {
    const count = async (): Promise<number> => {
      const [{ live }] = await database.readPlatform<{ live: number }>(
        `select count(*)::int as live from identity.sessions where revoked_at is null and idle_expires_at > kernel.now()`,
      );
      return live;
    };
    registerGauge({
      name: 'sessions_live',
      help: 'Sessions that are neither revoked nor expired, of the whole installation.',
      read: () => this.counted.getOrLoad('live', count),
    });
  }
}
