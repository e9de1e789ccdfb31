import { Column, Entity, PrimaryColumn, VersionColumn } from 'typeorm';
import type { Condition } from '../../../kernel/auth/condition';
import { newId } from '../../../kernel/ids/ids';
import { Aggregate } from '../../../kernel/messaging/domain-event';
import { GrantChanged, GrantExpired } from '../contracts/grant-events';
import type { GrantFacts, Subject, SubjectType } from './authorization';

/** What a grant is made of. */
export interface GrantTerms {
  subject: Subject;
  role: string | null;
  permission: string | null;
  effect: 'allow' | 'deny';
  resource: string | null;
  condition: Condition | null;
  validFrom: Date | null;
  validTo: Date | null;
  reason: string;
}

/**
 * A role or permission given to, or kept from, a user, a team or an API key; between two instants and under a condition
 * where it has them. It is never changed but revoked, and its row stays: who had access when is answered from it.
 */
@Entity({ schema: 'identity', name: 'grants' })
export class Grant extends Aggregate {
  @PrimaryColumn('uuid', { name: 'tenant_id' }) tenantId: string;
  @PrimaryColumn('uuid') id: string;
  @Column('text', { name: 'subject_type' }) subjectType: SubjectType;
  @Column('uuid', { name: 'subject_id' }) subjectId: string;
  @Column('text', { nullable: true }) role: string | null;
  @Column('text', { nullable: true }) permission: string | null;
  @Column('text') effect: 'allow' | 'deny';
  @Column('text', { nullable: true }) resource: string | null;
  @Column('jsonb', { nullable: true }) condition: Condition | null;
  @Column('timestamptz', { name: 'valid_from', nullable: true }) validFrom: Date | null;
  @Column('timestamptz', { name: 'valid_to', nullable: true }) validTo: Date | null;
  @Column('text') reason: string;
  @Column('uuid', { name: 'created_by', nullable: true }) createdBy: string | null;
  @Column('timestamptz', { name: 'created_at' }) createdAt: Date;
  @Column('uuid', { name: 'revoked_by', nullable: true }) revokedBy: string | null;
  @Column('timestamptz', { name: 'revoked_at', nullable: true }) revokedAt: Date | null;
  /** When its end was noticed and said; the decision itself goes by `validTo`. */
  @Column('timestamptz', { name: 'expired_at', nullable: true }) expiredAt: Date | null;
  @VersionColumn() version: number;

  /** @param now by the database's clock, by which events say when a membership ended: what was given before goes with it */
  static give(terms: GrantTerms, by: string | null, now: Date): Grant {
    const { subject, ...rest } = terms;
    const grant = Object.assign(new Grant(), {
      ...rest,
      id: newId(),
      subjectType: subject.type,
      subjectId: subject.id,
      createdBy: by,
      createdAt: now,
      revokedBy: null,
      revokedAt: null,
      expiredAt: null,
    });
    grant.record(new GrantChanged(grant.id, grant.said('granted')));
    return grant;
  }

  get isOpen(): boolean {
    return this.revokedAt === null && this.expiredAt === null;
  }

  revoke(by: string | null, now: Date): void {
    if (!this.isOpen) return;
    this.revokedAt = now;
    this.revokedBy = by;
    this.record(new GrantChanged(this.id, this.said('revoked')));
  }

  /** Notes that the grant has ended by itself. @returns false while it lives, or when it was revoked before */
  expire(now: Date): boolean {
    if (!this.isOpen || this.validTo === null || this.validTo > now) return false;
    this.expiredAt = now;
    const { grantId, subjectType, subjectId, role, permission, effect } = this.said('revoked');
    this.record(new GrantExpired(this.id, { grantId, subjectType, subjectId, role, permission, effect }));
    return true;
  }

  /** As the evaluator takes it. */
  facts(): GrantFacts {
    return {
      id: this.id,
      subject: { type: this.subjectType, id: this.subjectId },
      role: this.role,
      permission: this.permission,
      effect: this.effect,
      resource: this.resource,
      condition: this.condition,
      validFromMs: this.validFrom?.getTime() ?? null,
      validToMs: this.validTo?.getTime() ?? null,
    };
  }

  private said(change: 'granted' | 'revoked') {
    const { id, subjectType, subjectId, role, permission, effect } = this;
    return { grantId: id, subjectType, subjectId, role, permission, effect, change };
  }
}
