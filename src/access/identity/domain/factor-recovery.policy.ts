/** Days that somebody waits whom neither mail nor an administrator can vouch for, and days that a recovery lives. */
export const WAITING_DAYS = 3;
export const RECOVERY_DAYS = 14;

/** A recovery of who has lost every factor. The password was proven when it was opened, and is again when it ends. */
export interface RecoveryState {
  state: 'open' | 'completed' | 'stopped';
  emailConfirmedAt: Date | null;
  approvedAt: Date | null;
  waitsUntil: Date;
  expiresAt: Date;
}

/**
 * What is missing: besides the password two of three are needed (ASVS 6.4.4: proof equal to enrolment) - the link in the
 * mail, the consent of another person who may give it, the waiting time in which the owner was told and could stop it.
 */
export function missingProofs(recovery: RecoveryState, now: Date): ('email' | 'approval' | 'waiting')[] {
  const missing: ('email' | 'approval' | 'waiting')[] = [];
  if (!recovery.emailConfirmedAt) missing.push('email');
  if (!recovery.approvedAt) missing.push('approval');
  if (now < recovery.waitsUntil) missing.push('waiting');
  return missing.length <= 1 ? [] : missing;
}

export const isOpen = (recovery: RecoveryState, now: Date): boolean =>
  recovery.state === 'open' && now < recovery.expiresAt;
