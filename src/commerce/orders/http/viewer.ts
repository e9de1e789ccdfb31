import { capabilityOf } from '../../../kernel/auth/capability';
import type { ResourceFacts } from '../../../kernel/auth/condition';
import { hasPermission, mayHavePermission, type Principal } from '../../../kernel/auth/principal';
import { sha256 } from '../../../kernel/crypto/hashing';
import { ORDER_TOKEN_PREFIX, type Viewer } from '../domain/order-access';
import { orderTokenRequired } from '../domain/orders.errors';

/**
 * Who asks for an order: staff, a signed-in shopper, or the bearer of the order's token (in `Authorization`, or in
 * `X-Order-Token` beside a login).
 * @param permission what staff needs for all orders, e.g. `orders:read`; shoppers need its `-own` form
 * @throws AppError 401 `orders.token-required` for a guest without a token
 */
export function viewerOf(
  principal: Principal,
  headers: { authorization?: string; orderToken?: string },
  permission: string,
): Viewer {
  if (hasPermission(principal, permission)) return { all: true, userId: null, tokenHash: null };
  const perOrder = mayHavePermission(principal, permission)
    ? { maySee: (order: ResourceFacts) => hasPermission(principal, permission, order) }
    : {};
  const token = capabilityOf(headers.authorization, ORDER_TOKEN_PREFIX) ?? headers.orderToken;
  const tokenHash = token ? sha256(token) : null;
  // Somebody with a login may have bought as a guest before.
  if (principal.userId && hasPermission(principal, `${permission}-own`))
    return { all: false, userId: principal.userId, tokenHash, ...perOrder };
  if (!token && !perOrder.maySee) throw orderTokenRequired();
  return { all: false, userId: null, tokenHash, ...perOrder };
}
