import type { ActionList } from './action';

/** Second factors, passkeys and fresh proofs. One line each, in alphabetical order. */
export const FACTORS: ActionList = {
  AnswerRecovery: ['authentication', 'A link in the mail about a recovery was used: to confirm it, or to stop it.'],
  ApproveRecovery: ['privileged', 'An administrator consented to the recovery of a member.'],
  CarryOutRecovery: ['authentication', 'A recovery was proven and went on to a new factor.'],
  ChallengeSecondFactor: ['authentication', 'A code was sent, or a passkey asked, for a sign-in.'],
  ChallengeStepUp: ['authentication', 'A code was sent, or a passkey asked, for a fresh proof.'],
  ConfirmCodeFactor: ['authentication', 'A phone number or address became a factor.'],
  ConfirmPasskey: ['authentication', 'A passkey was added.'],
  ConfirmTotp: ['authentication', 'An authenticator app became a factor.'],
  FinishEnrolment: ['authentication', 'Somebody signed in by setting up the factor that was demanded.'],
  LogInWithPasskey: ['authentication', 'Somebody signed in with a passkey.'],
  OpenRecovery: ['authentication', 'Somebody who knows the password said that every factor is lost.'],
  RemoveFactor: ['authentication', 'A factor was removed by its owner.'],
  RenameFactor: ['authentication', 'A factor was renamed.'],
  ReplaceBackupCodes: ['authentication', 'Backup codes were replaced.'],
  StartCodeFactor: ['authentication', 'A code was sent to a new number or address.'],
  StartEnrolment: ['authentication', 'A factor that a sign-in demanded was begun.'],
  StartPasskey: ['authentication', 'A new passkey was begun.'],
  StartPasskeyLogin: ['authentication', 'A sign-in with a passkey was begun.'],
  StartTotp: ['authentication', 'A new authenticator app was begun.'],
  StepUp: ['authentication', 'Somebody who is signed in proved it once more.'],
  StopRecovery: ['authentication', 'A recovery was stopped by the account’s owner.'],
  VerifySecondFactor: ['authentication', 'A second factor was given at a sign-in.'],
};
