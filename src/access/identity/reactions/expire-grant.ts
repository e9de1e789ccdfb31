import { Injectable } from '@nestjs/common';
import { AuthVersions } from '../../../kernel/auth/versions';
import type { Transaction } from '../../../kernel/database/transaction';
import { Timer, type Fires } from '../../../kernel/messaging/reaction';
import { Grant } from '../domain/grant';

/**
 * Notes that a grant has ended and says so. Nothing waits for it: a decision goes by the clock, so that a late worker
 * lets nobody in. What it spares is the reading of grants that are over.
 */
@Injectable()
@Timer({ name: 'identity.expire-grant' })
export class ExpireGrant implements Fires<{ grantId: string }> {
  constructor(private readonly versions: AuthVersions) {}

  async fire({ grantId }: { grantId: string }, tx: Transaction, now: Date): Promise<void> {
    const seen = await tx.store.load(Grant, grantId, { lock: false });
    if (!seen?.isOpen) return;
    // Policies are locked before grants, as everywhere.
    await this.versions.bump(tx, tx.tenantId);
    const grant = await tx.store.load(Grant, grantId);
    if (grant?.expire(now)) await tx.store.save(grant);
  }
}
