import { AppError, conflict, invalid, notFound } from '../../../kernel/errors/app-error';

export const organizationNotFound = (): AppError =>
  notFound('organizations.organization-not-found', 'No such organization.');

export const memberNotFound = (): AppError => notFound('organizations.member-not-found', 'No such member.');

export const slugTaken = (slug: string): AppError =>
  conflict('organizations.slug-taken', 'This short name is taken.', { hint: `Choose another than ${slug}.` });

export const slugInvalid = (): AppError =>
  invalid(
    'organizations.slug-invalid',
    'A short name has 2 to 63 lower-case letters, digits and inner hyphens, and is not reserved.',
    {
      errors: [{ pointer: '/slug', code: 'slug', detail: 'for example north-wind' }],
    },
  );

export const lastOwner = (): AppError =>
  conflict('organizations.last-owner', 'The last owner of an organization stays.', {
    hint: 'Make another member owner first.',
  });

export const ownersOnly = (): AppError =>
  new AppError('organizations.owners-only', 'forbidden', 'Only an owner may give or take the role of owner.');

export const teamNotFound = (): AppError => notFound('organizations.team-not-found', 'No such team.');

export const teamNameTaken = (): AppError =>
  conflict('organizations.team-name-taken', 'There is a team of this name already.', {
    hint: 'Choose another name; upper and lower case do not tell names apart.',
  });

export const roleUnknown = (role: string): AppError =>
  invalid('organizations.role-unknown', `There is no role "${role}" in this organization.`, {
    hint: 'GET /api/v1/roles lists the roles, by key.',
  });

export const organizationClosed = (): AppError =>
  conflict('organizations.organization-closed', 'This organization was closed for good.');

export const deletionAsked = (at: Date): AppError =>
  conflict('organizations.deletion-asked', `This organization will be closed on ${at.toISOString().slice(0, 10)}.`, {
    hint: 'DELETE /api/v1/organizations/current/deletion takes the wish back.',
  });

export const deletionNotAsked = (): AppError =>
  conflict('organizations.deletion-not-asked', 'Nobody asked to delete this organization.');

export const slugUnconfirmed = (): AppError =>
  invalid('organizations.slug-unconfirmed', 'The short name does not confirm the deletion.', {
    errors: [{ pointer: '/confirm', code: 'confirm', detail: 'the slug of the organization, letter by letter' }],
  });

export const membershipRests = (): AppError =>
  conflict('organizations.membership-suspended', 'This membership is suspended.', {
    hint: 'An administrator of the organization can resume it.',
  });

export const ownerOnlyByTransfer = (): AppError =>
  new AppError('organizations.owners-only', 'forbidden', 'Only an owner may hand the organization over.');

export const invitationNotFound = (): AppError =>
  notFound('organizations.invitation-not-found', 'There is no such invitation.', {
    hint: 'The newest mail has the link that works; ask for the invitation again.',
  });

export const invitationSpent = (): AppError =>
  new AppError('organizations.invitation-spent', 'gone', 'This invitation was used already, or was taken back.', {
    hint: 'Ask for a new one.',
  });

export const invitationExpired = (): AppError =>
  new AppError('organizations.invitation-expired', 'gone', 'This invitation has expired.', {
    hint: 'Ask the organization to send it again.',
  });

export const invitationForAnother = (): AppError =>
  new AppError(
    'organizations.invitation-for-another',
    'forbidden',
    'This invitation was sent to another address than the one you have proven.',
    { hint: 'Sign in with the account of the address that the invitation was sent to.' },
  );

export const inviterLostRights = (): AppError =>
  conflict('organizations.inviter-lost-rights', 'Whoever invited you may no longer do so.', {
    hint: 'Ask the organization for a new invitation.',
  });

export const tooManyInvitations = (retryAfterSeconds: number): AppError =>
  new AppError('organizations.too-many-invitations', 'too-many', 'That is enough invitations for now.', {
    retryAfterSeconds,
    hint: 'Mails to strangers are limited, so that the organization’s mail is not taken for spam.',
  });

export const domainNotFound = (): AppError => notFound('organizations.domain-not-found', 'No such domain.');

export const domainTaken = (): AppError =>
  conflict('organizations.domain-taken', 'This domain belongs to an organization already.', {
    hint: 'Remove it there first; a domain that was proven stays with its organization.',
  });

export const domainInvalid = (detail: string): AppError =>
  invalid('organizations.domain-invalid', 'This is no domain that can be used.', {
    errors: [{ pointer: '/host', code: 'domain', detail }],
  });

export const domainUnproven = (): AppError =>
  conflict('organizations.domain-unproven', 'This domain is not proven yet.', {
    hint: 'Put the TXT record in place, then POST /api/v1/branding/domains/{id}/verify.',
  });

export const notYoursToOffer = (permissions: readonly string[]): AppError =>
  new AppError('organizations.not-yours-to-offer', 'forbidden', 'This role is more than what you hold yourself.', {
    hint: `You do not hold: ${permissions.slice(0, 10).join(', ')}.`,
    permissions,
  });
