import { AppError, conflict, invalid, notFound } from '../../../kernel/errors/app-error';

/** A session as a refused sign-in shows it, so that its owner can tell which one may end. */
export interface OtherSession {
  id: string;
  device: string | null;
  place: string | null;
  createdAt: Date;
  lastSeenAt: Date;
}

export const sessionNotFound = (): AppError => notFound('identity.session-not-found', 'There is no such session.');

export const deviceNotFound = (): AppError => notFound('identity.device-not-found', 'There is no such device.');

/** The number of sessions is limited, and the limit is reached. With a ticket the user may choose one to end. */
export const sessionLimit = (max: number, sessions: OtherSession[], ticket?: string): AppError =>
  conflict('identity.session-limit', `At most ${max} sessions may be open here at once.`, {
    hint: ticket
      ? 'Choose one to end: POST /api/v1/auth/login/resume with this ticket and the id of the session.'
      : 'Sign out on another device first.',
    ...(ticket ? { ticket, sessions } : {}),
  });

export const refreshTokenMissing = (): AppError =>
  invalid('identity.refresh-token-missing', 'There is no refresh token in the body, and none in a cookie.');

export const ticketInvalid = (): AppError =>
  new AppError('identity.ticket-invalid', 'unauthenticated', 'This ticket is not valid, or no longer.', {
    hint: 'Sign in again.',
  });
