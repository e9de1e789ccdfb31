import { Column, Entity, PrimaryColumn } from 'typeorm';
import { safeEqual, sha256 } from '../../../kernel/crypto/hashing';
import { newId, newSecret } from '../../../kernel/ids/ids';
import type { FactorTimes } from './assurance';
import type { AssuranceLevel } from './session-limits.policy';

/** Minutes in which the user has to choose. */
export const TICKET_MINUTES = 5;

/** What was proven before the sign-in had to wait; times are RFC 3339. */
export interface WaitingProof {
  aal: AssuranceLevel;
  amr: string[];
  authTime: string;
  factorTimes: FactorTimes;
}

/** A sign-in that is complete but for a session of the user that has to end for it. Works once. */
@Entity({ schema: 'identity', name: 'sign_in_tickets' })
export class SignInTicket {
  @PrimaryColumn('uuid') id: string;
  @Column('uuid', { name: 'user_id' }) userId: string;
  @Column('bytea', { name: 'token_hash' }) tokenHash: Buffer;
  @Column('uuid', { name: 'organization_id', nullable: true }) organizationId: string | null;
  /** The kernel's version of the user: a new password or a suspension voids the ticket. */
  @Column('int', { name: 'user_version' }) userVersion: number;
  /** Hash of the client that signed in. */
  @Column('bytea', { name: 'client_hash' }) clientHash: Buffer;
  @Column('jsonb') proof: WaitingProof;
  @Column('timestamptz', { name: 'created_at' }) createdAt: Date;
  @Column('timestamptz', { name: 'expires_at' }) expiresAt: Date;
  @Column('timestamptz', { name: 'consumed_at', nullable: true }) consumedAt: Date | null;

  /** The text (256 random bits) is given out once and never stored. */
  static issue(
    facts: Pick<SignInTicket, 'userId' | 'organizationId' | 'userVersion' | 'clientHash' | 'proof'>,
    now: Date,
  ): { ticket: SignInTicket; text: string } {
    const text = newSecret(32);
    const ticket = Object.assign(new SignInTicket(), {
      ...facts,
      id: newId(),
      tokenHash: sha256(text),
      createdAt: now,
      expiresAt: new Date(now.getTime() + TICKET_MINUTES * 60_000),
      consumedAt: null,
    });
    return { ticket, text };
  }

  /** True for the client that signed in, in time, once, and while nothing happened to the account. */
  serves(client: Buffer, userVersion: number, now: Date): boolean {
    return (
      this.consumedAt === null &&
      now < this.expiresAt &&
      this.userVersion === userVersion &&
      safeEqual(this.clientHash, client)
    );
  }

  consume(now: Date): void {
    this.consumedAt = now;
  }
}
