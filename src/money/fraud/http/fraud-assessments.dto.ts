import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsString, MaxLength, ValidateIf } from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { AnyOf, ListQuery, TimeRange, TimeRangeFilter } from '../../../kernel/http/pagination';
import type { FraudDecision } from '../contracts/assess-payment';
import { DECISIONS } from '../domain/decision';
import { LISTS, type ListName } from '../domain/list-entry';
import { LABELS, OUTCOMES, type Label, type Outcome } from '../domain/outcome';
import { FraudMoneyView, FraudPayableView } from './fraud.dto';

export class ListFraudAssessmentsParams extends ListQuery {
  @AnyOf(DECISIONS)
  decision?: FraudDecision[];

  @AnyOf(OUTCOMES)
  outcome?: Outcome[];

  @AnyOf(LABELS)
  label?: Label[];

  /** Id of what was paid for, such as an order. */
  @MayBeAbsent()
  @IsString()
  @MaxLength(100)
  payableId?: string;

  @TimeRangeFilter()
  createdAt?: TimeRange;
}

export class FraudAssessmentView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c */
  id: string;
  /** The try of the payment. */
  attemptId: string;
  /** Null while the gateway has not answered. */
  paymentId: string | null;
  payable: FraudPayableView;
  amount: FraudMoneyView;
  @ApiProperty({ enum: DECISIONS, example: 'review' })
  decision: FraudDecision;
  /** What it would be with the rules in shadow. */
  @ApiProperty({ enum: DECISIONS, example: 'review' })
  shadowDecision: FraudDecision;
  /** @example 40 */
  score: number;
  /** @example ["Many tries: Tries to pay with the same email address in 1 hour: 6 (is more than 5)"] */
  reasons: string[];
  @ApiProperty({ enum: OUTCOMES, example: 'paid' })
  outcome: Outcome;
  @ApiProperty({ enum: LABELS, nullable: true, example: 'fraud' })
  label: Label | null;
  labelSource: string | null;
  email: string | null;
  ip: string | null;
  card: string | null;
  /** @example 2026-03-01T12:00:00.000Z */
  createdAt: string;
}

export class FraudSignalValueView {
  /** @example tries.email.1h */
  name: string;
  /** @example Tries to pay with the same email address in 1 hour */
  label: string;
  @ApiProperty({ oneOf: [{ type: 'number' }, { type: 'string' }, { type: 'boolean' }], example: 6 })
  value: number | string | boolean;
}

export class FraudHitView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c */
  ruleId: string;
  /** @example 1 */
  version: number;
  /** @example Many tries or a proxy */
  name: string;
  @ApiProperty({ enum: ['shadow', 'live'], example: 'live' })
  mode: 'shadow' | 'live';
  /** @example 40 */
  weight: number;
  @ApiProperty({ enum: DECISIONS, nullable: true, example: 'review' })
  decision: FraudDecision | null;
  /** @example ["Tries to pay with the same email address in 1 hour: 6 (is more than 5)"] */
  because: string[];
}

export class FraudListHitView {
  @ApiProperty({ enum: LISTS, example: 'block' })
  list: ListName;
  /** @example ip */
  kind: string;
  /** @example 192.0.2.0/24 */
  value: string;
}

export class FraudReplayView {
  @ApiProperty({ enum: DECISIONS, example: 'review' })
  decision: FraudDecision;
  /** @example 40 */
  score: number;
  /** @example true */
  same: boolean;
}

/** What moved a model's answer. */
export class FraudModelReasonView {
  /** @example shopper.refusals */
  signal: string;
  /** @example Declined or blocked tries of this email address or account in 90 days */
  label: string;
  /** Log-odds, positive towards fraud.
   * @example 0.82 */
  weight: number;
}

export class FraudAssessmentDetailsView extends FraudAssessmentView {
  signals: FraudSignalValueView[];
  hits: FraudHitView[];
  lists: FraudListHitView[];
  /** What most moved the model's answer; empty where no model answered. */
  model: FraudModelReasonView[];
  /** The same signals, judged again by the same versions of the rules. */
  replay: FraudReplayView;
}

/** What a try turned out to be; null takes it back. */
export class LabelFraudAssessmentBody {
  @ApiProperty({ enum: LABELS, nullable: true, example: 'fraud' })
  @ValidateIf((_body, value: unknown) => value !== null)
  @IsIn(LABELS)
  label: Label | null;
}
