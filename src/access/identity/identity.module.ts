import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { OperatorLogin } from '../../kernel/auth/operator-login';
import { AccessFacts } from '../../kernel/auth/ports';
import { Config } from '../../kernel/config/config';
import { Keyring } from '../../kernel/crypto/keyring';
import { ApiKeyFacts } from './adapters/api-key-facts';
import { Argon2Hasher } from './adapters/argon2-hasher';
import { commonPasswords } from './adapters/common-password-list';
import { DatabaseSigningKeys } from './adapters/database-signing-keys';
import { IdentityFacts } from './adapters/identity-facts';
import { TenantLookup } from './adapters/tenant-lookup';
import { IdentityOperatorLogin } from './adapters/identity-operator-login';
import { JwtIssuer } from './adapters/jwt-issuer';
import { SessionMetrics } from './adapters/session-metrics';
import { ZxcvbnStrength } from './adapters/zxcvbn-strength';
import { AccountMail } from './commands/account-mail';
import { AskForLinkHandler } from './commands/ask-for-link';
import { AskEmailChangeHandler, ConfirmEmailChangeHandler, UndoEmailChangeHandler } from './commands/change-email';
import { ChangePasswordHandler } from './commands/change-password';
import { ChangeProfileHandler } from './commands/change-profile';
import { CloseAccountHandler, KeepAccountHandler } from './commands/close-account';
import { LogOutEverywhereHandler } from './commands/log-out-everywhere';
import { NewPassword } from './commands/new-password';
import { ProveAgain } from './commands/prove-again';
import { ResetPasswordHandler } from './commands/reset-password';
import { DeleteAccountHandler } from './commands/delete-account';
import { DeleteAccount } from './jobs/delete-account';
import { DeleteAccountWhenDue } from './reactions/delete-account-when-due';
import { AskToJoin } from './reactions/ask-to-join';
import { CompleteRegistration } from './reactions/complete-registration';
import { MailLink } from './reactions/mail-link';
import { LoginHistoryHandler } from './queries/login-history';
import { VerifyTokenHandler } from './queries/verify-token';
import { InvitePersonHandler } from './commands/invite-person';
import { AskNewPasswordHandler, ManyUsersHandler, UnlockUserHandler } from './commands/manage-people';
import { SetAccountStatusHandler } from './commands/operate-accounts';
import { ListUsersHandler, UserHandler } from './queries/list-users';
import { UsersController } from './http/users.controller';
import { AccountController } from './http/account.controller';
import { ConfirmEmailPage, KeepAccountPage, ResetPasswordPage, UndoEmailChangePage } from './http/account.pages';
import { TokensModule } from '../../kernel/auth/tokens.module';
import { BeginSession } from './commands/begin-session';
import { ChangeSecurityPolicyHandler } from './commands/change-security-policy';
import { EndMemberSessionsHandler } from './commands/end-member-sessions';
import {
  InvitationDoor,
  JoinByInvitationHandler,
  JoinWithPasswordHandler,
  RegisterInvitedHandler,
} from './commands/join-by-invitation';
import { LogInHandler } from './commands/log-in';
import { LogOutHandler } from './commands/log-out';
import { CheckOperatorHandler, CreateUserHandler, SetPasswordHandler } from './commands/manage-users';
import {
  ChangeApiKeyHandler,
  CreateApiKeyHandler,
  RevokeApiKeyHandler,
  RotateApiKeyHandler,
} from './commands/manage-api-keys';
import { ForgetDeviceHandler, TrustDeviceHandler } from './commands/manage-devices';
import { PasswordCheck } from './commands/password-check';
import { PasswordRulesOf } from './commands/password-rules';
import { PasswordStanding } from './commands/password-standing';
import { Joining } from './commands/joining';
import { PurgeExpiredHandler } from './commands/purge-expired';
import { RefreshTokensHandler } from './commands/refresh-tokens';
import { RegisterHandler } from './commands/register';
import { ResumeSignInHandler } from './commands/resume-sign-in';
import { EndOwnSessionsHandler, RevokeSessionsHandler } from './commands/revoke-sessions';
import { KeepSigningKeysHandler, RevokeSigningKeyHandler, RotateSigningKeyHandler } from './commands/signing-keys';
import { SessionCap } from './commands/session-cap';
import { SwitchOrganizationHandler } from './commands/switch-organization';
import { VerificationMail } from './commands/verification-mail';
import { VerifyEmailHandler } from './commands/verify-email';
import { AUTHORIZATION } from './authorization.parts';
import { AccountRepository } from './data/account.repository';
import { AnswerSeal } from './data/answer-seal';
import { DeviceRepository } from './data/device.repository';
import { SecurityPolicyRepository } from './data/security-policy.repository';
import { SessionRepository } from './data/session.repository';
import { FactorRepository } from './data/factor.repository';
import { SignInLog } from './data/sign-in-log';
import { ThrottleRepository } from './data/throttle.repository';
import { CommonPasswords } from './domain/common-passwords';
import { AuthFlow } from './domain/auth-flow';
import { ApiKey } from './domain/api-key';
import { Challenge } from './domain/challenge';
import { Credential } from './domain/credential';
import { Device } from './domain/device';
import { PasswordHasher } from './domain/password-hasher';
import { PasswordStrength } from './domain/password-strength';
import { RefreshToken } from './domain/refresh-token';
import { StoredSecurityPolicy } from './domain/security-policy';
import { Session } from './domain/session';
import { SignInTicket } from './domain/sign-in-ticket';
import { SigningKeys, TokenIssuer } from './domain/signing-keys';
import { User } from './domain/user';
import { ApiKeysController } from './http/api-keys.controller';
import { AuthController } from './http/auth.controller';
import { InvitationPage } from './http/invitation.page';
import { InvitedController } from './http/invited.controller';
import { KeySetController } from './http/key-set.controller';
import { SecurityPolicyController } from './http/security-policy.controller';
import { MemberSessionsController, ResumeSignInController, SessionsController } from './http/sessions.controller';
import { VerifyEmailPage } from './http/verify-email.page';
import { FirstOperator } from './jobs/first-operator';
import { Housekeeping } from './jobs/housekeeping';
import { ContactsOfUsersHandler, PhoneOfUserHandler } from './queries/contacts';
import { FindUsersHandler } from './queries/find-users';
import { ApiKeyHandler, ListApiKeysHandler } from './queries/list-api-keys';
import { ListDevicesHandler } from './queries/list-devices';
import { ListMemberSessionsHandler, ListSessionsHandler } from './queries/list-sessions';
import { InvitedHandler } from './queries/invited';
import { KeySetHandler, SigningKeysHandler } from './queries/key-set';
import { ProfileHandler } from './queries/profile';
import { SecurityPolicyHandler } from './queries/security-policy';
import { SECOND_FACTOR_ROUTES, SECOND_FACTORS } from './second-factors';

/** Users, passwords, sessions and tokens. Global, because the kernel's guards ask it for `AccessFacts`. */
@Global()
@Module({
  imports: [
    TokensModule,
    TypeOrmModule.forFeature([
      User,
      Credential,
      Challenge,
      Session,
      RefreshToken,
      StoredSecurityPolicy,
      Device,
      SignInTicket,
      AuthFlow,
      ApiKey,
    ]),
    TypeOrmModule.forFeature(AUTHORIZATION.entities),
  ],
  controllers: [
    ApiKeysController,
    SessionsController,
    MemberSessionsController,
    ResumeSignInController,
    AuthController,
    ...AUTHORIZATION.controllers,
    AccountController,
    UsersController,
    ResetPasswordPage,
    ConfirmEmailPage,
    UndoEmailChangePage,
    KeepAccountPage,
    KeySetController,
    SecurityPolicyController,
    VerifyEmailPage,
    ...SECOND_FACTOR_ROUTES,
    InvitedController,
    InvitationPage,
  ],
  providers: [
    ...AUTHORIZATION.providers,
    ...SECOND_FACTORS,
    { provide: Keyring, useFactory: (config: Config) => Keyring.of(config), inject: [Config] },
    { provide: AccessFacts, useClass: IdentityFacts },
    { provide: OperatorLogin, useClass: IdentityOperatorLogin },
    { provide: PasswordHasher, useClass: Argon2Hasher },
    { provide: CommonPasswords, useFactory: commonPasswords },
    { provide: PasswordStrength, useClass: ZxcvbnStrength },
    { provide: SigningKeys, useClass: DatabaseSigningKeys },
    { provide: TokenIssuer, useClass: JwtIssuer },
    ApiKeyFacts,
    AccountRepository,
    AnswerSeal,
    DeviceRepository,
    SecurityPolicyRepository,
    SessionRepository,
    SignInLog,
    ThrottleRepository,
    PasswordCheck,
    PasswordStanding,
    Joining,
    SessionCap,
    PasswordRulesOf,
    BeginSession,
    VerificationMail,
    RegisterHandler,
    VerifyEmailHandler,
    AskForLinkHandler,
    ResetPasswordHandler,
    ChangePasswordHandler,
    NewPassword,
    ProveAgain,
    FactorRepository,
    AccountMail,
    ChangeProfileHandler,
    LogOutEverywhereHandler,
    AskEmailChangeHandler,
    ConfirmEmailChangeHandler,
    UndoEmailChangeHandler,
    CloseAccountHandler,
    InvitePersonHandler,
    UnlockUserHandler,
    AskNewPasswordHandler,
    ManyUsersHandler,
    SetAccountStatusHandler,
    ListUsersHandler,
    UserHandler,
    KeepAccountHandler,
    AskToJoin,
    CompleteRegistration,
    MailLink,
    DeleteAccountWhenDue,
    DeleteAccount,
    DeleteAccountHandler,
    LoginHistoryHandler,
    VerifyTokenHandler,
    TenantLookup,
    InvitationDoor,
    JoinByInvitationHandler,
    JoinWithPasswordHandler,
    RegisterInvitedHandler,
    InvitedHandler,
    LogInHandler,
    SwitchOrganizationHandler,
    RefreshTokensHandler,
    LogOutHandler,
    ResumeSignInHandler,
    RevokeSessionsHandler,
    EndOwnSessionsHandler,
    EndMemberSessionsHandler,
    TrustDeviceHandler,
    ForgetDeviceHandler,
    ListSessionsHandler,
    ListMemberSessionsHandler,
    ListDevicesHandler,
    CreateApiKeyHandler,
    ChangeApiKeyHandler,
    RotateApiKeyHandler,
    RevokeApiKeyHandler,
    ListApiKeysHandler,
    ApiKeyHandler,
    ChangeSecurityPolicyHandler,
    SecurityPolicyHandler,
    CreateUserHandler,
    SetPasswordHandler,
    CheckOperatorHandler,
    RotateSigningKeyHandler,
    RevokeSigningKeyHandler,
    KeepSigningKeysHandler,
    SigningKeysHandler,
    PurgeExpiredHandler,
    FindUsersHandler,
    ContactsOfUsersHandler,
    PhoneOfUserHandler,
    ProfileHandler,
    KeySetHandler,
    FirstOperator,
    SessionMetrics,
    Housekeeping,
  ],
  exports: [AccessFacts, OperatorLogin],
})
export class IdentityModule {}
