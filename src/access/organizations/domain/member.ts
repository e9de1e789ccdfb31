import { Column, CreateDateColumn, Entity, PrimaryColumn, UpdateDateColumn, VersionColumn } from 'typeorm';
import { newId } from '../../../kernel/ids/ids';
import { Aggregate } from '../../../kernel/messaging/domain-event';
import { MemberJoined, MemberRemoved, MemberRoleChanged } from '../contracts/organization-events';
import type { MemberRole } from '../contracts/roles';
import { lastOwner } from './organizations.errors';

const RANKED: MemberRole[] = ['owner', 'admin', '', 'customer', 'user'];

/** Ordered from the strongest; every role that is not named stands where the blank is. */
const rankOf = (role: MemberRole): number => RANKED.indexOf(RANKED.includes(role) ? role : '');

/** That a user belongs to a tenant, and as what. Owners are counted under the lock of the organization's row. */
@Entity({ schema: 'organizations', name: 'members' })
export class Member extends Aggregate {
  @PrimaryColumn('uuid', { name: 'tenant_id' }) tenantId: string;
  @PrimaryColumn('uuid') id: string;
  @Column('uuid', { name: 'user_id' }) userId: string;
  @Column('text') role: MemberRole;
  @CreateDateColumn({ name: 'joined_at', type: 'timestamptz' }) joinedAt: Date;
  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' }) updatedAt: Date;
  @VersionColumn() version: number;

  static join(userId: string, role: MemberRole): Member {
    const member = Object.assign(new Member(), { id: newId(), userId, role });
    member.record(new MemberJoined(member.id, { memberId: member.id, userId, role }));
    return member;
  }

  /** Gives another role. @throws AppError conflict when the only owner would be none any more. */
  changeRole(role: MemberRole, owners: number): void {
    if (role === this.role) return;
    if (this.role === 'owner' && owners <= 1) throw lastOwner();
    this.record(new MemberRoleChanged(this.id, { memberId: this.id, userId: this.userId, from: this.role, to: role }));
    this.role = role;
  }

  /** Says that the membership ends. @throws AppError conflict for the only owner. */
  leave(owners: number): void {
    if (this.role === 'owner' && owners <= 1) throw lastOwner();
    this.record(new MemberRemoved(this.id, { memberId: this.id, userId: this.userId, role: this.role }));
  }

  /** True when `role` is more than what the member has; roles that are neither more nor less do not count. */
  isWeakerThan(role: MemberRole): boolean {
    return rankOf(role) < rankOf(this.role);
  }
}
