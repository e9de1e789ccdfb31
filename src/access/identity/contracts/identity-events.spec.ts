import { GrantChanged, GrantExpired, RoleChanged } from './grant-events';
import {
  AccountDeleted,
  EmailChanged,
  EmailVerified,
  PasswordChanged,
  SessionRevoked,
  SessionStarted,
  TokenReuseDetected,
  UserRegistered,
} from './identity-events';

const userId = 'u';
const sessionId = 's';
const grant = {
  grantId: 'g',
  subjectType: 'user' as const,
  subjectId: userId,
  role: 'picker',
  permission: null,
  effect: 'allow' as const,
};

// Stored events outlive releases: a member may be added here, never renamed or removed.
it('events keep their names and payloads', () => {
  const events = [
    new UserRegistered(userId, { userId, email: 'a@b.cd', name: 'Ada', tenantId: null, kind: 'operator' }),
    new EmailVerified(userId, { userId, email: 'a@b.cd' }),
    new SessionStarted(sessionId, { sessionId, userId, organizationId: null }),
    new SessionRevoked(sessionId, { sessionId, userId, reason: 'logout' }),
    new TokenReuseDetected(sessionId, { sessionId, userId }),
    new PasswordChanged(userId, { userId }),
    new EmailChanged(userId, { userId, email: 'c@d.ef', former: 'a@b.cd' }),
    new AccountDeleted(userId, { userId }),
    new GrantChanged(grant.grantId, { ...grant, change: 'granted' }),
    new GrantExpired(grant.grantId, grant),
    new RoleChanged('r', { roleId: 'r', role: 'picker', change: 'created' }),
  ];
  expect(events.map(({ type, payload }) => `${type} ${JSON.stringify(payload)}`)).toMatchInlineSnapshot(`
[
  "identity.user-registered.v1 {"userId":"u","email":"a@b.cd","name":"Ada","tenantId":null,"kind":"operator"}",
  "identity.email-verified.v1 {"userId":"u","email":"a@b.cd"}",
  "identity.session-started.v1 {"sessionId":"s","userId":"u","organizationId":null}",
  "identity.session-revoked.v1 {"sessionId":"s","userId":"u","reason":"logout"}",
  "identity.token-reuse-detected.v1 {"sessionId":"s","userId":"u"}",
  "identity.password-changed.v1 {"userId":"u"}",
  "identity.email-changed.v1 {"userId":"u","email":"c@d.ef","former":"a@b.cd"}",
  "identity.account-deleted.v1 {"userId":"u"}",
  "identity.grant-changed.v1 {"grantId":"g","subjectType":"user","subjectId":"u","role":"picker","permission":null,"effect":"allow","change":"granted"}",
  "identity.grant-expired.v1 {"grantId":"g","subjectType":"user","subjectId":"u","role":"picker","permission":null,"effect":"allow"}",
  "identity.role-changed.v1 {"roleId":"r","role":"picker","change":"created"}",
]
`);
});
