import { Type } from 'class-transformer';
import { IsObject, ValidateNested } from 'class-validator';
import type { SecurityPolicy } from '../contracts/security-policy';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
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
}

/** The settings in force. */
export class SecurityPolicyView {
  password: PasswordRulesView;
  sessions: SessionRulesView;
}

/** The settings as they are shown, section by section. */
export const securityPolicyView = ({ password, sessions }: SecurityPolicy): SecurityPolicyView => ({
  password,
  sessions,
});
