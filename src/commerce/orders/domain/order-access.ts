import { sha256 } from '../../../kernel/crypto/hashing';
import type { Order } from './order';

/** Prefix of the token by which a guest reads an order; tells it from an access token of a login. */
export const ORDER_TOKEN_PREFIX = 'ot_';

/**
 * The token of an order, derived from the secret of the cart it was made of: a checkout that is resumed after a crash
 * hands out the same one, though only its hash is stored.
 */
export const orderTokenOf = (cartSecret: string, orderId: string): string =>
  `${ORDER_TOKEN_PREFIX}${sha256(`order-access:${orderId}:${cartSecret}`).toString('base64url')}`;

/** Who wants to see an order. */
export interface Viewer {
  /** Staff: sees every order of the shop. */
  all: boolean;
  userId: string | null;
  /** SHA-256 of the presented order token. */
  tokenHash: Buffer | null;
}

/** True for staff, for the shopper who placed it, and for who holds its token. */
export function mayView(order: Pick<Order, 'userId' | 'accessTokenHash'>, viewer: Viewer): boolean {
  if (viewer.all) return true;
  if (viewer.userId !== null && order.userId === viewer.userId) return true;
  return viewer.tokenHash !== null && order.accessTokenHash !== null && viewer.tokenHash.equals(order.accessTokenHash);
}
