import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Length,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { SESSION_BOUNDS } from '../domain/session-section.policy';

const PROFILES = ['standard', 'pci'] as const;
const ON_EXCEED = ['deny', 'evict_oldest', 'ask'] as const;

/** How many sessions a user may have open at once in the organization. */
export class SessionCapView {
  /**
   * The role that it holds for; null for every role without a cap of its own.
   * @example staff
   */
  @IsOptional()
  @IsString()
  @Length(1, 63)
  role: string | null;

  /** @example 3 */
  @IsInt()
  @Min(1)
  @Max(SESSION_BOUNDS.mostSessions)
  max: number;

  /**
   * What becomes of one sign-in too many: `deny` refuses it, `evict_oldest` ends the oldest session, `ask` answers 409
   * with the open sessions and a ticket, with which the user chooses the one to end.
   * @example evict_oldest
   */
  @IsIn(ON_EXCEED)
  onExceed: 'deny' | 'evict_oldest' | 'ask';
}

/** Changes of the rules of sessions. The limits of the assurance levels hold in any case. */
export class SessionRulesBody {
  /**
   * `standard` follows NIST SP 800-63B-4: 30 days at level 1, a day and an hour without use at level 2, twelve hours and
   * 15 minutes at level 3. `pci` ends every session after 15 minutes without use.
   * @example standard
   */
  @IsOptional()
  @IsIn(PROFILES)
  profile?: 'standard' | 'pci' | null;

  /**
   * Seconds without use after which a session ends; 0 leaves it to the level.
   * @example 0
   */
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(SESSION_BOUNDS.longest)
  idleSeconds?: number | null;

  /**
   * Longest life of a session in seconds; 0 leaves it to the level.
   * @example 604800
   */
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(SESSION_BOUNDS.longest)
  absoluteSeconds?: number | null;

  /**
   * Browsers may keep a session beyond their end; otherwise it ends within a day.
   * @example true
   */
  @IsOptional()
  @IsBoolean()
  remember?: boolean | null;

  /**
   * Sessions that a user may have open at once, by role. Without any, their number is not limited.
   * @example [{"role": "staff", "max": 5, "onExceed": "evict_oldest"}]
   */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(SESSION_BOUNDS.mostCaps)
  @ValidateNested({ each: true })
  @Type(() => SessionCapView)
  caps?: SessionCapView[] | null;

  /**
   * Origins whose pages may call the API for this organization (CORS), exactly as browsers send them.
   * @example ["https://shop.example.org"]
   */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(SESSION_BOUNDS.mostOrigins)
  @IsString({ each: true })
  @MaxLength(200, { each: true })
  allowedOrigins?: string[] | null;
}

/** The rules of sessions in force. */
export class SessionRulesView {
  /** @example standard */
  profile: 'standard' | 'pci';
  /** @example 0 */
  idleSeconds: number;
  /** @example 604800 */
  absoluteSeconds: number;
  /** @example true */
  remember: boolean;
  caps: SessionCapView[];
  /** @example ["https://shop.example.org"] */
  allowedOrigins: string[];
}
