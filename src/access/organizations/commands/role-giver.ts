import { Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { hasPermission } from '../../../kernel/auth/principal';
import { currentContext } from '../../../kernel/context/request-context';
import { JudgeRolesQuery, RequireRolesQuery } from '../../identity/contracts/give-roles';
import type { MemberRole } from '../contracts/roles';
import { notYoursToOffer, ownersOnly, roleUnknown } from '../domain/organizations.errors';

/** Nobody gives a role that is more than one's own; asked of the caller, and again of inviters. */
@Injectable()
export class RoleGiver {
  constructor(private readonly queries: QueryBus) {}

  /**
   * For a change that takes place now: takes the lock of the tenant's policies, which comes before the organization's
   * row everywhere, and judges by what holds under it.
   * @throws AppError 403 when the caller may not give, or take, these roles
   */
  async require(roles: readonly MemberRole[]): Promise<void> {
    if (roles.includes('owner')) requireOwner();
    await this.queries.execute(new RequireRolesQuery(roles));
  }

  /** For an offer, which is judged again when it is accepted: no lock, so that rights need not be compiled anew. */
  async requireOffer(role: MemberRole): Promise<void> {
    if (role === 'owner') requireOwner();
    const { unknown, missing } = await this.queries.execute(new JudgeRolesQuery([role]));
    if (unknown.length > 0) throw roleUnknown(role);
    if (missing.length > 0) throw notYoursToOffer(missing);
  }

  /** True when an inviter may still bring somebody in with this role. */
  async mayStillInvite(userId: string, role: MemberRole): Promise<boolean> {
    const needed = role === 'owner' ? ['members:write', 'members:owners'] : ['members:write'];
    const { unknown, missing } = await this.queries.execute(new JudgeRolesQuery([role], userId, needed));
    return unknown.length === 0 && missing.length === 0;
  }
}

/** Owners are made, and unmade, by who may: the owners, unless a role of the organization says otherwise. */
export function requireOwner(): void {
  if (!hasPermission(currentContext().principal, 'members:owners')) throw ownersOnly();
}
