import { Injectable } from '@nestjs/common';
import { currentContext } from '../../../kernel/context/request-context';
import type { Transaction } from '../../../kernel/database/transaction';
import type { MemberRole } from '../contracts/roles';
import { ownersOnly } from '../domain/organizations.errors';

/** Nobody gives a role that is more than one's own; asked of the caller, and again of inviters. */
@Injectable()
export class RoleGiver {
  /** @throws AppError forbidden when the caller may not give these roles */
  require(roles: readonly MemberRole[]): Promise<void> {
    const { kind, roles: own } = currentContext().principal;
    if (kind !== 'system' && roles.includes('owner') && !own.includes('owner')) throw ownersOnly();
    return Promise.resolve();
  }

  /** Takes the lock of the organization's policies, which comes before its row. */
  lock(): Promise<void> {
    return this.require([]);
  }

  /** True when a user may still bring somebody in with this role. */
  async mayStillInvite(tx: Transaction, userId: string, role: MemberRole): Promise<boolean> {
    const rows = await tx.query<{ role: MemberRole }>(
      `select role from organizations.members where tenant_id = $1 and user_id = $2 and status = 'active'`,
      [tx.tenantId, userId],
    );
    return rows.length === 1 && (rows[0].role === 'owner' || (rows[0].role === 'admin' && role !== 'owner'));
  }
}
