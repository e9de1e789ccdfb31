import { Injectable } from '@nestjs/common';
import { alwaysHolds, samePolicy } from '../../../kernel/auth/policy';
import type { Principal } from '../../../kernel/auth/principal';
import { AuthVersions, rightsChanged } from '../../../kernel/auth/versions';
import { currentContext } from '../../../kernel/context/request-context';
import type { Transaction } from '../../../kernel/database/transaction';
import { policyOfRights, RightsRepository } from '../data/rights.repository';
import { notYoursToGive } from '../domain/grant.errors';
import { expandAll } from '../domain/permissions';

/**
 * The lock of a tenant's policies is the row of their version. Whoever changes roles, grants or members' roles raises
 * the version first of all: changes take turns, everything compiled before is void with the commit, and what the giver
 * holds is judged under the lock.
 */
@Injectable()
export class PolicyLock {
  private readonly taken = new WeakSet<Transaction>();

  constructor(
    private readonly versions: AuthVersions,
    private readonly rights: RightsRepository,
  ) {}

  /** @throws AppError 503 `auth.rights-changed`, which the unit of work tries again, when the caller's rights are others now */
  async take(tx: Transaction): Promise<void> {
    if (this.taken.has(tx)) return;
    const version = await this.versions.bump(tx, tx.tenantId);
    const { principal } = currentContext();
    const { kind, userId, tenantId, policyVersion, policy } = principal;
    if (kind === 'user' && userId !== null && tenantId === tx.tenantId && version !== policyVersion + 1) {
      const present = policyOfRights(await this.rights.within(tx, userId));
      if (!samePolicy(policy.within ?? policy, present)) throw rightsChanged();
    }
    this.taken.add(tx);
  }
}

/** What of these permissions (patterns too) a principal could not give: it must hold them in all circumstances. */
export function missingOf(
  { kind, policy }: Pick<Principal, 'kind' | 'policy'>,
  permissions: Iterable<string>,
): string[] {
  if (kind === 'system') return [];
  return [...expandAll(permissions)].filter((permission) => !alwaysHolds(policy, permission));
}

/** @throws AppError 403 `identity.not-yours-to-give` unless the caller holds all of it in all circumstances */
export function requireHeld(permissions: Iterable<string>): void {
  const missing = missingOf(currentContext().principal, permissions);
  if (missing.length > 0) throw notYoursToGive(missing);
}
