import { AppError, conflict, invalid, notFound, type FieldError } from '../../../kernel/errors/app-error';

export const roleNotFound = (): AppError => notFound('identity.role-not-found', 'No such role.');

export const grantNotFound = (): AppError => notFound('identity.grant-not-found', 'No such grant.');

export const roleKeyTaken = (key: string): AppError =>
  conflict('identity.role-exists', `There is a role with the key ${key} already.`, {
    hint: 'Choose another name, or change that role.',
  });

export const roleIsSystem = (): AppError =>
  conflict('identity.role-is-system', 'Roles of the product cannot be changed or deleted.', {
    hint: 'Make a role of your own that inherits it: POST /api/v1/roles.',
  });

export const roleCycle = (): AppError =>
  conflict('identity.role-cycle', 'A role cannot inherit itself, not even through others.');

export const roleTooDeep = (most: number): AppError =>
  conflict('identity.role-too-deep', `Roles inherit each other through at most ${most} levels.`);

export const roleInUse = (by: string): AppError =>
  conflict('identity.role-in-use', `This role is still in use: ${by}.`, {
    hint: 'Give its holders another role, revoke its grants and take it out of other roles first.',
  });

export const tooMany = (what: string, most: number): AppError =>
  conflict('identity.too-many', `There are at most ${most} ${what}.`);

/** 400: names that nothing goes by. */
export const unknownNames = (errors: FieldError[], hint?: string): AppError =>
  invalid('identity.unknown-name', errors.length === 1 ? errors[0].detail : `${errors.length} names are unknown.`, {
    errors: errors.slice(0, 100),
    ...(hint ? { hint } : {}),
  });

/** 400: the parts of a grant do not go together. */
export const grantInvalid = (errors: FieldError[]): AppError =>
  invalid('identity.grant-invalid', errors.length === 1 ? errors[0].detail : `${errors.length} values are not valid.`, {
    errors,
    hint: 'Correct the fields named in errors.',
  });

export const notYoursToGive = (missing: readonly string[]): AppError =>
  new AppError('identity.not-yours-to-give', 'forbidden', 'Nobody gives or takes what they do not hold themselves.', {
    hint: 'You would need these permissions yourself, without time limit or condition.',
    permissions: missing.slice(0, 20),
  });

export const ownerByMembership = (): AppError =>
  invalid('identity.owner-by-membership', 'Ownership is a membership, not a grant, and no role inherits it.', {
    hint: 'Make the member an owner with PATCH /api/v1/members/:id.',
  });

export const memberUnknown = (): AppError => notFound('identity.member-not-found', 'No such member.');

export const subjectNotFound = (): AppError =>
  notFound('identity.subject-not-found', 'The organization has no such member, team or API key.');

export const reviewOfNothing = (): AppError =>
  invalid('identity.review-of-nothing', 'Say what to review: "permission", "userId" or both.');
