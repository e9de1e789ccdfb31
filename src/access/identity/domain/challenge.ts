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
  /** An organization to join, as customer unless somebody who may give it gave another role. */
  join?: { organizationId: string; role?: string; giverId?: string };
}

/** What a link of a mail is for. */
export type LinkPurpose = 'verify-email' | 'reset-password' | 'change-email' | 'undo-email-change' | 'keep-account';

/** An address that takes, or takes back, the place of another. */
export interface AddressData {
  email: string;
  emailNormalized: string;
}

/** What each link carries. */
export interface LinkData {
  'verify-email': RegistrationData;
  /** Of a person for whom an administrator made the account: what it joins. */
  'reset-password': Pick<RegistrationData, 'join'>;
  'change-email': AddressData;
  'undo-email-change': AddressData;
  'keep-account': Record<never, never>;
}

/** A single-use link, stored by the hash of its token. */
@Entity({ schema: 'identity', name: 'challenges' })
export class Challenge {
  @PrimaryColumn('uuid') id: string;
  @Column('uuid', { name: 'user_id' }) userId: string;
  @Column('text') purpose: LinkPurpose;
  @Column('bytea', { name: 'token_hash' }) tokenHash: Buffer;
  @Column('jsonb') data: LinkData[LinkPurpose];
  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' }) createdAt: Date;
  @Column('timestamptz', { name: 'expires_at' }) expiresAt: Date;
  @Column('timestamptz', { name: 'consumed_at', nullable: true }) consumedAt: Date | null;

  /** A new link; the token (192 random bits) is given out once and never stored. */
  static link<Purpose extends LinkPurpose>(
    purpose: Purpose,
    userId: string,
    data: LinkData[Purpose],
    now: Date,
    hours = LINK_HOURS,
  ): { challenge: Challenge; token: string } {
    const token = newSecret();
    const expiresAt = new Date(now.getTime() + hours * 3_600_000);
    const tokenHash = sha256(token);
    const challenge = Object.assign(new Challenge(), {
      id: newId(),
      userId,
      purpose,
      tokenHash,
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
  consume<Purpose extends LinkPurpose>(_purpose: Purpose, now: Date): LinkData[Purpose] {
    const data = this.data as LinkData[Purpose];
    this.consumedAt = now;
    this.data = {};
    return data;
  }
}
