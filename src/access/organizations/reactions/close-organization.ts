import { AuthVersions } from '../../../kernel/auth/versions';
import type { Transaction } from '../../../kernel/database/transaction';
import { Timer, type Fires } from '../../../kernel/messaging/reaction';
import { Organization } from '../domain/organization';

/** Ends an organization whose deletion was asked for and not taken back: nobody comes in any more, by any way. */
@Timer({ name: 'organizations.close-organization' })
export class CloseOrganization implements Fires<{ organizationId: string }> {
  constructor(private readonly versions: AuthVersions) {}

  async fire({ organizationId }: { organizationId: string }, tx: Transaction, now: Date): Promise<void> {
    const organization = await tx.store.load(Organization, organizationId);
    // A wish that was taken back and made anew has a timer of its own.
    if (!organization?.close(now)) return;
    await tx.store.save(organization);
    await this.versions.bump(tx, tx.tenantId);
  }
}
