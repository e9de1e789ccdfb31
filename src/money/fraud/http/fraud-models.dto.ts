import { ApiProperty } from '@nestjs/swagger';
import { IsBoolean } from 'class-validator';

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
