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

/** What grants may hang on. */
export const resourceOf = ({ id, userId, status }: Pick<Order, 'id' | 'userId' | 'status'>) => ({
  id,
  owner: userId,
  state: status,
});

/** Who wants to see an order. */
export interface Viewer {
  /** Staff: sees every order of the shop. */
  all: boolean;
  userId: string | null;
  /** SHA-256 of the presented order token. */
  tokenHash: Buffer | null;
  /** Whose right to an order hangs on that order: asks about one. */
  maySee?: (order: ReturnType<typeof resourceOf>) => boolean;
}

/** True for whom the shop lets handle this order, be it all of them or this one. */
export const actsForShop = (order: Pick<Order, 'id' | 'userId' | 'status'>, viewer: Viewer): boolean =>
  viewer.all || viewer.maySee?.(resourceOf(order)) === true;

/** True for staff (all, or for this order), for the shopper who placed it, and for who holds its token. */
export function mayView(order: Pick<Order, 'id' | 'userId' | 'status' | 'accessTokenHash'>, viewer: Viewer): boolean {
  if (actsForShop(order, viewer)) return true;
  if (viewer.userId !== null && order.userId === viewer.userId) return true;
  return viewer.tokenHash !== null && order.accessTokenHash !== null && viewer.tokenHash.equals(order.accessTokenHash);
}
