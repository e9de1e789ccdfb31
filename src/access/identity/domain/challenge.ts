import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';
import { sha256 } from '../../../kernel/crypto/hashing';
import { newId, newSecret } from '../../../kernel/ids/ids';
import type { StoredSecret } from './password-hasher';

/** Hours that a link in a mail lives. */
export const LINK_HOURS = 24;

/**
 * What becomes true when the link is opened. The password travels with its own link: whoever opens the link of a
 * registration gets the password that was typed for it, so that nobody can prepare an account under another's address.
 */
export interface RegistrationData {
  password?: StoredSecret;
  name?: string;
  /** A new organization; its id is chosen already. */
  open?: { organizationId: string; name: string };
  /** A shop to join as customer. */
  join?: { organizationId: string };
}

/** A single-use link, stored by the hash of its token. */
@Entity({ schema: 'identity', name: 'challenges' })
export class Challenge {
  @PrimaryColumn('uuid') id: string;
  @Column('uuid', { name: 'user_id' }) userId: string;
  @Column('text') purpose: 'verify-email';
  @Column('bytea', { name: 'token_hash' }) tokenHash: Buffer;
  @Column('jsonb') data: RegistrationData;
  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' }) createdAt: Date;
  @Column('timestamptz', { name: 'expires_at' }) expiresAt: Date;
  @Column('timestamptz', { name: 'consumed_at', nullable: true }) consumedAt: Date | null;

  /** A new link; the token (192 random bits) is given out once and never stored. */
  static verifyEmail(userId: string, data: RegistrationData, now: Date): { challenge: Challenge; token: string } {
    const token = newSecret();
    const expiresAt = new Date(now.getTime() + LINK_HOURS * 3_600_000);
    const challenge = Object.assign(new Challenge(), {
      id: newId(),
      userId,
      purpose: 'verify-email',
      tokenHash: sha256(token),
      data,
      expiresAt,
      consumedAt: null,
    });
    return { challenge, token };
  }

  isOpen(now: Date): boolean {
    return this.consumedAt === null && now < this.expiresAt;
  }

  /** Uses the link up; what it carried is forgotten. */
  consume(now: Date): RegistrationData {
    const data = this.data;
    this.consumedAt = now;
    this.data = {};
    return data;
  }
}
