import { IsBoolean, IsIn, IsOptional, IsString, Length, Matches, MaxLength } from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { IsTime, ListQuery } from '../../../kernel/http/pagination';
import type { ConsentView } from '../queries/consents';

const PURPOSES = ['email', 'sms', 'phone', 'post', 'profiling'] as const;

/** What a customer says for itself. */
export class GiveConsentBody {
  /**
   * Being written to by a channel, or being sorted by what one buys (`profiling`).
   * @example "email"
   */
  @IsIn(PURPOSES)
  purpose: (typeof PURPOSES)[number];

  /** False: taken back. */
  @IsBoolean()
  granted: boolean;

  /**
   * Version of the text that was shown.
   * @example "2026-03"
   */
  @IsString()
  @Length(1, 60)
  textVersion: string;

  /**
   * What was agreed to, in the words that were shown.
   * @example "Send me news once a month."
   */
  @IsOptional()
  @IsString()
  @MaxLength(4_000)
  wording?: string | null;

  /**
   * Where it was given; default the account page.
   * @example "Account page"
   */
  @MayBeAbsent()
  @IsString()
  @Length(1, 120)
  @Matches(/\S/, { message: 'source must not be blank' })
  source?: string;
}

export class RecordConsentBody {
  /**
   * Being written to by a channel, or being sorted by what they buy (`profiling`).
   * @example "email"
   */
  @IsIn(['email', 'sms', 'phone', 'post', 'profiling'])
  purpose: 'email' | 'sms' | 'phone' | 'post' | 'profiling';

  /** False: taken back. */
  @IsBoolean()
  granted: boolean;

  /**
   * Where it was given.
   * @example "Newsletter form"
   */
  @IsString()
  @Length(1, 120)
  @Matches(/\S/, { message: 'source must not be blank' })
  source: string;

  /**
   * What was agreed to, in the words that the customer saw.
   * @example "Send me news once a month."
   */
  @IsOptional()
  @IsString()
  @MaxLength(4_000)
  wording?: string | null;

  /**
   * Version of these words.
   * @example "2026-03"
   */
  @IsOptional()
  @IsString()
  @Length(1, 60)
  textVersion?: string | null;

  /**
   * When it was given, where that was earlier than now.
   * @example "2026-03-01T12:00:00Z"
   */
  @MayBeAbsent()
  @IsTime()
  givenAt?: string;
}

export class ListConsentsParams extends ListQuery {
  /** @example "email" */
  @MayBeAbsent()
  @IsIn(['email', 'sms', 'phone', 'post', 'profiling'])
  purpose?: 'email' | 'sms' | 'phone' | 'post' | 'profiling';
}

export class ConsentDetailsView implements ConsentView {
  /** @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c" */
  id: string;
  /** @example "email" */
  purpose: 'email' | 'sms' | 'phone' | 'post' | 'profiling';
  granted: boolean;
  /** @example "Newsletter form" */
  source: string;
  /** @example "Send me news once a month." */
  wording: string | null;
  /** @example "2026-03" */
  textVersion: string | null;
  givenAt: Date;
  recordedAt: Date;
  /**
   * User who wrote it down; null: a program.
   * @example null
   */
  recordedBy: string | null;
}
