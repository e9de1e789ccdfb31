import { PasskeyHost } from './adapters/passkey-host';
import { WebAuthn } from './adapters/web-authn';
import { AuthFlowRepository } from './data/auth-flow.repository';
import { FactorRepository } from './data/factor.repository';
import { FactorRecoveryRepository } from './data/factor-recovery.repository';
import { FactorSeal } from './data/factor-seal';
import { StartCodeFactorHandler, ConfirmCodeFactorHandler } from './commands/add-code-factor';
import { StartPasskeyHandler, ConfirmPasskeyHandler } from './commands/add-passkey';
import { StartTotpHandler, ConfirmTotpHandler } from './commands/add-totp';
import { AddingFactor } from './commands/adding-factor';
import { ChallengeSecondFactorHandler } from './commands/challenge-second-factor';
import { StartEnrolmentHandler, FinishEnrolmentHandler } from './commands/enrol-at-sign-in';
import { FactorChallenges } from './commands/factor-challenges';
import { FactorCheck } from './commands/factor-check';
import { FactorEnrolment } from './commands/factor-enrolment';
import { FactorNews } from './commands/factor-news';
import { FactorRecovery } from './commands/factor-recovery';
import { FactorTries } from './commands/factor-tries';
import { StartPasskeyLoginHandler, LogInWithPasskeyHandler } from './commands/log-in-with-passkey';
import { RenameFactorHandler, RemoveFactorHandler, ReplaceBackupCodesHandler } from './commands/manage-factors';
import { OpenSignIns } from './commands/open-sign-ins';
import {
  OpenRecoveryHandler,
  CarryOutRecoveryHandler,
  AnswerRecoveryHandler,
  StopRecoveryHandler,
  ApproveRecoveryHandler,
} from './commands/recover-factors';
import { SecondFactor } from './commands/second-factor';
import { SendCode } from './commands/send-code';
import { ChallengeStepUpHandler, StepUpHandler } from './commands/step-up';
import { VerifySecondFactorHandler } from './commands/verify-second-factor';
import { OwnFactorsHandler } from './queries/own-factors';
import { RecoveriesHandler } from './queries/recoveries';
import { MfaController } from './http/mfa.controller';
import { MfaSignInController } from './http/mfa-sign-in.controller';
import { PasskeysController } from './http/passkeys.controller';
import { StepUpController } from './http/step-up.controller';
import { FactorRecoveriesController } from './http/factor-recoveries.controller';
import { AppLinksController } from './http/app-links.controller';
import { RecoverFactorsPage } from './http/recover-factors.page';

/** Providers of second factors, passkeys and proofs. */
export const SECOND_FACTORS = [
  PasskeyHost,
  WebAuthn,
  AuthFlowRepository,
  FactorRepository,
  FactorRecoveryRepository,
  FactorSeal,
  StartCodeFactorHandler,
  ConfirmCodeFactorHandler,
  StartPasskeyHandler,
  ConfirmPasskeyHandler,
  StartTotpHandler,
  ConfirmTotpHandler,
  AddingFactor,
  ChallengeSecondFactorHandler,
  StartEnrolmentHandler,
  FinishEnrolmentHandler,
  FactorChallenges,
  FactorCheck,
  FactorEnrolment,
  FactorNews,
  FactorRecovery,
  FactorTries,
  StartPasskeyLoginHandler,
  LogInWithPasskeyHandler,
  RenameFactorHandler,
  RemoveFactorHandler,
  ReplaceBackupCodesHandler,
  OpenSignIns,
  OpenRecoveryHandler,
  CarryOutRecoveryHandler,
  AnswerRecoveryHandler,
  StopRecoveryHandler,
  ApproveRecoveryHandler,
  SecondFactor,
  SendCode,
  ChallengeStepUpHandler,
  StepUpHandler,
  VerifySecondFactorHandler,
  OwnFactorsHandler,
  RecoveriesHandler,
];

/** Their routes. */
export const SECOND_FACTOR_ROUTES = [
  MfaController,
  MfaSignInController,
  PasskeysController,
  StepUpController,
  FactorRecoveriesController,
  AppLinksController,
  RecoverFactorsPage,
];
