import { Column, CreateDateColumn, Entity, PrimaryColumn, UpdateDateColumn, VersionColumn } from 'typeorm';
import { newId } from '../../../kernel/ids/ids';
import { Aggregate } from '../../../kernel/messaging/domain-event';
import { EmailVerified } from '../contracts/identity-events';

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
}
