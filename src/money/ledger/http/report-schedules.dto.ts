import { PartialType } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsEmail,
  IsIn,
  IsInt,
  IsString,
  Max,
  MaxLength,
  Min,
  ValidateBy,
} from 'class-validator';
import { pageOf } from '../../../kernel/http/pagination';
import { isCurrency } from '../../../kernel/money/money';
import { PERIODS, type Period } from '../domain/report-periods';
import { GROUPINGS, REPORTS, type ReportName } from '../domain/reports';
import type { ReportRunFacts, ReportScheduleFacts } from '../queries/report-schedules';
import { IsTimeZone } from './finance.dto';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';

const FILE_FORMATS = ['csv', 'pdf'] as const;
const GROUPS = [...new Set<string>([...Object.values(GROUPINGS).flat(), ...PERIODS])];
const MOST_RECIPIENTS = 20;

/** A report that is mailed by itself, about the period before. */
export class CreateReportScheduleBody {
  /** @example "profit-and-loss" */
  @IsIn(REPORTS)
  report: ReportName;

  /**
   * As the report itself is grouped; default not at all.
   * @example ["product"]
   */
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(2)
  @IsIn(GROUPS, { each: true })
  groupBy?: string[];

  /** One currency alone; default all. */
  @MayBeAbsent()
  @ValidateBy({
    name: 'isCurrency',
    validator: { validate: isCurrency, defaultMessage: () => 'currency must be an ISO 4217 code such as EUR' },
  })
  currency?: string;

  /** @example "pdf" */
  @IsIn(FILE_FORMATS)
  format: 'csv' | 'pdf';

  /**
   * What one report is about.
   * @example "month"
   */
  @IsIn(PERIODS)
  every: Period;

  /**
   * Day of the next period on which it is mailed: 1 to 28, of a week 1 (Monday) to 7; default 1.
   * @example 2
   */
  @MayBeAbsent()
  @IsInt()
  @Min(1)
  @Max(28)
  day?: number;

  /**
   * Hour of that day; default 6.
   * @example 6
   */
  @MayBeAbsent()
  @IsInt()
  @Min(0)
  @Max(23)
  hour?: number;

  /**
   * IANA name; default the organization's.
   * @example "Europe/Vienna"
   */
  @MayBeAbsent()
  @IsString()
  @MaxLength(64)
  @IsTimeZone()
  timeZone?: string;

  /** @example ["books@example.com"] */
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MOST_RECIPIENTS)
  @ArrayUnique((email: unknown) => (typeof email === 'string' ? email.toLowerCase() : email))
  @MaxLength(254, { each: true })
  @IsEmail({}, { each: true })
  recipients: string[];

  /** Default true. */
  @MayBeAbsent()
  @IsBoolean()
  enabled?: boolean;
}

/** What of a schedule is changed. Who is left out of `recipients` gets no more. */
export class ChangeReportScheduleBody extends PartialType(CreateReportScheduleBody) {}

export class ReportRecipientView {
  /** @example "books@example.com" */
  email: string;
  /**
   * When the person said so by a link of a mail; it is written to no more.
   * @example null
   */
  unsubscribedAt: string | null;
}

/** A report that is mailed by itself. */
export class ReportScheduleView implements ReportScheduleFacts {
  /** @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c" */
  id: string;
  /** @example "profit-and-loss" */
  report: ReportName;
  /** @example ["product"] */
  groupBy: string[];
  /** @example null */
  currency: string | null;
  /** @example "pdf" */
  format: 'csv' | 'pdf';
  /** @example "month" */
  every: Period;
  /** @example 2 */
  day: number;
  /** @example 6 */
  hour: number;
  /** @example "Europe/Vienna" */
  timeZone: string;
  enabled: boolean;
  /**
   * When it is mailed next; null while it is not enabled.
   * @example "2026-04-02T04:00:00.000Z"
   */
  nextAt: string | null;
  recipients: ReportRecipientView[];
}

export class ReportSchedulePage extends pageOf(ReportScheduleView) {}

/** One period of a schedule. */
export class ReportRunView implements ReportRunFacts {
  /** @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c" */
  id: string;
  /** @example "2026-03-01T00:00:00.000Z" */
  from: string;
  /** @example "2026-04-01T00:00:00.000Z" */
  to: string;
  /**
   * `failed`: it could not be made, `error` says why; `skipped`: the schedule was disabled meanwhile.
   * @example "sent"
   */
  state: 'due' | 'sent' | 'failed' | 'skipped';
  /** @example null */
  error: string | null;
  /** @example "profit-and-loss-2026-03-01-2026-03-31.pdf" */
  fileName: string | null;
  /**
   * How many were written to.
   * @example 1
   */
  recipients: number;
  /** @example "2026-04-02T04:00:01.000Z" */
  doneAt: string | null;
}

export class ReportRunPage extends pageOf(ReportRunView) {}
