import { Query } from '@nestjs/cqrs';

/** What stands in the way of giving roles to somebody. */
export interface RoleJudgement {
  /** Keys that are no roles. */
  unknown: string[];
  /** Permissions of the roles that the giver does not hold without condition or time limit. */
  missing: string[];
}

/**
 * May these roles be given, or taken away, by a member of the context's organization? Within a transaction the
 * organization's own roles among them are locked against being deleted before its end.
 * @param giver a user id; without it the caller. A giver who is no member (any more) holds nothing.
 * @param permissions that the giver must hold besides those of the roles
 */
export class JudgeRolesQuery extends Query<RoleJudgement> {
  constructor(
    readonly roles: readonly string[],
    readonly giver?: string,
    readonly permissions: readonly string[] = [],
  ) {
    super();
  }
}

/**
 * As `JudgeRolesQuery`, for the caller, and throws. Inside a transaction it first takes the lock of the tenant's
 * policies (the version is raised, so nothing else need raise it) and judges by the rights that hold under it.
 * @throws AppError invalid `identity.unknown-name`, forbidden `identity.not-yours-to-give`, unavailable
 *   `auth.rights-changed` when the caller's rights changed since the guard looked: the unit of work tries again.
 */
export class RequireRolesQuery extends Query<void> {
  constructor(
    readonly roles: readonly string[],
    /** JSON pointer of the field that named the first of them. */
    readonly pointer = '/role',
  ) {
    super();
  }
}

/**
 * As `RequireRolesQuery`, for what a team was granted or denied: who joins or leaves it gains or loses that.
 * @throws AppError forbidden `identity.not-yours-to-give`, unavailable `auth.rights-changed`
 */
export class RequireTeamQuery extends Query<void> {
  constructor(readonly teamId: string) {
    super();
  }
}
