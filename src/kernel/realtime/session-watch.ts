import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { tokenRefused } from '../auth/jwt.strategy';
import type { AccessClaims } from '../auth/ports';
import type { Principal } from '../auth/principal';
import { TokenVerifier, type Verified } from '../auth/token-verifier';
import { AuthVersions, REVOKED_KEYS, type VersionRow } from '../auth/versions';
import { Clock } from '../clock/clock';
import { Database } from '../database/database';
import { AppError } from '../errors/app-error';
import { problemOf } from '../http/problem';
import { newId } from '../ids/ids';
import { logger } from '../telemetry/logger';
import { RealtimeServer } from './realtime-server';
import { roomsOf } from './rooms';
import { identityOf, type IdentifiedSocket } from './socket-identity';

/** A revoked session's sockets are closed within two seconds: they are looked at once in each (milliseconds). */
const EVERY_MS = 1_000;
const BATCH = 5_000;
const VERSIONS = 'select id, version from kernel.auth_versions where id = any($1::uuid[])';

/**
 * Closes sockets whose token has expired or whose session was revoked, and renews rights and rooms when the tenant's
 * policies changed: one query a second for all live sessions of this process, sooner when a notification arrives.
 */
@Injectable()
export class SessionWatch implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private timer: NodeJS.Timeout | null = null;
  private running: Promise<void> | null = null;
  private again = false;
  private unsubscribe: (() => void) | null = null;

  constructor(
    private readonly server: RealtimeServer,
    private readonly database: Database,
    private readonly versions: AuthVersions,
    private readonly verifier: TokenVerifier,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.look(), EVERY_MS).unref();
    this.unsubscribe = this.versions.onChange((id) => {
      for (const socket of this.server.sockets()) {
        if (socket.data.claims && (idsOf(socket.data.claims).includes(id) || id === REVOKED_KEYS))
          return void this.look();
      }
    });
  }

  async beforeApplicationShutdown(): Promise<void> {
    if (this.timer) clearInterval(this.timer);
    this.unsubscribe?.();
    await this.running;
  }

  /** Looks now; a call during a look makes it look once more. */
  look(): Promise<void> {
    if (this.running) {
      this.again = true;
      return this.running;
    }
    this.running = this.sweep()
      .catch((error: unknown) => logger.warn({ err: error }, 'live sessions could not be looked at'))
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
    const live: IdentifiedSocket[] = [];
    for (const socket of this.server.sockets()) {
      if (!socket.data.claims) continue;
      if (socket.data.claims.exp <= now)
        end(socket, tokenRefused('auth.token-expired', 'The access token has expired.'));
      else live.push(socket);
    }
    if (live.length === 0) return;
    const current = await this.current(live);
    const outdated = new Map<string, IdentifiedSocket[]>();
    for (const socket of live) {
      const { claims, principal, keys } = identityOf(socket);
      const ownerChanged = claims.ownerVersion !== undefined && claims.ownerVersion < (current.get(claims.sub) ?? 0);
      if (keys !== undefined && keys < (current.get(REVOKED_KEYS) ?? 0)) {
        // It may have been signed with that key: whoever holds a good token connects again.
        end(socket, tokenRefused());
      } else if (claims.sv < (current.get(claims.sid) ?? 0) || ownerChanged) {
        end(socket, tokenRefused('auth.session-ended', 'The session of this token has ended.'));
      } else if (claims.tid !== undefined && principal.policyVersion < (current.get(claims.tid) ?? 0)) {
        const key = `${claims.sid} ${claims.tid}`;
        outdated.set(key, [...(outdated.get(key) ?? []), socket]);
      }
    }
    for (const sockets of outdated.values()) await this.renew(sockets);
  }

  /** Straight from the table: the cache of versions may be older than what is promised here. */
  private async current(sockets: IdentifiedSocket[]): Promise<Map<string, number>> {
    const ids = new Set<string>([REVOKED_KEYS]);
    for (const socket of sockets) {
      for (const id of idsOf(identityOf(socket).claims)) ids.add(id);
    }
    const all = [...ids];
    const found = new Map<string, number>();
    for (let from = 0; from < all.length; from += BATCH) {
      const rows = await this.database.readPlatform<VersionRow>(VERSIONS, [all.slice(from, from + BATCH)]);
      for (const { id, version } of rows) found.set(id, version);
    }
    return found;
  }

  private async renew(sockets: IdentifiedSocket[]): Promise<void> {
    try {
      const principal = await this.verifier.principalOf(identityOf(sockets[0]).claims);
      for (const socket of sockets) await adopt(socket, { ...identityOf(socket), principal });
    } catch (error) {
      if (!(error instanceof AppError) || error.kind !== 'unauthenticated') throw error;
      for (const socket of sockets) end(socket, error);
    }
  }
}

/** Whose versions decide on a socket: its session or key, the key's owner, the tenant. */
const idsOf = ({ sid, tid, sub, ownerVersion }: AccessClaims): string[] => [
  sid,
  ...(tid === undefined ? [] : [tid]),
  ...(ownerVersion === undefined ? [] : [sub]),
];

/** Gives a socket its holder's present rights: rooms that it no longer belongs in are left. */
export async function adopt(socket: IdentifiedSocket, verified: Verified): Promise<void> {
  const before: Principal | undefined = socket.data.principal;
  Object.assign(socket.data, verified);
  const rooms = new Set(roomsOf(verified.principal));
  for (const room of before ? roomsOf(before) : []) if (!rooms.has(room)) await socket.leave(room);
  await socket.join([...rooms]);
}

/** Says why, then closes the connection. */
function end(socket: IdentifiedSocket, reason: AppError): void {
  socket.emit('session.ended', problemOf(reason, socket.nsp.name, newId()));
  socket.disconnect(true);
}
