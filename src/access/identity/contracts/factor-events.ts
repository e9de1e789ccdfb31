import { DomainEvent } from '../../../kernel/messaging/domain-event';

/** The second factors of a user changed. Aggregate: the user. */
export class FactorsChanged extends DomainEvent<{
  userId: string;
  change: 'added' | 'removed' | 'backup-code-used' | 'backup-codes-replaced' | 'replaced-after-recovery';
  method: 'totp' | 'sms' | 'email' | 'passkey' | 'backup_code';
  factorId: string | null;
}> {
  static override readonly type = 'identity.mfa-changed.v1';
}

/** The counter of a passkey did not grow: somebody may hold a copy of the authenticator. Aggregate: the user. */
export class PasskeyCopySuspected extends DomainEvent<{
  userId: string;
  factorId: string;
  /** False where the organization wants such a sign-in reported alone. */
  refused: boolean;
}> {
  static override readonly type = 'identity.passkey-copy-suspected.v1';
}

/** Somebody who knows the password says that every factor is lost. Aggregate: the user. */
export class FactorRecoveryOpened extends DomainEvent<{
  userId: string;
  recoveryId: string;
  organizationId: string | null;
}> {
  static override readonly type = 'identity.factor-recovery-opened.v1';
}

/** A recovery ended: carried out, or stopped. Aggregate: the user. */
export class FactorRecoveryClosed extends DomainEvent<{
  userId: string;
  recoveryId: string;
  outcome: 'completed' | 'stopped';
}> {
  static override readonly type = 'identity.factor-recovery-closed.v1';
}
