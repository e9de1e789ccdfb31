import { FactorRecoveryClosed, FactorRecoveryOpened, FactorsChanged, PasskeyCopySuspected } from './factor-events';

// Stored events outlive releases: a member may be added here, never renamed or removed.
it('events keep their names and payloads', () => {
  const userId = 'u';
  const events = [
    new FactorsChanged(userId, { userId, change: 'added', method: 'totp', factorId: 'f' }),
    new PasskeyCopySuspected(userId, { userId, factorId: 'f', refused: true }),
    new FactorRecoveryOpened(userId, { userId, recoveryId: 'r', organizationId: null }),
    new FactorRecoveryClosed(userId, { userId, recoveryId: 'r', outcome: 'completed' }),
  ];
  expect(events.map(({ type, payload }) => `${type} ${JSON.stringify(payload)}`)).toEqual([
    'identity.mfa-changed.v1 {"userId":"u","change":"added","method":"totp","factorId":"f"}',
    'identity.passkey-copy-suspected.v1 {"userId":"u","factorId":"f","refused":true}',
    'identity.factor-recovery-opened.v1 {"userId":"u","recoveryId":"r","organizationId":null}',
    'identity.factor-recovery-closed.v1 {"userId":"u","recoveryId":"r","outcome":"completed"}',
  ]);
});
