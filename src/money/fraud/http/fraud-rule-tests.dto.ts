import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsObject, IsOptional, IsUUID, ValidateBy } from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { IsTime } from '../../../kernel/http/pagination';
import type { FraudDecision } from '../contracts/assess-payment';
import { DECISIONS } from '../domain/decision';
import { isSignal, signalType } from '../domain/signals';
import { CONDITION, FraudRuleTermsBody } from './fraud-rules.dto';

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
export class DryRunFraudRuleBody extends FraudRuleTermsBody {
  /** Rule that the draft takes the place of. */
  @ApiPropertyOptional({ type: String, format: 'uuid', nullable: true, example: null })
  @IsOptional()
  @IsUUID()
  ruleId?: string | null;

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
