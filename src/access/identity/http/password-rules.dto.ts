import { ArrayMaxSize, IsArray, IsBoolean, IsIn, IsInt, IsOptional, IsString, Length, Max, Min } from 'class-validator';
import { PASSWORD_BOUNDS } from '../domain/password-section.policy';

const PROFILES = ['standard', 'pci'] as const;
type Profile = (typeof PROFILES)[number];

/** Changes of the rules of passwords. */
export class PasswordRulesBody {
  /**
   * `standard` follows NIST SP 800-63B-4 and OWASP ASVS 5, `pci` PCI DSS 4.0.1 (12 characters with letters and digits,
   * four former passwords, 90 days, waits of 30 minutes after 10 failures).
   * @example standard
   */
  @IsOptional()
  @IsIn(PROFILES)
  profile?: Profile | null;

  /**
   * Shortest password of a user without a second factor, in code points; the profile's own minimum or more.
   * @example 16
   */
  @IsOptional()
  @IsInt()
  @Min(8)
  @Max(PASSWORD_BOUNDS.longestMinimum)
  minLength?: number | null;

  /**
   * Shortest password of a user with a second factor.
   * @example 10
   */
  @IsOptional()
  @IsInt()
  @Min(8)
  @Max(PASSWORD_BOUNDS.longestMinimum)
  minLengthWithFactor?: number | null;

  /**
   * Former passwords that cannot be taken again.
   * @example 4
   */
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(PASSWORD_BOUNDS.mostHistory)
  history?: number | null;

  /**
   * Days after which a password that is the only factor must be changed, 0 for never; in the profile pci alone.
   * @example 0
   */
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(PASSWORD_BOUNDS.mostAgeDays)
  maxAgeDays?: number | null;

  /**
   * Failures in a row from which on each wait lasts at least lockoutMinutes.
   * @example 20
   */
  @IsOptional()
  @IsInt()
  @Min(PASSWORD_BOUNDS.fewestTries)
  @Max(PASSWORD_BOUNDS.mostTries)
  lockoutTries?: number | null;

  /** @example 30 */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(PASSWORD_BOUNDS.mostMinutes)
  lockoutMinutes?: number | null;

  /**
   * Words that no password may consist of, such as names of the company and its products.
   * @example ["northwind"]
   */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(PASSWORD_BOUNDS.mostWords)
  @IsString({ each: true })
  @Length(3, 60, { each: true })
  blockedWords?: string[] | null;

  /**
   * A right password that does not meet these rules must be changed before it signs in.
   * @example false
   */
  @IsOptional()
  @IsBoolean()
  enforceAtSignIn?: boolean | null;
}

/** The rules of passwords in force. */
export class PasswordRulesView {
  /** @example standard */
  profile: Profile;
  /** @example 15 */
  minLength: number;
  /** @example 8 */
  minLengthWithFactor: number;
  /**
   * Letters and digits must both occur.
   * @example false
   */
  lettersAndDigits: boolean;
  /** @example 0 */
  history: number;
  /** @example 0 */
  maxAgeDays: number;
  /** @example 100 */
  lockoutTries: number;
  /** @example 15 */
  lockoutMinutes: number;
  /** @example [] */
  blockedWords: string[];
  /** @example false */
  enforceAtSignIn: boolean;
}
