import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { tokenRefused } from '../auth/jwt.strategy';
import type { AccessClaims } from '../auth/ports';
import { TokenVerifier, type Verified } from '../auth/token-verifier';
import { AuthVersions, REVOKED_KEYS, type VersionRow } from '../auth/versions';
import { Clock } from '../clock/clock';
import { Database } from '../database/database';
import { AppError } from '../errors/app-error';
import { logger } from '../telemetry/logger';
import type { LiveConnection } from './live-connection';
import { LiveConnections } from './live-connections';
import { RealtimeServer } from './realtime-server';
import { RoomRules } from './room-rules';
import { roomsOf } from './rooms';

/** A revoked session's sockets are closed within two seconds: they are looked at once in each (milliseconds). */
const EVERY_MS = 1_000;
/** All versions are read in every so many turns, else those that changed lately. */
const ALL_EVERY = 30;
const BATCH = 5_000;
const VERSIONS = 'select id, version from kernel.auth_versions where id = any($1::uuid[])';
// Longer than any transaction may take: a version is seen with its commit, and says when it was written.
const CHANGED = `select id, version from kernel.auth_versions where changed_at > kernel.now() - interval '5 minutes'`;
/** How long before its token's end a client is told (seconds). */
const TELL_SECONDS = 60;

/**
 * Closes sockets whose token has expired or whose session was revoked, and renews rights and rooms when the tenant's
 * policies changed: one query a second for all live sessions of this process, sooner when a notification arrives.
 */
@Injectable()
export class SessionWatch implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private timer: NodeJS.Timeout | null = null;
  private running: Promise<void> | null = null;
  private again = false;
  private turn = 0;
  private whole = true;
  private unsubscribe: (() => void) | null = null;

  constructor(
    private readonly server: RealtimeServer,
    private readonly connections: LiveConnections,
    private readonly database: Database,
    private readonly versions: AuthVersions,
    private readonly verifier: TokenVerifier,
    private readonly clock: Clock,
    private readonly rooms: RoomRules,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.look(), EVERY_MS).unref();
    this.unsubscribe = this.versions.onChange((id) => {
      for (const { claims } of this.connections)
        if (id === REVOKED_KEYS || idsOf(claims).includes(id)) return void this.look(true);
    });
  }

  async beforeApplicationShutdown(): Promise<void> {
    if (this.timer) clearInterval(this.timer);
    this.unsubscribe?.();
    await this.running;
  }

  /**
   * Looks now; a call during a look makes it look once more.
   * @param whole at all versions, not only at those that changed lately
   */
  look(whole = false): Promise<void> {
    this.whole ||= whole;
    if (this.running) {
      this.again = true;
      return this.running;
    }
    this.running = this.sweep()
      .catch((error: unknown) => {
        this.whole = true;
        logger.warn({ err: error }, 'live sessions could not be looked at');
      })
      .then(() => {
        this.running = null;
        if (!this.again) return;
        this.again = false;
        return this.look();
      });
    return this.running;
  }

  private async sweep(): Promise<void> {
    const now = this.clock.nowMs() / 1_000;
    for (const connection of this.connections) {
      const left = connection.claims.exp - now;
      if (left <= 0) this.server.end(connection, tokenRefused('auth.token-expired', 'The access token has expired.'));
      else if (left <= TELL_SECONDS && !connection.toldOfEnd) this.tellOfEnd(connection);
    }
    if (this.connections.size === 0) return;
    const whole = this.whole || this.turn++ % ALL_EVERY === 0;
    this.whole = false;
    const current = whole ? await this.all() : await this.changed();
    const outdated = new Map<string, LiveConnection[]>();
    for (const connection of this.connections) {
      const { claims, principal, keys } = connection;
      const ownerChanged = claims.ownerVersion !== undefined && claims.ownerVersion < (current.get(claims.sub) ?? 0);
      if (keys !== undefined && keys < (current.get(REVOKED_KEYS) ?? 0)) {
        // It may have been signed with that key: whoever holds a good token connects again.
        this.server.end(connection, tokenRefused());
      } else if (claims.sv < (current.get(claims.sid) ?? 0) || ownerChanged) {
        this.server.end(connection, tokenRefused('auth.session-ended', 'The session of this token has ended.'));
      } else if (claims.tid !== undefined && principal.policyVersion < (current.get(claims.tid) ?? 0)) {
        const key = `${claims.sid} ${claims.tid}`;
        outdated.set(key, [...(outdated.get(key) ?? []), connection]);
      }
    }
    for (const connections of outdated.values()) await this.renew(connections);
  }

  private tellOfEnd(connection: LiveConnection): void {
    connection.toldOfEnd = true;
    const expiresAt = new Date(connection.claims.exp * 1_000).toISOString();
    for (const socket of connection.sockets()) socket.emit('session.expiring', { expiresAt });
  }

  /** What changed within minutes. Straight from the table: the cache of versions may be older than what is promised here. */
  private async changed(): Promise<Map<string, number>> {
    const rows = await this.database.readPlatform<VersionRow>(CHANGED);
    return new Map(rows.map(({ id, version }) => [id, version]));
  }

  private async all(): Promise<Map<string, number>> {
    const ids = new Set<string>([REVOKED_KEYS]);
    for (const { claims } of this.connections) for (const id of idsOf(claims)) ids.add(id);
    const wanted = [...ids];
    const found = new Map<string, number>();
    for (let from = 0; from < wanted.length; from += BATCH) {
      const rows = await this.database.readPlatform<VersionRow>(VERSIONS, [wanted.slice(from, from + BATCH)]);
      for (const { id, version } of rows) found.set(id, version);
    }
    return found;
  }

  private async renew(connections: LiveConnection[]): Promise<void> {
    try {
      const principal = await this.verifier.principalOf(connections[0].claims);
      for (const connection of connections)
        await adopt(connection, { ...verifiedOf(connection), principal }, this.rooms);
    } catch (error) {
      if (!(error instanceof AppError) || error.kind !== 'unauthenticated') throw error;
      for (const connection of connections) this.server.end(connection, error);
    }
  }
}

/** Whose versions decide on a socket: its session or key, the key's owner, the tenant. */
const idsOf = ({ sid, tid, sub, ownerVersion }: AccessClaims): string[] => [
  sid,
  ...(tid === undefined ? [] : [tid]),
  ...(ownerVersion === undefined ? [] : [sub]),
];

const verifiedOf = ({ claims, principal, keys }: LiveConnection): Verified => ({ claims, principal, keys });

/** Gives a connection its holder's present rights: rooms that it no longer belongs in are left by all its sockets. */
export async function adopt(connection: LiveConnection, verified: Verified, rules: RoomRules): Promise<void> {
  const before = roomsOf(connection.principal);
  connection.adopt(verified);
  const rooms = roomsOf(verified.principal);
  for (const socket of connection.sockets()) {
    for (const room of before) if (!rooms.includes(room)) await socket.leave(room);
    await socket.join(rooms);
    for (const room of [...socket.rooms])
      if (!(await rules.mayStay(verified.principal, room))) await socket.leave(room);
  }
}
