import { AppError, conflict, invalid, notFound } from '../../../kernel/errors/app-error';

const unauthenticated = (code: string, detail: string, hint: string): AppError =>
  new AppError(code, 'unauthenticated', detail, { hint });

/** Unknown, expired, used up, or of another client: it never says which. */
export const mfaTokenInvalid = (): AppError =>
  unauthenticated('identity.mfa-token-invalid', 'This sign-in is not under way any more.', 'Sign in again.');

/** Wrong, expired, used before, or of another person: it never says which. */
export const factorRefused = (): AppError =>
  unauthenticated(
    'identity.factor-refused',
    'This is not right, or was used already.',
    'Each code works once. An app shows a new one after at most 30 seconds; a code that was sent works for ten minutes.',
  );

/** The session is too weak for the organization that it is to work in. */
export const secondFactorMissing = (): AppError =>
  unauthenticated(
    'identity.second-factor-required',
    'This organization asks for a second factor.',
    'Sign in again, or prove your factor with POST /api/v1/auth/step-up; without one add it with POST /api/v1/auth/mfa/totp.',
  );

export const passkeyRefused = (): AppError =>
  unauthenticated('identity.passkey-refused', 'This passkey was not accepted.', 'Ask for new options and try again.');

export const methodUnavailable = (method: string): AppError =>
  conflict('identity.factor-method-unavailable', `${method} cannot be used here.`, {
    hint: 'GET /api/v1/auth/mfa names what the organization allows and what you have.',
  });

export const codeSentLately = (retryAfterSeconds: number): AppError =>
  new AppError('identity.code-sent-lately', 'too-many', 'A code was sent a moment ago.', {
    retryAfterSeconds,
    hint: 'Use it, or wait before you ask for another one.',
  });

export const tooManyCodes = (retryAfterSeconds?: number): AppError =>
  new AppError('identity.too-many-codes', 'too-many', 'No more codes are sent there for now.', {
    retryAfterSeconds: retryAfterSeconds ?? 600,
    hint: 'Use another factor, or a backup code.',
  });

export const challengeInvalid = (): AppError =>
  invalid('identity.challenge-invalid', 'This challenge is not open: it is unknown, expired or used.', {
    errors: [{ pointer: '/challengeId', code: 'challenge', detail: 'Ask for a new one.' }],
  });

export const phoneInvalid = (): AppError =>
  invalid('identity.phone-invalid', 'This is no phone number with its country code.', {
    errors: [{ pointer: '/phone', code: 'phone', detail: 'for example +4915112345678' }],
  });

export const factorNotFound = (): AppError => notFound('identity.factor-not-found', 'No such factor.');

export const factorLimit = (most: number): AppError =>
  conflict('identity.too-many-factors', `You have ${most} factors already.`, { hint: 'Remove one first.' });

export const lastFactorRequired = (): AppError =>
  conflict(
    'identity.last-factor-required',
    'An organization of yours requires a second factor, and this is your last.',
    {
      hint: 'Add another one first.',
    },
  );

export const backupCodesNeedFactor = (): AppError =>
  conflict('identity.no-factor', 'Backup codes stand in for a factor, and you have none.', {
    hint: 'Add an authenticator app, a phone number or a passkey first.',
  });

export const credentialTaken = (): AppError =>
  conflict('identity.passkey-known', 'This passkey is registered already.');

export const recoveryNotOpen = (): AppError =>
  conflict('identity.recovery-not-open', 'There is no recovery of this account under way.', {
    hint: 'Start one with POST /api/v1/auth/mfa/recovery.',
  });

export const recoveryIncomplete = (missing: string[], waitsUntil: Date): AppError =>
  conflict('identity.recovery-incomplete', 'This recovery is not proven enough yet.', {
    hint: 'Two of three are needed: the link in the mail, the consent of an administrator, the end of the waiting time.',
    missing,
    waitsUntil: waitsUntil.toISOString(),
  });

export const recoveryNotFound = (): AppError => notFound('identity.recovery-not-found', 'No such recovery.');

export const recoveryOfOneself = (): AppError =>
  new AppError('identity.recovery-of-oneself', 'forbidden', 'Somebody else has to agree to your recovery.');

export const proofMissing = (): AppError =>
  invalid('identity.proof-missing', 'Send your password, or a factor with its code or credential.');
