import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { IsTime } from '../../../kernel/http/pagination';
import { RULE_MODES, type RuleMode } from '../domain/decision';
import { FraudMoneyView } from './fraud.dto';

export class FraudAnalyticsParams {
  /** Default 30 days before `to`. */
  @ApiPropertyOptional({ type: String, example: '2026-01-01T00:00:00Z' })
  @MayBeAbsent()
  @IsTime()
  from?: string;

  /** Exclusive; default now. */
  @ApiPropertyOptional({ type: String, example: '2036-01-01T00:00:00Z' })
  @MayBeAbsent()
  @IsTime()
  to?: string;
}

export class FraudDecisionsView {
  /** @example 940 */
  allow: number;
  /** @example 30 */
  challenge: number;
  /** @example 20 */
  review: number;
  /** @example 10 */
  block: number;
}

export class FraudOutcomesView {
  /** @example 5 */
  open: number;
  /** @example 10 */
  blocked: number;
  /** @example 80 */
  declined: number;
  /** @example 5 */
  reserved: number;
  /** @example 890 */
  paid: number;
  /** @example 10 */
  let_go: number;
}

export class FraudLabelsView {
  /** @example 12 */
  fraud: number;
  /** @example 15 */
  legitimate: number;
}

export class FraudRatesView {
  @ApiProperty({ type: Number, nullable: true, example: 0.01 })
  block: number | null;
  @ApiProperty({ type: Number, nullable: true, example: 0.02 })
  review: number | null;
  @ApiProperty({ type: Number, nullable: true, example: 0.08 })
  decline: number | null;
  /** Of what was paid. */
  @ApiProperty({ type: Number, nullable: true, example: 0.01 })
  fraud: number | null;
}

export class FraudAmountsView {
  tried: FraudMoneyView;
  paid: FraudMoneyView;
  blocked: FraudMoneyView;
  /** Paid, and proved to be fraud. */
  fraud: FraudMoneyView;
}

export class FraudReviewCountsView {
  /** @example 20 */
  opened: number;
  /** @example 2 */
  open: number;
  /** @example 12 */
  approved: number;
  /** @example 5 */
  rejected: number;
  /** Of the rejected ones, those that nobody decided.
   * @example 1 */
  lapsed: number;
  /** @example 1 */
  closed: number;
  /** @example 3 */
  overdue: number;
  /** Median minutes until people decided. */
  @ApiProperty({ type: Number, nullable: true, example: 34.5 })
  medianMinutes: number | null;
}

export class FraudRuleRecordView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c */
  ruleId: string;
  /** @example Many tries or a proxy */
  name: string;
  /** As it is now; null where it was deleted. */
  @ApiProperty({ enum: RULE_MODES, nullable: true, example: 'live' })
  mode: RuleMode | null;
  /** @example 14 */
  hits: number;
  /** @example 9 */
  fraud: number;
  /** @example 1 */
  legitimate: number;
  @ApiProperty({ type: Number, nullable: true, example: 0.9 })
  precision: number | null;
  @ApiProperty({ type: Number, nullable: true, example: 0.75 })
  recall: number | null;
}

export class FraudAnalyticsView {
  /** @example 2026-01-01T00:00:00.000Z */
  from: string;
  /** @example 2026-02-01T00:00:00.000Z */
  to: string;
  /** @example 1000 */
  tries: number;
  decisions: FraudDecisionsView;
  outcomes: FraudOutcomesView;
  labels: FraudLabelsView;
  rates: FraudRatesView;
  amounts: FraudAmountsView[];
  reviews: FraudReviewCountsView;
  rules: FraudRuleRecordView[];
}
