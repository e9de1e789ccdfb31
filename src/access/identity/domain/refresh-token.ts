import { Column, Entity, PrimaryColumn } from 'typeorm';
import { safeEqual, sha256 } from '../../../kernel/crypto/hashing';
import { newId, newSecret } from '../../../kernel/ids/ids';
import type { Session } from './session';

/** Seconds in which the answer to a used-up token is given once more: the client may have lost it on the way. */
export const REPLAY_SECONDS = 10;

/** One token of a session's family, by hash. At most one of a family is not used up. */
@Entity({ schema: 'identity', name: 'refresh_tokens' })
export class RefreshToken {
  @PrimaryColumn('uuid') id: string;
  @Column('uuid', { name: 'session_id' }) sessionId: string;
  @Column('uuid', { name: 'parent_id', nullable: true }) parentId: string | null;
  @Column('bytea', { name: 'token_hash' }) tokenHash: Buffer;
  @Column('timestamptz', { name: 'issued_at' }) issuedAt: Date;
  @Column('timestamptz', { name: 'consumed_at', nullable: true }) consumedAt: Date | null;
  /** Hash of the client that used it up. */
  @Column('bytea', { name: 'consumed_by', nullable: true }) consumedBy: Buffer | null;
  @Column('uuid', { name: 'successor_id', nullable: true }) successorId: string | null;
  /** The sealed answer, for the replay window. */
  @Column('text', { name: 'replay_enc', nullable: true }) replayEnc: string | null;
  @Column('timestamptz', { name: 'replay_until', nullable: true }) replayUntil: Date | null;

  /** A new token of a family; its text (256 random bits) is given out once and never stored. */
  static issue(sessionId: string, parentId: string | null, now: Date): { token: RefreshToken; text: string } {
    const text = newSecret(32);
    const token = Object.assign(new RefreshToken(), {
      id: newId(),
      sessionId,
      parentId,
      tokenHash: sha256(text),
      issuedAt: now,
      consumedAt: null,
      consumedBy: null,
      successorId: null,
      replayEnc: null,
      replayUntil: null,
    });
    return { token, text };
  }

  /** Uses the token up for a successor; `sealed` is the answer that may be given once more. */
  consume(successor: RefreshToken, by: Buffer, sealed: string, now: Date): void {
    this.consumedAt = now;
    this.consumedBy = by;
    this.successorId = successor.id;
    this.replayEnc = sealed;
    this.replayUntil = new Date(now.getTime() + REPLAY_SECONDS * 1000);
  }
}

export type RefreshVerdict = 'rotate' | 'replay' | 'ended' | 'reuse';

/**
 * What to do with a presented refresh token, judged under the session's lock. A used-up token is only answered again
 * when it is the direct predecessor of the live one, within the window, to the same client; anything else means that
 * two parties hold tokens of one family, and the family ends.
 */
export function judgeRefresh(
  session: Session,
  token: RefreshToken,
  successor: RefreshToken | null,
  client: Buffer,
  now: Date,
): RefreshVerdict {
  if (!session.isLive(now)) return 'ended';
  if (token.consumedAt === null) return 'rotate';
  const inWindow = token.replayEnc !== null && token.replayUntil !== null && now < token.replayUntil;
  const isPredecessor = successor !== null && successor.parentId === token.id && successor.consumedAt === null;
  const sameClient = token.consumedBy !== null && safeEqual(token.consumedBy, client);
  return inWindow && isPredecessor && sameClient ? 'replay' : 'reuse';
}
