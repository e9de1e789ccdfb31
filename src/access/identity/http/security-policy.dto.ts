import { Type } from 'class-transformer';
import { IsObject, ValidateNested } from 'class-validator';
import type { SecurityPolicy } from '../contracts/security-policy';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { MfaRulesBody, MfaRulesView } from './mfa-rules.dto';
import { PasswordRulesBody, PasswordRulesView } from './password-rules.dto';
import { SessionRulesBody, SessionRulesView } from './session-rules.dto';

/** Settings to change; each section in a file of its own. */
export class ChangeSecurityPolicyBody {
  /** Rules of passwords. */
  @MayBeAbsent()
  @IsObject()
  @ValidateNested()
  @Type(() => PasswordRulesBody)
  password?: PasswordRulesBody;

  /** Rules of sessions. */
  @MayBeAbsent()
  @IsObject()
  @ValidateNested()
  @Type(() => SessionRulesBody)
  sessions?: SessionRulesBody;

  /** Rules of second factors. */
  @MayBeAbsent()
  @IsObject()
  @ValidateNested()
  @Type(() => MfaRulesBody)
  mfa?: MfaRulesBody;
}

/** The settings in force. */
export class SecurityPolicyView {
  password: PasswordRulesView;
  sessions: SessionRulesView;
  mfa: MfaRulesView;
}

/** The settings as they are shown, section by section. */
export const securityPolicyView = ({ password, mfa, sessions }: SecurityPolicy): SecurityPolicyView => ({
  password,
  mfa,
  sessions,
});
