import { Injectable } from '@nestjs/common';
import { Database } from '../database/database';
import { logger } from '../telemetry/logger';
import { Realtime } from './realtime';

/** `away`: connected, but without a sign of life for five minutes. The highest of a user's devices counts. */
export type PresenceState = 'online' | 'away' | 'offline';

export interface UserPresence {
  userId: string;
  state: PresenceState;
}

/** A user whose state is another than was last told. */
export interface PresenceChange extends UserPresence {
  tenantId: string;
}

/** Says in which rooms each of these users is seen: presence is told to those who share one, and to nobody else. */
export type PresenceAudience = (tenantId: string, userIds: string[]) => Promise<ReadonlyMap<string, readonly string[]>>;

// Both sides by their key: the user's few connections, then their processes.
/* eslint-disable no-restricted-syntax -- Leases follow the machine's time: who moves the kernel's clock ends no process. */
const OF = `
  select c.user_id as "userId", case when bool_or(not c.away) then 'online' else 'away' end as state
  from realtime.connections c join realtime.nodes n on n.id = c.node_id and n.seen_at > clock_timestamp() - interval '15 seconds'
  where c.tenant_id = $1 and c.user_id = any($2::uuid[]) and c.person
    and (c.gone_at is null or c.gone_at > clock_timestamp() - interval '10 seconds')
  group by c.user_id`;
/* eslint-enable no-restricted-syntax */

/**
 * Who is there, over all processes: a user is online while one of its connections to a process with a lease is, and
 * for ten seconds after the last one ended. Changes go out as `presence.changed`.
 */
@Injectable()
export class Presence {
  private readonly audiences = new Map<string, PresenceAudience>();

  constructor(
    private readonly database: Database,
    private readonly realtime: Realtime,
  ) {}

  /**
   * The state of each user, in the order asked for; users that are not known are offline. The caller sees to it that
   * the asking user shares a room with them.
   */
  async of(tenantId: string, userIds: readonly string[]): Promise<UserPresence[]> {
    if (userIds.length === 0) return [];
    const rows = await this.database.readAs<UserPresence>(tenantId, OF, [tenantId, userIds]);
    const found = new Map(rows.map(({ userId, state }) => [userId, state]));
    return userIds.map((userId) => ({ userId, state: found.get(userId) ?? 'offline' }));
  }

  /** Declares who is told of changes in a namespace; the context that owns its rooms does so in `onModuleInit`. */
  tellIn(namespace: string, audience: PresenceAudience): void {
    this.audiences.set(namespace, audience);
  }

  /** Tells those who share a room. Best effort: whoever must know asks with `of`. */
  async tell(changes: readonly PresenceChange[]): Promise<void> {
    const byTenant = new Map<string, PresenceChange[]>();
    for (const change of changes) byTenant.set(change.tenantId, [...(byTenant.get(change.tenantId) ?? []), change]);
    for (const [tenantId, changed] of byTenant) {
      for (const [namespace, audience] of this.audiences) {
        try {
          const rooms = await audience(
            tenantId,
            changed.map(({ userId }) => userId),
          );
          for (const { userId, state } of changed)
            // To all its rooms at once: who shares several of them hears it once.
            this.realtime.toRooms(rooms.get(userId) ?? [], 'presence.changed', { userId, state }, namespace);
        } catch (error) {
          logger.warn({ err: error, namespace }, 'a change of presence was not told');
        }
      }
    }
  }
}
