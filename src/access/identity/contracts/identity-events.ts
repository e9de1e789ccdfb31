import { DomainEvent } from '../../../kernel/messaging/domain-event';

/**
 * A registration is complete: its address was proven (or vouched for by an operator) and, with a tenant, the
 * membership exists. Said once per tenant that a user registers with. Aggregate: the user.
 */
export class UserRegistered extends DomainEvent<{
  userId: string;
  email: string;
  name: string;
  tenantId: string | null;
  kind: 'owner' | 'staff' | 'customer' | 'operator';
}> {
  static override readonly type = 'identity.user-registered.v1';
}

/** A user proved an address. Aggregate: the user. */
export class EmailVerified extends DomainEvent<{ userId: string; email: string }> {
  static override readonly type = 'identity.email-verified.v1';
}

/** A sign-in succeeded. Aggregate: the session. */
export class SessionStarted extends DomainEvent<{ sessionId: string; userId: string; organizationId: string | null }> {
  static override readonly type = 'identity.session-started.v1';
}

/** A session ended before its time. Aggregate: the session. */
export class SessionRevoked extends DomainEvent<{ sessionId: string; userId: string; reason: SessionEnd }> {
  static override readonly type = 'identity.session-revoked.v1';
}

/** A refresh token that was used up was presented again: its family is dead. Aggregate: the session. */
export class TokenReuseDetected extends DomainEvent<{ sessionId: string; userId: string }> {
  static override readonly type = 'identity.token-reuse-detected.v1';
}

/** A password was set anew. Aggregate: the user. */
export class PasswordChanged extends DomainEvent<{ userId: string }> {
  static override readonly type = 'identity.password-changed.v1';
}

/** A user proved another address, which is its address from now on. Aggregate: the user. */
export class EmailChanged extends DomainEvent<{ userId: string; email: string; former: string }> {
  static override readonly type = 'identity.email-changed.v1';
}

/** The grace period of a deletion is over: the account is gone. What others keep of the person is theirs to erase. Aggregate: the user. */
export class AccountDeleted extends DomainEvent<{ userId: string }> {
  static override readonly type = 'identity.account-deleted.v1';
}

export type SessionEnd =
  | 'logout'
  | 'logout-all'
  | 'revoked'
  | 'revoked-by-administrator'
  | 'evicted'
  | 'device-forgotten'
  | 'user-deleted'
  | 'token-reuse'
  | 'password-changed'
  | 'user-disabled'
  | 'membership-lost'
  | 'factors-changed';
