import type { Principal } from './principal';

/**
 * Checks address and password of a platform operator, for pages that keep a cookie of their own (the board of the
 * queues). Bound by access/identity.
 */
export abstract class OperatorLogin {
  /**
   * The operator, or null for anybody else.
   * @param code of an app or a backup code: who has a second factor must give it here too
   * @throws AppError too-many or unavailable, when tries come too fast
   */
  abstract verify(email: string, password: string, code?: string): Promise<Principal | null>;

  /**
   * Routes of a sign-in by passkey, two factors in one: `options` begins it, `login` answers an access token, `logout`
   * ends its session. Null where there is none.
   */
  abstract readonly passkeys: { options: string; login: string; logout: string } | null;

  /** Whether somebody who signed in before still is an operator whose account may be used. */
  abstract isOperator(userId: string): Promise<boolean>;
}
