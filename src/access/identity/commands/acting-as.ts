import { GUEST } from '../../../kernel/auth/principal';
import { currentContext, runInContext } from '../../../kernel/context/request-context';

/**
 * Runs work in the name of a user who has just proven to be it (password, link, refresh token), so that the audit
 * trail names the user. It gives no rights.
 */
export function actingAs<T>(userId: string, work: () => Promise<T>): Promise<T> {
  const { principal } = currentContext();
  if (principal.kind !== 'guest') return work();
  return runInContext({ principal: { ...GUEST, kind: 'user', userId } }, work);
}
