import { Injectable } from '@nestjs/common';
import { AuthVersions } from '../../../kernel/auth/versions';
import { clock } from '../../../kernel/clock/clock';
import { Database } from '../../../kernel/database/database';
import type { Transaction } from '../../../kernel/database/transaction';
import type { SessionEnd } from '../contracts/identity-events';
import { RefreshToken } from '../domain/refresh-token';
import { Session } from '../domain/session';
import type { OtherSession } from '../domain/session.errors';
import type { SignInTicket } from '../domain/sign-in-ticket';

/** Where a refresh token belongs, read before its session is locked. */
export interface RefreshTokenPlace {
  tokenId: string;
  sessionId: string;
  userId: string;
  organizationId: string | null;
}

/** Which of a user's sessions are meant; all conditions hold together. */
export interface SessionSelection {
  userId: string;
  sessionId?: string;
  exceptSessionId?: string | null;
  deviceId?: string;
  organizationId?: string;
}

/** Sessions and the tokens of their families. */
@Injectable()
export class SessionRepository {
  constructor(
    private readonly database: Database,
    private readonly versions: AuthVersions,
  ) {}

  async placeOf(tokenHash: Buffer): Promise<RefreshTokenPlace | null> {
    const rows = await this.database.readPlatform<RefreshTokenPlace>(
      `select t.id as "tokenId", s.id as "sessionId", s.user_id as "userId", s.organization_id as "organizationId"
       from identity.refresh_tokens t join identity.sessions s on s.id = t.session_id where t.token_hash = $1`,
      [tokenHash],
    );
    return rows[0] ?? null;
  }

  /** The session, locked: the one lock under which its family is read and changed. */
  lock(tx: Transaction, sessionId: string): Promise<Session | null> {
    return tx.store.load(Session, sessionId);
  }

  token(tx: Transaction, tokenId: string): Promise<RefreshToken | null> {
    return tx.store.load(RefreshToken, tokenId, { lock: false });
  }

  async liveToken(tx: Transaction, sessionId: string): Promise<RefreshToken | null> {
    return (await tx.store.loadMany(RefreshToken, { sessionId, consumedAt: null }, { lock: false }))[0] ?? null;
  }

  /** How many sessions of a user could be used now, but for one. */
  async othersOpen(tx: Transaction, userId: string, exceptId: string): Promise<number> {
    const [{ open }] = await tx.query<{ open: number }>(
      `select count(*)::int as open from identity.sessions
       where user_id = $1 and id <> $2 and revoked_at is null and idle_expires_at > kernel.now()`,
      [userId, exceptId],
    );
    return open;
  }

  /** Ends a locked session; seen by every process within seconds. */
  async revoke(tx: Transaction, session: Session, reason: SessionEnd): Promise<void> {
    if (session.revokedAt) return;
    session.revoke(reason, await this.versions.bump(tx, session.id), clock.now());
    await tx.store.save(session);
  }

  /** The live sessions of a user that all given conditions name, locked in id order. */
  async lockLive(tx: Transaction, which: SessionSelection): Promise<Session[]> {
    const { userId, sessionId, exceptSessionId, deviceId, organizationId } = which;
    const sessions = await tx.store.loadMany(Session, {
      userId,
      revokedAt: null,
      ...(sessionId === undefined ? {} : { id: sessionId }),
      ...(deviceId === undefined ? {} : { deviceId }),
      ...(organizationId === undefined ? {} : { organizationId }),
    });
    return sessions.filter((session) => session.id !== exceptSessionId && session.isLive(clock.now()));
  }

  /** The kernel's version of a user: it rises with a new password and with a suspension. */
  userVersion(tx: Transaction, userId: string): Promise<number> {
    return this.versions.read(tx, userId);
  }

  /** A sign-in that waits for a choice, read before its user is locked. */
  async ticketPlace(
    tokenHash: Buffer,
  ): Promise<Pick<SignInTicket, 'id' | 'userId' | 'organizationId' | 'proof'> | null> {
    const rows = await this.database.readPlatform<Pick<SignInTicket, 'id' | 'userId' | 'organizationId' | 'proof'>>(
      `select id, user_id as "userId", organization_id as "organizationId", proof from identity.sign_in_tickets
       where token_hash = $1 and consumed_at is null and expires_at > kernel.now()`,
      [tokenHash],
    );
    return rows[0] ?? null;
  }

  /** What was compiled of the holders of a device's sessions is compiled anew, on every process. */
  async recompile(tx: Transaction, userId: string, deviceId: string): Promise<void> {
    const rows = await tx.query<{ id: string }>(
      `select distinct organization_id as id from identity.sessions
       where user_id = $1 and device_id = $2 and organization_id is not null and revoked_at is null order by 1`,
      [userId, deviceId],
    );
    for (const { id } of rows) await this.versions.bump(tx, id);
  }

  /** The sessions that count for a cap: live ones of a user where it works, the oldest first. Read under the user's lock. */
  async liveIn(tx: Transaction, userId: string, organizationId: string | null): Promise<OtherSession[]> {
    return tx.query<OtherSession>(
      `select id, device_name as device, country as place, created_at as "createdAt", last_seen_at as "lastSeenAt"
       from identity.sessions where user_id = $1 and organization_id is not distinct from $2::uuid and revoked_at is null
         and idle_expires_at > kernel.now() and absolute_expires_at > kernel.now()
       order by created_at, id`,
      [userId, organizationId],
    );
  }

  /** Ends all live sessions of a user, but for one where given. Locked in id order. */
  async revokeAll(tx: Transaction, userId: string, reason: SessionEnd, exceptId?: string): Promise<void> {
    for (const session of await tx.store.loadMany(Session, { userId, revokedAt: null })) {
      if (session.id !== exceptId) await this.revoke(tx, session, reason);
    }
  }
}
