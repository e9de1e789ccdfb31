import { Injectable } from '@nestjs/common';
import { Keyring } from '../../../kernel/crypto/keyring';
import { Database } from '../../../kernel/database/database';
import type { Transaction } from '../../../kernel/database/transaction';
import { newId } from '../../../kernel/ids/ids';
import type { Channel } from '../contracts/channels';
import { addressHint, normalizedAddress } from '../domain/addresses';

const PURPOSE = 'notifications address';

export type SuppressionReason = 'bounce' | 'complaint' | 'unsubscribe' | 'manual';

export interface NewSuppression {
  channel: Channel;
  /** As it is written to; only its digest and a hint are kept. */
  address: string;
  /** Only messages about this; null: every one. */
  category?: string | null;
  reason: SuppressionReason;
  note?: string | null;
}

/**
 * Addresses that get nothing any more, by a keyed digest: what is kept of somebody who wants no mail is not their address.
 */
@Injectable()
export class SuppressionRepository {
  constructor(
    private readonly database: Database,
    private readonly keyring: Keyring,
  ) {}

  digest(address: string): Buffer {
    return this.keyring.hmac(PURPOSE, normalizedAddress(address));
  }

  /** Digests under every master key, for looking up. */
  digests(address: string): Buffer[] {
    return this.keyring.hmacs(PURPOSE, normalizedAddress(address));
  }

  /** Adds an address; one that is on the list stays as it is. @returns false when it was there */
  async add(tx: Transaction, suppression: NewSuppression): Promise<boolean> {
    const { address, ...rest } = suppression;
    return this.addDigest(tx, { ...rest, digest: this.digest(address), hint: addressHint(address) });
  }

  /** The same by its digest, as links to unsubscribe carry it. */
  async addDigest(
    tx: Transaction,
    { channel, digest, hint, category = null, reason, note = null }: Omit<NewSuppression, 'address'> & Digested,
  ): Promise<boolean> {
    const added = await tx.execute(
      `insert into notifications.suppressions (tenant_id, id, channel, address_digest, address_hint, category, reason, note, created_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, kernel.now()) on conflict do nothing`,
      [tx.tenantId, newId(), channel, digest, hint, category, reason, note],
    );
    return added === 1;
  }

  /** Whether an address is on the list for a category. */
  async has(tenantId: string, channel: Channel, address: string, category: string): Promise<boolean> {
    const rows = await this.database.readAs<{ found: number }>(
      tenantId,
      `select 1 as found from notifications.suppressions
       where tenant_id = $1 and channel = $2 and address_digest = any($3::bytea[]) and (category is null or category = $4) limit 1`,
      [tenantId, channel, this.digests(address), category],
    );
    return rows.length > 0;
  }

  /** @returns false when there is none of this id */
  async remove(tx: Transaction, id: string): Promise<boolean> {
    return (
      (await tx.execute(`delete from notifications.suppressions where tenant_id = $1 and id = $2`, [
        tx.tenantId,
        id,
      ])) === 1
    );
  }
}

interface Digested {
  digest: Buffer;
  hint: string;
}
