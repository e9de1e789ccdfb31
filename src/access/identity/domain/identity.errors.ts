import { AppError, conflict, invalid, notFound, type FieldError } from '../../../kernel/errors/app-error';
import type { PasswordFault } from './password.policy';
import type { PasswordEstimate } from './password-strength';

const unauthenticated = (code: string, detail: string, hint?: string): AppError =>
  new AppError(code, 'unauthenticated', detail, hint ? { hint } : {});

/** One answer for an unknown address, a wrong password, a disabled user, too many failures: it never says which. */
export const credentialsRefused = (): AppError =>
  unauthenticated(
    'identity.invalid-credentials',
    'E-mail address or password is wrong.',
    'After several failures sign-in waits between 30 seconds and 15 minutes, also for the right password. A new password is set by POST /api/v1/auth/forgot-password.',
  );

export const emailUnverified = (): AppError =>
  new AppError('identity.email-unverified', 'forbidden', 'The e-mail address is not verified yet.', {
    hint: 'Open the link in the mail, or ask for a new one with POST /api/v1/auth/verify-email/resend.',
  });

export const tooManyTries = (retryAfterSeconds: number): AppError =>
  new AppError('identity.too-many-tries', 'too-many', 'Too many failed tries.', {
    retryAfterSeconds,
    hint: 'Wait; the wait ends by itself and further tries do not make it longer.',
  });

export const hashingBusy = (): AppError =>
  new AppError('identity.busy', 'unavailable', 'Too many sign-ins at once.', { retryAfterSeconds: 2, retryable: true });

export const organizationUnavailable = (): AppError =>
  new AppError('identity.organization-unavailable', 'forbidden', 'You are no member of such an organization.', {
    hint: 'Leave organization away to sign in to your own, or ask its owner for an invitation.',
  });

export const registrationTarget = (): AppError =>
  invalid('identity.registration-target-missing', 'Say what to register with: a new organization or a shop.', {
    hint: 'Send organizationName to open an organization, or the header X-Tenant: <slug> to join that shop as a customer.',
  });

export const linkInvalid = (): AppError => notFound('identity.link-invalid', 'This link is not valid.');

export const linkSpent = (): AppError =>
  new AppError('identity.link-spent', 'gone', 'This link was used already, or has expired.', {
    hint: 'Sign in, or ask for a new link.',
  });

export const sessionEnded = (): AppError =>
  unauthenticated('identity.session-ended', 'This session has ended.', 'Sign in again.');

export const refreshRefused = (): AppError =>
  unauthenticated('identity.refresh-token-invalid', 'The refresh token is not valid.', 'Sign in again.');

export const membershipEnded = (): AppError =>
  unauthenticated(
    'identity.membership-ended',
    'The organization of this token is no longer yours.',
    'Refresh the token, then choose an organization with POST /api/v1/auth/switch.',
  );

/** A password that the rules refuse: why, and what would make it better. */
export const passwordRefused = (
  { reason, detail, estimate }: PasswordFault & { estimate?: PasswordEstimate },
  pointer = '/password',
): AppError =>
  invalid('identity.password-refused', detail, {
    errors: [{ pointer, code: `password-${reason}`, detail }],
    hint:
      estimate?.suggestions.join(' ') || 'Several words that have nothing to do with each other are a good password.',
    ...(estimate ? { strength: { score: estimate.score, guessesLog10: estimate.guessesLog10 } } : {}),
  });

export const emailInvalid = (): AppError =>
  invalid('identity.email-invalid', 'This is no e-mail address.', {
    errors: [{ pointer: '/email', code: 'email', detail: 'for example ada@example.org' }],
  });

export const hashUnknown = (): AppError =>
  invalid('identity.hash-unknown', 'Only argon2id and bcrypt hashes can be imported.');

export const userNotFound = (): AppError => notFound('identity.user-not-found', 'No such user.');

export const sessionWithoutUser = (): AppError => conflict('identity.no-user', 'This token stands for no user.');

export const securityPolicyInvalid = (errors: FieldError[]): AppError =>
  invalid('identity.security-policy-invalid', errors[0].detail, {
    errors,
    hint: 'Settings may be stricter than their profile, never laxer; null takes one back to its default.',
  });

export const passwordNotProven = (): AppError =>
  new AppError('identity.password-not-proven', 'forbidden', 'The password is wrong.', {
    hint: 'After several failures tries must wait between 30 seconds and 15 minutes, right ones too.',
  });

export const emailUnchanged = (): AppError =>
  invalid('identity.email-unchanged', 'This is the address that the account has.', {
    errors: [{ pointer: '/email', code: 'unchanged', detail: 'Give another address.' }],
  });

export const emailTaken = (): AppError =>
  conflict('identity.email-taken', 'Another account has this address.', {
    hint: 'Sign in with that account, or close it first.',
  });

export const profileInvalid = (pointer: string, detail: string): AppError =>
  invalid('identity.profile-invalid', detail, { errors: [{ pointer, code: 'profile', detail }] });

export const lastOwnerLeaves = (slugs: string[]): AppError =>
  conflict('identity.last-owner', 'You are the only owner of an organization.', {
    organizations: slugs,
    hint: 'Make somebody else an owner first, or close the organization.',
  });

export const alreadyRegistered = (): AppError =>
  conflict('identity.already-registered', 'There is an account of this address already.', {
    hint: 'Sign in with it, then POST /api/v1/invitations/accept.',
  });

export const organizationSuspended = (): AppError =>
  unauthenticated(
    'identity.organization-suspended',
    'This organization is suspended: nothing of it can be used for now.',
    'Nothing is lost. Its owner can ask the operator of this installation.',
  );
export const giverLostRights = (): AppError =>
  conflict('identity.inviter-lost-rights', 'Who made this account may not give its role any more.', {
    hint: 'Ask another administrator of the organization.',
  });

/** A right password that may not be used any longer; `changeToken` sets a new one. */
export const passwordChangeRequired = (why: string, changeToken: string): AppError =>
  new AppError('identity.password-change-required', 'forbidden', why, {
    changeToken,
    hint: 'Send changeToken as token, with a new password, to POST /api/v1/auth/reset-password within 10 minutes.',
  });

export const alreadyMember = (): AppError =>
  conflict('identity.already-member', 'This person belongs to the organization already.');

export const mailsExhausted = (retryAfterSeconds: number): AppError =>
  new AppError('identity.too-many-mails', 'too-many', 'This person was sent enough mails for now.', {
    retryAfterSeconds,
  });

export const ownAccount = (): AppError =>
  conflict('identity.own-account', 'This is your own account.', { hint: 'Ask another operator.' });

export const signingKeyNotFound = (): AppError =>
  notFound('identity.signing-key-not-found', 'There is no live signing key of this id.', {
    hint: 'npx --no mainstay keys:list shows the live ones.',
  });
