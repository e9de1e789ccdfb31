import { Column, CreateDateColumn, Entity, PrimaryColumn, UpdateDateColumn, VersionColumn } from 'typeorm';
import { newId } from '../../../kernel/ids/ids';
import { Aggregate } from '../../../kernel/messaging/domain-event';
import { AccountDeleted, EmailChanged, EmailVerified } from '../contracts/identity-events';

/** Its owner closed the account, an operator did, or it is to be deleted, or is. */
export type ClosedReason = 'self' | 'operator' | 'deletion' | 'deleted';

/** Days between the wish to delete an account and its deletion. */
export const GRACE_DAYS = 30;

/** A person of a realm (null = the platform), unique by realm and normalized address. Membership ties it to tenants. */
@Entity({ schema: 'identity', name: 'users' })
export class User extends Aggregate {
  @PrimaryColumn('uuid') id: string;
  @Column('uuid', { name: 'realm_id', nullable: true }) realmId: string | null;
  /** As the person wrote it; mail goes there. */
  @Column('text') email: string;
  @Column('text', { name: 'email_normalized' }) emailNormalized: string;
  @Column('text') name: string;
  @Column('text') status: 'active' | 'disabled';
  @Column('text', { name: 'platform_role', nullable: true }) platformRole: 'operator' | null;
  /** BCP 47; null: not said. */
  @Column('text', { nullable: true }) locale: string | null;
  /** IANA name; null: not said. */
  @Column('text', { name: 'time_zone', nullable: true }) timeZone: string | null;
  /** What clients keep for the person, see `domain/preferences.policy.ts`. */
  @Column('jsonb') preferences: Record<string, unknown>;
  /** Why a disabled account is disabled. */
  @Column('text', { name: 'closed_reason', nullable: true }) closedReason: ClosedReason | null;
  @Column('timestamptz', { name: 'deletion_due_at', nullable: true }) deletionDueAt: Date | null;
  @Column('timestamptz', { name: 'email_verified_at', nullable: true }) emailVerifiedAt: Date | null;
  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' }) createdAt: Date;
  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' }) updatedAt: Date;
  @VersionColumn() version: number;

  static create(facts: { email: string; emailNormalized: string; name: string }): User {
    return Object.assign(new User(), {
      id: newId(),
      realmId: null,
      email: facts.email.trim(),
      emailNormalized: facts.emailNormalized,
      name: facts.name,
      status: 'active',
      platformRole: null,
      emailVerifiedAt: null,
      locale: null,
      timeZone: null,
      preferences: {},
      closedReason: null,
      deletionDueAt: null,
    });
  }

  get isVerified(): boolean {
    return this.emailVerifiedAt !== null;
  }

  /** The address is proven, or vouched for; nothing happens when it was before. */
  verifyEmail(now: Date): void {
    if (this.emailVerifiedAt) return;
    this.emailVerifiedAt = now;
    this.record(new EmailVerified(this.id, { userId: this.id, email: this.email }));
  }

  makeOperator(): void {
    this.platformRole = 'operator';
  }

  /** Proves another address, which takes the place of the present one. @returns the former one */
  changeEmail(address: { email: string; emailNormalized: string }, now: Date): string {
    const former = this.email;
    this.email = address.email;
    this.emailNormalized = address.emailNormalized;
    this.emailVerifiedAt = now;
    this.record(new EmailChanged(this.id, { userId: this.id, email: this.email, former }));
    return former;
  }

  /** Nobody signs in until it is opened again. An operator's closing is not undone by others. */
  close(reason: Exclude<ClosedReason, 'deletion' | 'deleted'>): void {
    this.status = 'disabled';
    this.closedReason = reason;
    this.deletionDueAt = null;
  }

  /** Closes the account until it is deleted. @returns when that is */
  askDeletion(now: Date): Date {
    this.status = 'disabled';
    this.closedReason = 'deletion';
    this.deletionDueAt = new Date(now.getTime() + GRACE_DAYS * 86_400_000);
    return this.deletionDueAt;
  }

  open(): void {
    this.status = 'active';
    this.closedReason = null;
    this.deletionDueAt = null;
  }

  /** What is left of a deleted account: an id that others refer to. */
  bury(): void {
    this.email = `deleted-${this.id}@deleted.invalid`;
    this.emailNormalized = this.email;
    this.name = 'Deleted user';
    this.emailVerifiedAt = null;
    this.platformRole = null;
    this.locale = null;
    this.timeZone = null;
    this.preferences = {};
    this.status = 'disabled';
    this.closedReason = 'deleted';
    this.deletionDueAt = null;
    this.record(new AccountDeleted(this.id, { userId: this.id }));
  }
}
