import { Injectable } from '@nestjs/common';
import { clock } from '../../../kernel/clock/clock';
import { currentContext } from '../../../kernel/context/request-context';
import type { Transaction } from '../../../kernel/database/transaction';
import type { AppError } from '../../../kernel/errors/app-error';
import type { SessionRules } from '../contracts/security-policy';
import { SessionRepository } from '../data/session.repository';
import { sessionLimit, type OtherSession } from '../domain/session.errors';
import { capOf } from '../domain/session-section.policy';
import { SignInTicket, type WaitingProof } from '../domain/sign-in-ticket';
import { clientOf } from './client-signals';
import { placeName } from '../domain/place-name';

/** Who wants one session more, and where. */
export interface Newcomer {
  userId: string;
  organizationId: string | null;
  role: string | null;
  /** What was proven, so that a sign-in can be resumed; absent where a session moves that exists already. */
  proof?: WaitingProof;
  /** The session that moves. */
  sessionId?: string;
}

/** Keeps the number of a user's sessions within its organization's cap. */
@Injectable()
export class SessionCap {
  constructor(private readonly sessions: SessionRepository) {}

  /**
   * Makes room for one session more. The caller holds the user's row, so that sign-ins of one user count one after the
   * other, and commits what was done here in any case.
   * @returns the refusal, where there is no room
   */
  async makeRoom(tx: Transaction, rules: SessionRules, newcomer: Newcomer): Promise<AppError | null> {
    const cap = capOf(rules, newcomer.role);
    if (!cap) return null;
    const live = await this.sessions.liveIn(tx, newcomer.userId, newcomer.organizationId);
    const others = live.filter(({ id }) => id !== newcomer.sessionId);
    const excess = others.length + 1 - cap.max;
    if (excess <= 0) return null;
    if (cap.onExceed === 'evict_oldest') {
      // Locked in id order, like every revocation; one that ended meanwhile needs no ending.
      for (const id of others
        .slice(0, excess)
        .map((session) => session.id)
        .sort()) {
        const session = await this.sessions.lock(tx, id);
        if (session) await this.sessions.revoke(tx, session, 'evicted');
      }
      return null;
    }
    if (cap.onExceed === 'deny' || !newcomer.proof) return sessionLimit(cap.max, []);
    const ticket = await this.ticketFor(tx, newcomer, newcomer.proof);
    return sessionLimit(cap.max, others.map(shown), ticket);
  }

  private async ticketFor(tx: Transaction, newcomer: Newcomer, proof: WaitingProof): Promise<string> {
    const { ticket, text } = SignInTicket.issue(
      {
        userId: newcomer.userId,
        organizationId: newcomer.organizationId,
        userVersion: await this.sessions.userVersion(tx, newcomer.userId),
        clientHash: clientOf(currentContext()),
        proof,
      },
      clock.now(),
    );
    await tx.store.insert(ticket);
    return text;
  }
}

const shown = (session: OtherSession): OtherSession => ({ ...session, place: placeName(session.place) });
