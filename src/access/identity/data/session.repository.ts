import { Injectable } from '@nestjs/common';
import { AuthVersions } from '../../../kernel/auth/versions';
import { clock } from '../../../kernel/clock/clock';
import { Database } from '../../../kernel/database/database';
import type { Transaction } from '../../../kernel/database/transaction';
import type { SessionEnd } from '../contracts/identity-events';
import { RefreshToken } from '../domain/refresh-token';
import { Session } from '../domain/session';

/** Where a refresh token belongs, read before its session is locked. */
export interface RefreshTokenPlace {
  tokenId: string;
  sessionId: string;
  userId: string;
  organizationId: string | null;
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

  /** Ends a locked session; seen by every process within seconds. */
  async revoke(tx: Transaction, session: Session, reason: SessionEnd): Promise<void> {
    if (session.revokedAt) return;
    session.revoke(reason, await this.versions.bump(tx, session.id), clock.now());
    await tx.store.save(session);
  }

  /** Ends all live sessions of a user, but for one where given. Locked in id order. */
  async revokeAll(tx: Transaction, userId: string, reason: SessionEnd, exceptId?: string): Promise<void> {
    for (const session of await tx.store.loadMany(Session, { userId, revokedAt: null })) {
      if (session.id !== exceptId) await this.revoke(tx, session, reason);
    }
  }
}
