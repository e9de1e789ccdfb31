import { Column, CreateDateColumn, Entity, PrimaryColumn, UpdateDateColumn, VersionColumn } from 'typeorm';
import { newId } from '../../../kernel/ids/ids';
import { Aggregate } from '../../../kernel/messaging/domain-event';
import { MemberJoined, MemberRemoved, MemberRoleChanged, MemberStatusChanged } from '../contracts/organization-events';
import type { MemberRole } from '../contracts/roles';
import { lastOwner } from './organizations.errors';

const RANKED: MemberRole[] = ['owner', 'admin', '', 'customer', 'user'];

/** Ordered from the strongest; every role that is not named stands where the blank is. */
const rankOf = (role: MemberRole): number => RANKED.indexOf(RANKED.includes(role) ? role : '');

/** That a user belongs to a tenant, and as what. Active owners are counted under the lock of the organization's row. */
@Entity({ schema: 'organizations', name: 'members' })
export class Member extends Aggregate {
  @PrimaryColumn('uuid', { name: 'tenant_id' }) tenantId: string;
  @PrimaryColumn('uuid') id: string;
  @Column('uuid', { name: 'user_id' }) userId: string;
  @Column('text') role: MemberRole;
  /** A suspended membership gives no rights and keeps its place. */
  @Column('text') status: 'active' | 'suspended';
  @CreateDateColumn({ name: 'joined_at', type: 'timestamptz' }) joinedAt: Date;
  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' }) updatedAt: Date;
  @VersionColumn() version: number;

  static join(userId: string, role: MemberRole): Member {
    const member = Object.assign(new Member(), { id: newId(), userId, role, status: 'active' });
    member.record(new MemberJoined(member.id, { memberId: member.id, userId, role }));
    return member;
  }

  private get countsAsOwner(): boolean {
    return this.role === 'owner' && this.status === 'active';
  }

  /** Lets the membership rest. @param owners active ones, this one included */
  suspend(owners: number): void {
    if (this.status === 'suspended') return;
    if (this.countsAsOwner && owners <= 1) throw lastOwner();
    this.setStatus('suspended');
  }

  resume(): void {
    if (this.status === 'suspended') this.setStatus('active');
  }

  private setStatus(status: Member['status']): void {
    this.status = status;
    this.record(new MemberStatusChanged(this.id, { memberId: this.id, userId: this.userId, status }));
  }

  /** Gives another role. @throws AppError conflict when the only owner would be none any more. */
  changeRole(role: MemberRole, owners: number): void {
    if (role === this.role) return;
    if (this.countsAsOwner && owners <= 1) throw lastOwner();
    this.record(new MemberRoleChanged(this.id, { memberId: this.id, userId: this.userId, from: this.role, to: role }));
    this.role = role;
  }

  /** Says that the membership ends. @throws AppError conflict for the only owner. */
  leave(owners: number): void {
    if (this.countsAsOwner && owners <= 1) throw lastOwner();
    this.record(new MemberRemoved(this.id, { memberId: this.id, userId: this.userId, role: this.role }));
  }

  /** True when `role` is more than what the member has; roles that are neither more nor less do not count. */
  isWeakerThan(role: MemberRole): boolean {
    return rankOf(role) < rankOf(this.role);
  }
}
