import { Injectable } from '@nestjs/common';
import { Keyring } from '../../../kernel/crypto/keyring';
import { isUuid } from '../../../kernel/ids/ids';
import { unsubscribeLinkInvalid } from '../domain/notifications.errors';

const PURPOSE = 'notifications unsubscribe link';
const HINT = /^[^\u0000-\u001f]{0,80}$/;

/** What a link takes its recipient off: one category of mail of one organization. */
export interface Unsubscription {
  tenantId: string;
  category: string;
  /** The user who got it; null where it went to an address alone. */
  userId: string | null;
  /** Digest of the address, see `SuppressionRepository`. */
  digest: Buffer;
  hint: string;
}

/** Signed links by which readers get no more of a category. They work for ever and name no address. */
@Injectable()
export class UnsubscribeLinks {
  constructor(private readonly keyring: Keyring) {}

  sign({ tenantId, category, userId, digest, hint }: Unsubscription): string {
    const text = JSON.stringify([tenantId, category, userId, digest.toString('base64url'), hint]);
    return `${Buffer.from(text).toString('base64url')}.${this.keyring.hmac(PURPOSE, text).toString('base64url')}`;
  }

  /** @throws AppError not-found `notifications.unsubscribe-link-not-found` for any other text */
  read(token: string): Unsubscription {
    const [body = '', mac = ''] = token.slice(0, 1_000).split('.');
    const text = Buffer.from(body, 'base64url').toString();
    if (!this.keyring.verifyHmac(PURPOSE, text, Buffer.from(mac, 'base64url'))) throw unsubscribeLinkInvalid();
    const [tenantId, category, userId, digest, hint] = JSON.parse(text) as [
      string,
      string,
      string | null,
      string,
      string,
    ];
    if (!isUuid(tenantId) || (userId !== null && !isUuid(userId)) || !HINT.test(hint)) throw unsubscribeLinkInvalid();
    return { tenantId, category, userId, digest: Buffer.from(digest, 'base64url'), hint };
  }
}
