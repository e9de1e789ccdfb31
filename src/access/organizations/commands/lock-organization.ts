import type { Transaction } from '../../../kernel/database/transaction';
import { Organization } from '../domain/organization';
import { organizationNotFound } from '../domain/organizations.errors';

/** The organization's row is the lock for everything that counts owners and seats: two changes at once take turns. */
export async function lockOrganization(tx: Transaction): Promise<Organization> {
  const organization = await tx.store.load(Organization, tx.tenantId);
  if (!organization) throw organizationNotFound();
  return organization;
}

/** Owners whose membership does not rest; asked under the organization's lock. */
export async function activeOwners(tx: Transaction): Promise<number> {
  const [{ owners }] = await tx.query<{ owners: number }>(
    `select count(*)::int as owners from organizations.members
     where tenant_id = $1 and role = 'owner' and status = 'active'`,
    [tx.tenantId],
  );
  return owners;
}
