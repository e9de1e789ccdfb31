import { Column, CreateDateColumn, Entity, PrimaryColumn, UpdateDateColumn, VersionColumn } from 'typeorm';
import { sha256 } from '../../../kernel/crypto/hashing';
import { isUuid, newId, newSecret } from '../../../kernel/ids/ids';
import { Aggregate } from '../../../kernel/messaging/domain-event';
import { InvitationAccepted } from '../contracts/organization-events';
import type { MemberRole } from '../contracts/roles';
import { invitationExpired, invitationSpent } from './organizations.errors';

/** Days that an invitation can be accepted. */
export const INVITATION_DAYS = 7;

export type InvitationState = 'pending' | 'accepted' | 'revoked';

/** The form in which addresses are compared here; who accepts has proven the same address to identity. */
export const addressKey = (email: string): string => email.trim().normalize('NFC').toLowerCase();

/**
 * The offer to one address to join with one role. Its token (192 random bits) is in the mail alone and stored by its
 * hash; sending it again makes a new one, and the old one is void.
 */
@Entity({ schema: 'organizations', name: 'invitations' })
export class Invitation extends Aggregate {
  @PrimaryColumn('uuid', { name: 'tenant_id' }) tenantId: string;
  @PrimaryColumn('uuid') id: string;
  @Column('text') email: string;
  @Column('text', { name: 'email_normalized' }) emailNormalized: string;
  /** The role as it was offered. */
  @Column('text') role: MemberRole;
  @Column('bytea', { name: 'token_hash' }) tokenHash: Buffer;
  /** Whose rights are looked at again when it is accepted; null for one made by Mainstay itself. */
  @Column('uuid', { name: 'invited_by', nullable: true }) invitedBy: string | null;
  @Column('text') state: InvitationState;
  /** Mails so far. */
  @Column('int') sends: number;
  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' }) createdAt: Date;
  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' }) updatedAt: Date;
  @Column('timestamptz', { name: 'sent_at' }) sentAt: Date;
  @Column('timestamptz', { name: 'expires_at' }) expiresAt: Date;
  @Column('timestamptz', { name: 'settled_at', nullable: true }) settledAt: Date | null;
  @Column('uuid', { name: 'accepted_by', nullable: true }) acceptedBy: string | null;
  @VersionColumn() version: number;

  static make(email: string): Invitation {
    return Object.assign(new Invitation(), {
      id: newId(),
      email: email.trim(),
      emailNormalized: addressKey(email),
      state: 'pending',
      sends: 0,
      settledAt: null,
      acceptedBy: null,
    });
  }

  /** Offers `role` anew, by a token that voids the one before. @returns the token, given out once */
  offer(tenantId: string, role: MemberRole, by: string | null, now: Date): string {
    if (this.state !== 'pending') throw invitationSpent();
    const token = makeToken(tenantId);
    this.role = role;
    this.invitedBy = by;
    this.tokenHash = sha256(token);
    this.sends += 1;
    this.sentAt = now;
    this.expiresAt = new Date(now.getTime() + INVITATION_DAYS * 86_400_000);
    return token;
  }

  isOpen(now: Date): boolean {
    return this.state === 'pending' && now < this.expiresAt;
  }

  /** @throws AppError gone when it is used up, taken back or too old */
  demandOpen(now: Date): void {
    if (this.state !== 'pending') throw invitationSpent();
    if (!this.isOpen(now)) throw invitationExpired();
  }

  accept(userId: string, now: Date): void {
    this.demandOpen(now);
    this.state = 'accepted';
    this.acceptedBy = userId;
    this.settledAt = now;
    this.record(new InvitationAccepted(this.id, { invitationId: this.id, userId, role: this.role }));
  }

  revoke(now: Date): void {
    if (this.state !== 'pending') throw invitationSpent();
    this.state = 'revoked';
    this.settledAt = now;
  }
}

/** A token says which tenant it belongs to, so that it is looked for behind that tenant's wall alone. */
const makeToken = (tenantId: string): string =>
  Buffer.from(tenantId.replaceAll('-', ''), 'hex').toString('base64url') + newSecret(24);

const TOKEN = /^[\w-]{54}$/;

/** The tenant that a token says, or null for what is no token. */
export function tenantOfToken(token: string): string | null {
  if (!TOKEN.test(token)) return null;
  const id = Buffer.from(token.slice(0, 22), 'base64url')
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  return isUuid(id) ? id : null;
}
