import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsInt, IsObject, IsOptional, IsString, Length, Max, MaxLength, Min } from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { AnyOf, ListQuery } from '../../../kernel/http/pagination';
import type { FraudDecision } from '../contracts/assess-payment';
import { DECISIONS, RULE_MODES, type RuleMode } from '../domain/decision';
import type { Operator, SignalType } from '../domain/signals';
import { EXAMPLE } from './fraud.dto';

export const CONDITION = {
  type: 'object',
  additionalProperties: true,
  description:
    'A comparison `{signal, op, value}`, or `{all: [...]}`, `{any: [...]}`, `{not: ...}` over conditions, at most 5 deep.',
  example: EXAMPLE,
} as const;

/** A condition over signals, and what a hit means. */
export class FraudRuleTermsBody {
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

/** A rule. */
export class CreateFraudRuleBody extends FraudRuleTermsBody {
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
