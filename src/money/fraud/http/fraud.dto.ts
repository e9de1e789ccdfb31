import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  IsUUID,
  Length,
  Max,
  MaxLength,
  Min,
  ValidateBy,
  ValidateIf,
} from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { AnyOf, IsTime, ListQuery, TimeRange, TimeRangeFilter } from '../../../kernel/http/pagination';
import type { FraudDecision } from '../contracts/assess-payment';
import { DECISIONS, RULE_MODES, type RuleMode } from '../domain/decision';
import { ENTRY_KINDS, LISTS, type EntryKind, type ListName } from '../domain/list-entry';
import { LABELS, OUTCOMES, type Label, type Outcome } from '../domain/outcome';
import { isSignal, signalType, type Operator, type SignalType } from '../domain/signals';

const EXAMPLE = {
  any: [
    { signal: 'tries.email.1h', op: 'gt', value: 5 },
    { signal: 'ip.proxy', op: 'eq', value: true },
  ],
};

/** Values of signals, by their names. */
const IsSignals = (): PropertyDecorator =>
  ValidateBy({
    name: 'isSignals',
    validator: {
      validate: (given: unknown) =>
        typeof given === 'object' &&
        given !== null &&
        Object.keys(given).length <= 200 &&
        Object.entries(given).every(
          ([name, value]) => isSignal(name) && typeof value === signalType(name) && String(value).length <= 200,
        ),
      defaultMessage: () => 'signals must have values of their types by names that GET /fraud/signals lists',
    },
  });

/** Money in minor units. */
export class FraudMoneyView {
  /** @example 1250 */
  amount: number;
  /** @example EUR */
  currency: string;
}

/** What is paid for. */
export class FraudPayableView {
  /** @example order */
  type: string;
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c */
  id: string;
}

/** How strictly a shop judges. Scores run from 0 to 100; null is never. */
export class FraudSettingsBody {
  /**
   * False judges nothing, whatever rules and lists say.
   * @example true
   */
  @IsBoolean()
  enabled: boolean;

  /** Score from which on the shopper's bank is asked (3-D Secure), where the gateway can. */
  @ApiPropertyOptional({ type: 'integer', nullable: true, example: 30 })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(100)
  challengeAt?: number | null;

  /** Score from which on the money is only reserved, and a person decides. */
  @ApiPropertyOptional({ type: 'integer', nullable: true, example: 60 })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(100)
  reviewAt?: number | null;

  /** Score from which on the payment is refused. */
  @ApiPropertyOptional({ type: 'integer', nullable: true, example: 90 })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(100)
  blockAt?: number | null;

  /** Minutes within which a review should be decided. */
  @ApiPropertyOptional({ type: 'integer', default: 240, example: 240 })
  @MayBeAbsent()
  @IsInt()
  @Min(1)
  @Max(10_080)
  reviewDueMinutes?: number;

  /** Hours after which an open review is rejected by itself; providers keep what is reserved for some seven days. */
  @ApiPropertyOptional({ type: 'integer', default: 144, example: 144 })
  @MayBeAbsent()
  @IsInt()
  @Min(1)
  @Max(720)
  rejectAfterHours?: number;
}

export class FraudSettingsView {
  /** @example true */
  enabled: boolean;
  /** @example 30 */
  challengeAt: number | null;
  /** @example 60 */
  reviewAt: number | null;
  /** @example 90 */
  blockAt: number | null;
  /** @example 240 */
  reviewDueMinutes: number;
  /** @example 144 */
  rejectAfterHours: number;
}

const CONDITION = {
  type: 'object',
  additionalProperties: true,
  description:
    'A comparison `{signal, op, value}`, or `{all: [...]}`, `{any: [...]}`, `{not: ...}` over conditions, at most 5 deep.',
  example: EXAMPLE,
} as const;

/** A rule: a condition over signals, and what a hit means. */
export class CreateFraudRuleBody {
  /** @example Many tries or a proxy */
  @IsString()
  @Length(1, 200)
  name: string;

  @ApiPropertyOptional({ type: String, nullable: true, example: 'Bots that try stolen cards' })
  @IsOptional()
  @IsString()
  @MaxLength(2_000)
  description?: string | null;

  /** `shadow` judges and is reported, and decides nothing. */
  @ApiPropertyOptional({ enum: RULE_MODES, default: 'shadow', example: 'shadow' })
  @MayBeAbsent()
  @IsIn(RULE_MODES)
  mode?: RuleMode;

  @ApiProperty(CONDITION)
  @IsObject()
  condition: object;

  /** Points that a hit adds to the score. */
  @ApiPropertyOptional({ type: 'integer', minimum: -100, maximum: 100, default: 0, example: 40 })
  @MayBeAbsent()
  @IsInt()
  @Min(-100)
  @Max(100)
  weight?: number;

  /** What a hit demands whatever the score; null adds points alone. */
  @ApiPropertyOptional({ enum: DECISIONS, nullable: true, example: 'review' })
  @IsOptional()
  @IsIn(DECISIONS)
  decision?: FraudDecision | null;
}

/** What is absent stays; every change makes a new version. */
export class ChangeFraudRuleBody {
  /** @example Many tries or a proxy */
  @MayBeAbsent()
  @IsString()
  @Length(1, 200)
  name?: string;

  @ApiPropertyOptional({ type: String, nullable: true })
  @IsOptional()
  @IsString()
  @MaxLength(2_000)
  description?: string | null;

  @ApiPropertyOptional({ enum: RULE_MODES, example: 'live' })
  @MayBeAbsent()
  @IsIn(RULE_MODES)
  mode?: RuleMode;

  @ApiPropertyOptional(CONDITION)
  @MayBeAbsent()
  @IsObject()
  condition?: object;

  @ApiPropertyOptional({ type: 'integer', minimum: -100, maximum: 100, example: 40 })
  @MayBeAbsent()
  @IsInt()
  @Min(-100)
  @Max(100)
  weight?: number;

  @ApiPropertyOptional({ enum: DECISIONS, nullable: true, example: 'review' })
  @IsOptional()
  @IsIn(DECISIONS)
  decision?: FraudDecision | null;
}

export class ListFraudRulesParams extends ListQuery {
  @AnyOf(RULE_MODES)
  mode?: RuleMode[];
}

export class FraudRuleView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c */
  id: string;
  /** @example 1 */
  version: number;
  /** @example Many tries or a proxy */
  name: string;
  description: string | null;
  @ApiProperty({ enum: RULE_MODES, example: 'shadow' })
  mode: RuleMode;
  @ApiProperty(CONDITION)
  condition: object;
  /** @example 40 */
  weight: number;
  @ApiProperty({ enum: DECISIONS, nullable: true, example: 'review' })
  decision: FraudDecision | null;
  /** @example 2026-03-01T12:00:00.000Z */
  createdAt: string;
  /** @example 2026-03-01T12:00:00.000Z */
  updatedAt: string;
}

export class FraudRuleVersionView {
  /** @example 1 */
  version: number;
  /** @example Many tries or a proxy */
  name: string;
  @ApiProperty({ enum: RULE_MODES, example: 'shadow' })
  mode: RuleMode;
  @ApiProperty(CONDITION)
  condition: object;
  /** @example 40 */
  weight: number;
  @ApiProperty({ enum: DECISIONS, nullable: true, example: 'review' })
  decision: FraudDecision | null;
  /** @example 2026-03-01T12:00:00.000Z */
  at: string;
  changedBy: string | null;
}

export class FraudRuleVersionsView {
  data: FraudRuleVersionView[];
}

export class FraudSignalView {
  /** @example tries.email.1h */
  name: string;
  /** @example Tries to pay with the same email address in 1 hour */
  label: string;
  @ApiProperty({ enum: ['number', 'string', 'boolean'], example: 'number' })
  type: SignalType;
  /** @example ["eq", "gt"] */
  operators: Operator[];
}

export class FraudSignalsView {
  data: FraudSignalView[];
  /** Names of further counts. */
  velocityPattern: string;
}

class EntryTermsBody {
  @ApiProperty({ enum: LISTS, example: 'block' })
  @IsIn(LISTS)
  list: ListName;

  @ApiProperty({ enum: ENTRY_KINDS, example: 'ip' })
  @IsIn(ENTRY_KINDS)
  kind: EntryKind;

  @ApiPropertyOptional({ type: String, nullable: true, example: 'Card testing in March' })
  @IsOptional()
  @IsString()
  @MaxLength(500)
  note?: string | null;

  /** From then on it counts no more; null: it counts until it is removed. */
  @ApiPropertyOptional({ type: String, nullable: true, example: '2036-01-01T00:00:00Z' })
  @IsOptional()
  @IsTime()
  expiresAt?: string | null;
}

/** A value on a list. `proxy` takes addresses and networks, `disposable` domains; both only feed signals. */
export class AddFraudListEntryBody extends EntryTermsBody {
  /**
   * Domains count for those below them, networks (CIDR) for their addresses.
   * @example 192.0.2.0/24
   */
  @IsString()
  @Length(1, 320)
  value: string;
}

/** Many values on one list. */
export class AddFraudListEntriesBody extends EntryTermsBody {
  /** @example ["192.0.2.0/24", "198.51.100.7"] */
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(5_000)
  @IsString({ each: true })
  @Length(1, 320, { each: true })
  values: string[];
}

export class AddedFraudListEntriesView {
  /** @example 2 */
  added: number;
  /** Values that had an entry already.
   * @example 0 */
  known: number;
  /** Values that are none of their kind. */
  refused: string[];
}

export class ListFraudListEntriesParams extends ListQuery {
  @AnyOf(LISTS)
  list?: ListName[];

  @AnyOf(ENTRY_KINDS)
  kind?: EntryKind[];

  /** An address, domain, network or other value, as it stands on the list. */
  @MayBeAbsent()
  @IsString()
  @MaxLength(320)
  value?: string;
}

export class FraudListEntryView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c */
  id: string;
  @ApiProperty({ enum: LISTS, example: 'block' })
  list: ListName;
  @ApiProperty({ enum: ENTRY_KINDS, example: 'ip' })
  kind: EntryKind;
  /** @example 192.0.2.0/24 */
  value: string;
  note: string | null;
  expiresAt: string | null;
  createdBy: string | null;
  /** @example 2026-03-01T12:00:00.000Z */
  createdAt: string;
}

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

/** A condition with made-up signals. */
export class TestFraudConditionBody {
  @ApiProperty(CONDITION)
  @IsObject()
  condition: object;

  /** Values by name of the signal; what is absent is not known. */
  @ApiProperty({
    type: 'object',
    additionalProperties: { oneOf: [{ type: 'number' }, { type: 'string' }, { type: 'boolean' }] },
    example: { 'tries.email.1h': 6, 'ip.proxy': false },
  })
  @IsSignals()
  signals: Record<string, number | string | boolean>;
}

export class TestedFraudConditionView {
  /** @example true */
  hit: boolean;
  /** @example ["Tries to pay with the same email address in 1 hour: 6 (is more than 5)"] */
  because: string[];
}

/** A rule that is not there yet, or one that takes the place of another. */
export class DryRunFraudRuleBody {
  /** Rule that the draft takes the place of. */
  @ApiPropertyOptional({ type: String, format: 'uuid', nullable: true, example: null })
  @IsOptional()
  @IsUUID()
  ruleId?: string | null;

  @ApiProperty(CONDITION)
  @IsObject()
  condition: object;

  @ApiPropertyOptional({ type: 'integer', minimum: -100, maximum: 100, default: 0, example: 40 })
  @MayBeAbsent()
  @IsInt()
  @Min(-100)
  @Max(100)
  weight?: number;

  @ApiPropertyOptional({ enum: DECISIONS, nullable: true, example: 'review' })
  @IsOptional()
  @IsIn(DECISIONS)
  decision?: FraudDecision | null;

  /** First moment of the tries that are judged again; default 90 days before `to`. */
  @ApiPropertyOptional({ type: String, example: '2026-01-01T00:00:00Z' })
  @MayBeAbsent()
  @IsTime()
  from?: string;

  /** Last moment; default now. */
  @ApiPropertyOptional({ type: String, example: '2036-01-01T00:00:00Z' })
  @MayBeAbsent()
  @IsTime()
  to?: string;
}

export class FraudChangeView {
  @ApiProperty({ enum: DECISIONS, example: 'allow' })
  from: FraudDecision;
  @ApiProperty({ enum: DECISIONS, example: 'review' })
  to: FraudDecision;
  /** @example 12 */
  tries: number;
  /** @example 9 */
  fraud: number;
  /** @example 1 */
  legitimate: number;
}

export class FraudSampleView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c */
  assessmentId: string;
  /** @example ["Tries to pay with the same email address in 1 hour: 6 (is more than 5)"] */
  because: string[];
  @ApiProperty({ enum: DECISIONS, example: 'allow' })
  from: FraudDecision;
  @ApiProperty({ enum: DECISIONS, example: 'review' })
  to: FraudDecision;
}

export class DryRunFraudRuleView {
  /** Tries that were judged again, the newest of the time asked for.
   * @example 1200 */
  tries: number;
  /** There were more. */
  truncated: boolean;
  /** @example 14 */
  hits: number;
  /** @example 9 */
  fraudHits: number;
  /** @example 1 */
  legitimateHits: number;
  /** Of the hits whose truth is known, the share that was fraud. */
  @ApiProperty({ type: Number, nullable: true, example: 0.9 })
  precision: number | null;
  /** Of the fraud that is known, the share that is hit. */
  @ApiProperty({ type: Number, nullable: true, example: 0.45 })
  recall: number | null;
  /** Tries that would be decided otherwise. */
  changes: FraudChangeView[];
  /** The newest hits. */
  samples: FraudSampleView[];
}

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

/** What a try turned out to be; null takes it back. */
export class LabelFraudAssessmentBody {
  @ApiProperty({ enum: LABELS, nullable: true, example: 'fraud' })
  @ValidateIf((_body, value: unknown) => value !== null)
  @IsIn(LABELS)
  label: Label | null;
}

const MODEL_STATES = ['training', 'ready', 'failed'] as const;

/** A model that was trained on what the shop's tries turned out to be. */
export class FraudModelView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c */
  id: string;
  /** @example 1 */
  version: number;
  @ApiProperty({ enum: MODEL_STATES, example: 'ready' })
  status: (typeof MODEL_STATES)[number];
  /** It gives the signal `model.score`.
   * @example false */
  active: boolean;
  /** Tries that it learnt from.
   * @example 900 */
  samples: number | null;
  /** @example 60 */
  frauds: number | null;
  /** Newer tries that it was measured on.
   * @example 300 */
  tested: number | null;
  /** @example 20 */
  testedFrauds: number | null;
  /** Area under precision over recall on these. */
  @ApiProperty({ type: Number, nullable: true, example: 0.81 })
  modelPrecision: number | null;
  /** The same for the score of the rules. */
  @ApiProperty({ type: Number, nullable: true, example: 0.54 })
  rulesPrecision: number | null;
  /** @example 2026-03-01T12:00:00.000Z */
  createdAt: string;
  trainedAt: string | null;
}

export class FraudModelsView {
  data: FraudModelView[];
}

export class ChangeFraudModelBody {
  /** Lets it give the signal `model.score`, in the place of any other.
   * @example true */
  @IsBoolean()
  active: boolean;
}
