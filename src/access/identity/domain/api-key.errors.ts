import { AppError, conflict, invalid, notFound } from '../../../kernel/errors/app-error';

export const apiKeyNotFound = (): AppError => notFound('identity.api-key-not-found', 'There is no such API key.');

export const apiKeyEnded = (): AppError =>
  conflict('identity.api-key-ended', 'This API key was revoked or has expired.', { hint: 'Make a new one.' });

export const apiKeyExpiry = (days: number): AppError =>
  invalid('identity.api-key-expiry', `A key ends within ${days} days, and not in the past.`, {
    errors: [{ pointer: '/expiresAt', code: 'expiry', detail: `at most ${days} days from now` }],
  });

export const tooManyKeys = (most: number): AppError =>
  conflict('identity.too-many-api-keys', `An organization has at most ${most} API keys.`, {
    hint: 'Revoke those that nobody uses.',
  });

export const scopeNotHeld = (scopes: string[]): AppError =>
  new AppError('identity.scope-not-held', 'forbidden', 'A key can do no more than its owner.', {
    hint: `You do not hold: ${scopes.join(', ')}.`,
    scopes,
  });

export const ownKeysOnly = (): AppError =>
  new AppError('identity.own-keys-only', 'forbidden', 'Only the owner of a key gets a new secret for it.');
