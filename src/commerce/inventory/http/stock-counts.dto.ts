import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsString,
  IsUUID,
  Length,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateBy,
  ValidateNested,
  type ValidationArguments,
} from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { AnyOf, AnyOfIds, IsTime, ListQuery } from '../../../kernel/http/pagination';
import {
  COUNT_STATES,
  SERIAL_FINDINGS,
  UNCOUNTED,
  type CountState,
  type SerialFinding,
  type Uncounted,
} from '../domain/stock-count';
import { MOST_PIECES } from './inventory.dto';
import { LineSerials } from './line-serials';
import { UnitCostBody, UnitCostView } from './lots.dto';

export class OpenCountBody {
  /** Where it is counted; the shop's default location when left out. */
  @MayBeAbsent()
  @IsUUID()
  locationId?: string;

  /**
   * The articles to count; all that lies there when left out.
   * @example ["TEA-100"]
   */
  @MayBeAbsent()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(1000)
  @ArrayUnique()
  @IsString({ each: true })
  @Length(1, 64, { each: true })
  skus?: string[];

  /**
   * Who counts is not told what should be there; default false.
   * @example true
   */
  @MayBeAbsent()
  @IsBoolean()
  blind?: boolean;

  /** @example "Shelf 4, end of quarter" */
  @MayBeAbsent()
  @IsString()
  @Length(1, 500)
  @Matches(/\S/, { message: 'note must not be blank' })
  note?: string;
}

/** Of a batch that nobody knew of. */
export class FoundLotBody {
  @MayBeAbsent()
  @IsTime()
  expiresAt?: string;

  @MayBeAbsent()
  @IsTime()
  bestBeforeAt?: string;

  /** From then on it is never given out; default: expiresAt. */
  @MayBeAbsent()
  @IsTime()
  removeAt?: string;

  @MayBeAbsent()
  @IsTime()
  alertAt?: string;

  /** What a piece cost. */
  @MayBeAbsent()
  @ValidateNested()
  @Type(() => UnitCostBody)
  unitCost?: UnitCostBody;
}

export class CountedLineBody {
  /** @example "TEA-100" */
  @IsString()
  @Length(1, 64)
  sku: string;

  /**
   * The batch; pieces without a batch number when left out. With `serials`: the batch of pieces that nobody knew of.
   * @example "L2026-117"
   */
  @MayBeAbsent()
  @IsString()
  @Matches(/^[!-~](?:[ -~]{0,48}[!-~])?$/, {
    message: 'lotNumber is 1 to 50 printable ASCII characters without spaces at its ends',
  })
  lotNumber?: string;

  /**
   * Pieces that lie there, whether they can be sold or not; or `serials`.
   * @example 11
   */
  @MayBeAbsent()
  @ValidateBy({
    name: 'countedOrSerials',
    validator: {
      validate: (_, args) => (args as ValidationArguments & { object: CountedLineBody }).object.serials === undefined,
      defaultMessage: () => 'say counted or serials, not both',
    },
  })
  @IsInt()
  @Min(0)
  @Max(MOST_PIECES)
  counted?: number;

  @LineSerials({
    description:
      'All serial numbers that were read of the article there, whichever their batch, of an article that is tracked by them; ' +
      'empty: none. Or `counted`.',
    least: 0,
  })
  serials?: string[];

  /** When it was counted, since the count was opened; now when left out. */
  @MayBeAbsent()
  @IsTime()
  countedAt?: string;

  /** Takes a batch that nobody knew of into the books. */
  @MayBeAbsent()
  @ValidateBy({
    name: 'lotNeedsNumber',
    validator: {
      validate: (_, args) => (args as ValidationArguments & { object: CountedLineBody }).object.lotNumber !== undefined,
      defaultMessage: () => 'lot needs a lotNumber',
    },
  })
  @MayBeAbsent()
  @ValidateNested()
  @Type(() => FoundLotBody)
  lot?: FoundLotBody;
}

export class RecordCountBody {
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(500)
  @ValidateNested({ each: true })
  @Type(() => CountedLineBody)
  lines: CountedLineBody[];
}

export class ApproveCountBody {
  /**
   * What becomes of lines that nobody counted: the count is refused (default), they stay as they are, or nothing lies
   * there.
   */
  @ApiPropertyOptional({ enum: UNCOUNTED, default: 'refuse', example: 'keep' })
  @MayBeAbsent()
  @IsIn(UNCOUNTED)
  uncounted?: Uncounted;
}

export class CancelCountBody {
  /** @example "Fire drill" */
  @MayBeAbsent()
  @IsString()
  @Length(1, 200)
  @Matches(/\S/, { message: 'reason must not be blank' })
  reason?: string;
}

export class ListCountsParams extends ListQuery {
  @AnyOf([...COUNT_STATES])
  state?: string[];

  @AnyOfIds()
  locationId?: string[];
}

export class ListCountLinesParams extends ListQuery {
  @ApiPropertyOptional({ example: 'TEA-100' })
  @MayBeAbsent()
  @IsString()
  @MaxLength(64)
  sku?: string;

  @AnyOf(['uncounted', 'counted'])
  progress?: string[];
}

export class ListCountSerialsParams extends ListQuery {
  @ApiPropertyOptional({ example: 'TEA-100' })
  @MayBeAbsent()
  @IsString()
  @MaxLength(64)
  sku?: string;

  @AnyOf([...SERIAL_FINDINGS])
  finding?: string[];
}

/** A serial number that was read, or that should have been. */
export class CountSerialView {
  id: string;
  /** @example "TEA-100" */
  sku: string;
  /** Null: no batch number. */
  @ApiProperty({ type: String, nullable: true, example: 'L2026-117' })
  lotNumber: string | null;
  /** @example "SN-0001" */
  serial: string;
  /** `seen`: where the books say; `missing`: it should lie there and was not read; `found`: nobody knew of it. */
  @ApiProperty({ enum: SERIAL_FINDINGS, example: 'missing' })
  finding: SerialFinding;
}

export class CountView {
  id: string;
  locationId: string;
  /** All that lies there is counted, not some articles alone. */
  wholeLocation: boolean;
  blind: boolean;
  @ApiProperty({ enum: COUNT_STATES, example: 'open' })
  state: CountState;
  @ApiProperty({ type: String, nullable: true, example: 'Shelf 4, end of quarter' })
  note: string | null;
  /** Why it was given up. */
  @ApiProperty({ type: String, nullable: true, example: null })
  reason: string | null;
  @ApiProperty({ type: String, nullable: true, example: null })
  createdBy: string | null;
  /** @example "2026-03-01T12:00:00.000Z" */
  createdAt: string;
  /** Who approved or cancelled it. */
  @ApiProperty({ type: String, nullable: true, example: null })
  settledBy: string | null;
  @ApiProperty({ type: String, nullable: true, example: null })
  settledAt: string | null;
  /** @example 1 */
  version: number;
  /** @example 12 */
  lines: number;
  /**
   * Lines that were counted.
   * @example 3
   */
  counted: number;
  /** Counted lines that differ; null while a blind count is open, and so are the next two. */
  @ApiProperty({
    type: 'integer',
    nullable: true,
    example: 1,
    description: 'Counted lines that differ; null while a blind count is open, and so are the next two.',
  })
  differing: number | null;
  @ApiProperty({ type: 'integer', nullable: true, example: 2 })
  missingPieces: number | null;
  @ApiProperty({ type: 'integer', nullable: true, example: 0 })
  foundPieces: number | null;
  /** What approving changed, at the cost of the lots; what was missing is negative. Null before. */
  @ApiProperty({
    type: [UnitCostView],
    nullable: true,
    description: 'What approving changed, at the cost of the lots; what was missing is negative. Null before.',
  })
  value: UnitCostView[] | null;
}

export class CountLineView {
  id: string;
  /** @example "TEA-100" */
  sku: string;
  /** Null: pieces without a batch number. */
  @ApiProperty({ type: String, nullable: true, example: 'L2026-117' })
  lotNumber: string | null;
  @ApiProperty({ type: 'integer', nullable: true, example: 11 })
  counted: number | null;
  /** What lay there in the books when it was counted. */
  @ApiProperty({
    type: 'integer',
    nullable: true,
    example: 12,
    description: 'What lay there in the books when it was counted.',
  })
  expected: number | null;
  @ApiProperty({ type: 'integer', nullable: true, example: -1 })
  variance: number | null;
  /** Where serial numbers were read: pieces that are missing; null where pieces were counted, and so is the next. */
  @ApiProperty({ type: 'integer', nullable: true })
  missingPieces: number | null;
  /** Pieces that nobody knew of. */
  @ApiProperty({ type: 'integer', nullable: true })
  foundPieces: number | null;
  @ApiProperty({ type: String, nullable: true, example: '2026-03-01T12:00:00.000Z' })
  countedAt: string | null;
  @ApiProperty({ type: String, nullable: true, example: null })
  countedBy: string | null;
  /** @example 1 */
  timesCounted: number;
  /** What approving the count changed. */
  @ApiProperty({ type: 'integer', nullable: true, example: null })
  applied: number | null;
  /** What a piece of the lot that came last cost. */
  @ApiProperty({ type: UnitCostView, nullable: true })
  unitCost: UnitCostView | null;
}
