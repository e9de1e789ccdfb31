import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Length,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import { IsTime } from '../../../kernel/http/pagination';

import type { MfaMode, SecondStep } from '../contracts/security-policy';
import { SECOND_STEPS } from '../domain/assurance';
import { MFA_BOUNDS } from '../domain/mfa-section.policy';

const MODES: MfaMode[] = ['off', 'optional', 'required'];

/** The mode of one role. */
export class MfaRoleBody {
  /** @example owner */
  @Length(1, 63)
  @IsString()
  role: string;

  /** @example required */
  @IsIn(MODES)
  mode: MfaMode;
}

/** Rules of second factors to change; null takes a value back to its default. */
export class MfaRulesBody {
  /**
   * `off`, `optional` or `required`. A factor that a user has is asked for in any mode.
   * @example optional
   */
  @IsOptional()
  @IsIn(MODES)
  mode?: MfaMode | null;

  /** Roles for which another mode holds. */
  @IsOptional()
  @ArrayMaxSize(MFA_BOUNDS.mostRoles)
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => MfaRoleBody)
  roles?: MfaRoleBody[] | null;

  /**
   * What satisfies the organization. E-mail never makes the second factor where one is required.
   * @example ["totp", "passkey", "backup_code"]
   */
  @IsOptional()
  @ArrayUnique()
  @ArrayMinSize(1)
  @IsIn(SECOND_STEPS, { each: true })
  @IsArray()
  methods?: SecondStep[] | null;

  /**
   * Codes of apps are good in their own 30 seconds alone, and there are no codes by e-mail.
   * @example false
   */
  @IsOptional()
  @IsBoolean()
  strict?: boolean | null;

  /**
   * Days for which a device that proved a factor is not asked again; 0 for never.
   * @example 0
   */
  @IsOptional()
  @Max(MFA_BOUNDS.mostTrustedDays)
  @Min(0)
  @IsInt()
  trustedDeviceDays?: number | null;

  /**
   * Days after joining in which somebody may still work without a required factor.
   * @example 7
   */
  @IsOptional()
  @Max(MFA_BOUNDS.mostGraceDays)
  @Min(0)
  @IsInt()
  graceDays?: number | null;

  /**
   * Day from which a factor is required; null for at once.
   * @example 2027-01-01T00:00:00Z
   */
  @IsOptional()
  @IsTime()
  @IsString()
  requiredFrom?: string | null;

  /**
   * What happens to a sign-in with a passkey that looks copied; it is reported in both cases.
   * @example refuse
   */
  @IsOptional()
  @IsIn(['refuse', 'report'])
  copiedPasskeys?: 'refuse' | 'report' | null;
}

/** Rules of second factors in force. */
export class MfaRulesView {
  /** @example optional */
  mode: MfaMode;
  roles: MfaRoleBody[];
  /** @example ["totp", "sms", "email", "passkey", "backup_code"] */
  methods: SecondStep[];
  /** @example false */
  strict: boolean;
  /** @example 0 */
  trustedDeviceDays: number;
  /** @example 0 */
  graceDays: number;
  /** @example null */
  requiredFrom: string | null;
  /** @example refuse */
  copiedPasskeys: 'refuse' | 'report';
}
