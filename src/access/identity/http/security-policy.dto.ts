import { Type } from 'class-transformer';
import { IsObject, ValidateNested } from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { PasswordRulesBody, PasswordRulesView } from './password-rules.dto';

/** Settings to change; each section in a file of its own. */
export class ChangeSecurityPolicyBody {
  /** Rules of passwords. */
  @MayBeAbsent()
  @IsObject()
  @ValidateNested()
  @Type(() => PasswordRulesBody)
  password?: PasswordRulesBody;
}

/** The settings in force. */
export class SecurityPolicyView {
  password: PasswordRulesView;
}
