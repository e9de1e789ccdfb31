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
