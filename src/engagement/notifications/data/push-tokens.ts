import { Injectable } from '@nestjs/common';
import { Envelope } from '../../../kernel/crypto/envelope';
import { sha256 } from '../../../kernel/crypto/hashing';
import type { SealPlace } from '../../../kernel/crypto/sealed';
import type { Transaction } from '../../../kernel/database/transaction';
import { newId } from '../../../kernel/ids/ids';
import type { Platform, PushProvider } from '../domain/push';
import { identityOf } from '../domain/push-token';

/** Devices of one person; of more the ones seen last are kept. */
export const MOST_DEVICES = 20;

export interface NewPushToken {
  userId: string;
  sessionId: string | null;
  provider: PushProvider;
  platform: Platform;
  /** In its normal form. */
  value: string;
  deviceName: string | null;
}

/** A token that is to be stored: sealed for its place, and what it is known again by. */
export interface SealedToken extends Omit<NewPushToken, 'value'> {
  digest: Buffer;
  sealed: string;
}

/** Tokens of devices: sealed under the tenant's key, found by a digest. A token is random, so that its hash tells nothing. */
@Injectable()
export class PushTokens {
  constructor(private readonly envelope: Envelope) {}

  /** Not in a transaction: the first value of a tenant makes its key. */
  async seal(tenantId: string, { value, ...token }: NewPushToken): Promise<SealedToken> {
    const digest = sha256(identityOf(token.provider, value));
    return { ...token, digest, sealed: await this.envelope.seal(placeOf(tenantId, digest), value) };
  }

  /** @throws SealError */
  open(tenantId: string, token: { digest: Buffer; sealed: string }): Promise<string> {
    return this.envelope.open(placeOf(tenantId, token.digest), token.sealed);
  }

  /**
   * Stores a token, or notes that it was seen. One that was somebody else's is that person's no more: whoever holds the
   * device now gets its messages. A person's devices beyond the most are forgotten, the one seen longest ago first.
   * @returns its id
   */
  async put(tx: Transaction, token: SealedToken): Promise<string> {
    const [{ id }] = await tx.query<{ id: string }>(
      `insert into notifications.push_tokens as t (tenant_id, id, user_id, session_id, provider, platform, digest, sealed, device_name, created_at, seen_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, kernel.now(), kernel.now())
       on conflict (tenant_id, digest) do update set user_id = excluded.user_id, session_id = excluded.session_id,
         platform = excluded.platform, sealed = excluded.sealed, device_name = excluded.device_name, seen_at = excluded.seen_at,
         created_at = case when t.user_id = excluded.user_id then t.created_at else excluded.created_at end,
         state = 'active', state_reason = null
       returning t.id`,
      [
        tx.tenantId,
        newId(),
        token.userId,
        token.sessionId,
        token.provider,
        token.platform,
        token.digest,
        token.sealed,
        token.deviceName,
      ],
    );
    tx.later(
      `delete from notifications.push_tokens where tenant_id = $1 and id in (
         select id from notifications.push_tokens where tenant_id = $1 and user_id = $2 order by seen_at desc, id desc offset $3)`,
      [tx.tenantId, token.userId, MOST_DEVICES],
    );
    return id;
  }

  /** @returns false where the person has no such token */
  async removeOwn(tx: Transaction, userId: string, id: string): Promise<boolean> {
    const removed = await tx.execute(
      `delete from notifications.push_tokens where tenant_id = $1 and user_id = $2 and id = $3`,
      [tx.tenantId, userId, id],
    );
    return removed === 1;
  }
}

const placeOf = (tenantId: string, digest: Buffer): SealPlace => ({
  tenantId,
  table: 'notifications.push_tokens',
  column: 'sealed',
  rowId: digest.toString('hex'),
});
