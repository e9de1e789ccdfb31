import { currentContext } from '../../../kernel/context/request-context';
import type { AccountFacts, AccountRepository } from '../data/account.repository';
import { sessionEnded, sessionWithoutUser } from '../domain/identity.errors';

/** The account and session of the caller. @throws AppError for a caller without one */
export async function ownAccount(
  accounts: AccountRepository,
): Promise<{ account: AccountFacts; sessionId: string; organizationId: string | null }> {
  const { userId, sessionId, tenantId } = currentContext().principal;
  if (!userId || !sessionId) throw sessionWithoutUser();
  const account = await accounts.byId(userId);
  if (account?.status !== 'active') throw sessionEnded();
  return { account, sessionId, organizationId: tenantId };
}
