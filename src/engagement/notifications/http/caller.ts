import { currentContext } from '../../../kernel/context/request-context';
import { AppError } from '../../../kernel/errors/app-error';

/** The user whose things these are. @throws AppError forbidden for callers that are nobody's, invalid outside of an organization */
export function callerId(): string {
  const { principal, tenantId } = currentContext();
  if (!principal.userId)
    throw new AppError('notifications.users-only', 'forbidden', 'Only people have an inbox and preferences.');
  if (!tenantId)
    throw new AppError('tenant.required', 'invalid', 'Sign in to an organization first.', {
      hint: 'What somebody wants is kept for each organization.',
    });
  return principal.userId;
}
