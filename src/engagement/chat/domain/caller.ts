import { AppError } from '../../../kernel/errors/app-error';

/** Whoever chats is a person of an organization. */
export interface Caller {
  tenantId: string;
  userId: string;
}

/** @throws AppError forbidden `chat.people-only` for Mainstay itself, guests and operators outside of an organization */
export function callerOf({
  tenantId,
  principal,
}: {
  tenantId: string | null;
  principal: { userId: string | null };
}): Caller {
  if (tenantId === null || principal.userId === null)
    throw new AppError('chat.people-only', 'forbidden', 'Only people of an organization take part in its rooms.');
  return { tenantId, userId: principal.userId };
}
