import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsBoolean, IsIn, IsOptional, IsString, IsUUID, Length, Matches, MaxLength, ValidateBy } from 'class-validator';
import { lastFourOf } from '../../../kernel/cards/card-number';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { AnyOf, AnyOfIds, IsTime, ListQuery, TimeRange, TimeRangeFilter } from '../../../kernel/http/pagination';
import type { CardImportReport } from '../commands/import-fuel-card-file';
import { FUEL_UNITS, FUELS, type Fuel, type FuelUnit } from '../domain/fuel';
import { CARD_FLAGS, CARD_ROW_STATES, type CardFlag, type CardRowState } from '../domain/fuel-card';
import { ToBoolean } from './fleet-fields';
import { FuelPlace } from './fuel-entries.dto';
import { FleetMoney } from './maintenance.dto';

/** Nothing but the last four digits of a number goes on from here; what is none is not repeated. */
const OnlyLastFour = (): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? (lastFourOf(value) ?? '') : value));

/** The document has no pattern for it: more may be sent than what is left here. */
const EndsInFour = (): PropertyDecorator =>
  ValidateBy({
    name: 'endsInFour',
    validator: {
      validate: (value) => typeof value === 'string' && /^\d{4}$/.test(value),
      defaultMessage: () => 'number must end in the last four digits of the card',
    },
  });

export class CreateFuelCardBody {
  /** @example DKV */
  @IsString()
  @Length(1, 60)
  @Matches(/\S/, { message: 'provider must have a letter or digit' })
  provider: string;

  /**
   * Its last four digits, or a number that ends in them: no more is kept, nor told to anybody.
   * @example "**** 4182"
   */
  @OnlyLastFour()
  @EndsInFour()
  number: string;

  /** What people call it. */
  @ApiPropertyOptional({ type: String, nullable: true, example: 'Van 7' })
  @IsOptional()
  @IsString()
  @Length(1, 80)
  label?: string | null;
}

export class LabelFuelCardBody {
  /** What people call it. */
  @ApiProperty({ type: String, nullable: true, example: 'Spare card' })
  @IsOptional()
  @IsString()
  @Length(1, 80)
  label: string | null;
}

export class AssignFuelCardBody {
  /** Either this or a driver. */
  @ApiPropertyOptional({ type: String, format: 'uuid', nullable: true })
  @IsOptional()
  @IsUUID()
  vehicleId?: string | null;

  /** Whose vehicle of the time what is paid counts to. */
  @ApiPropertyOptional({ type: String, format: 'uuid', nullable: true })
  @IsOptional()
  @IsUUID()
  driverId?: string | null;

  /** Default now. */
  @ApiPropertyOptional({ type: String, format: 'date-time', example: '2026-03-01T06:00:00Z' })
  @MayBeAbsent()
  @IsTime()
  from?: string;

  /** Null or absent: until further notice. */
  @ApiPropertyOptional({ type: String, format: 'date-time', nullable: true })
  @IsOptional()
  @IsTime()
  until?: string | null;
}

export class EndFuelCardAssignmentBody {
  /** Default now. */
  @ApiPropertyOptional({ type: String, format: 'date-time' })
  @MayBeAbsent()
  @IsTime()
  at?: string;
}

export class ListFuelCardsParams extends ListQuery {
  /** @example "4182" */
  @ApiPropertyOptional({ type: String })
  @MayBeAbsent()
  @Matches(/^\d{4}$/, { message: 'lastFour must be four digits' })
  lastFour?: string;

  /** That have one now. */
  @AnyOfIds()
  vehicleId?: string[];

  @AnyOfIds()
  driverId?: string[];
}

export class ListFuelCardHoldersParams extends ListQuery {}

export class ListFuelCardRowsParams extends ListQuery {
  @AnyOfIds()
  cardId?: string[];

  @AnyOfIds()
  vehicleId?: string[];

  @AnyOfIds()
  driverId?: string[];

  @AnyOfIds()
  entryId?: string[];

  @AnyOf(CARD_ROW_STATES)
  state?: CardRowState[];

  /** Rows with any of these. */
  @AnyOf(CARD_FLAGS)
  flag?: CardFlag[];

  @TimeRangeFilter()
  at?: TimeRange;
}

export class ImportFuelCardRowsParams {
  /** Judge every row and write nothing. */
  @MayBeAbsent()
  @ToBoolean()
  @IsBoolean()
  dryRun?: boolean;

  /** Import the good rows although others are refused. */
  @MayBeAbsent()
  @ToBoolean()
  @IsBoolean()
  acceptPartial?: boolean;
}

const DECISIONS = ['accepted', 'disputed'] as const;

export class SettleFuelCardRowBody {
  @ApiProperty({ enum: DECISIONS, example: 'accepted' })
  @IsIn(DECISIONS)
  state: (typeof DECISIONS)[number];

  /** Must be there for what is disputed. */
  @ApiPropertyOptional({ type: String, nullable: true, example: 'Filled a canister' })
  @IsOptional()
  @IsString()
  @MaxLength(1000)
  note?: string | null;
}

export class FuelCardHolder {
  @ApiProperty({ type: String, format: 'uuid', nullable: true, example: '019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6d' })
  vehicleId: string | null;
  driverId: string | null;
  /** @example 2026-03-01T06:00:00.000Z */
  from: string;
  /** Null: until further notice. */
  until: string | null;
}

export class FuelCardHolderView extends FuelCardHolder {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b92 */
  id: string;
}

/** A fuel card, of whose number the last four digits are all that is known. */
export class FuelCardView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b93 */
  id: string;
  /** @example DKV */
  provider: string;
  /** @example "4182" */
  lastFour: string;
  label: string | null;
  /** Who or what has it now. */
  @ApiProperty({ type: FuelCardHolder, nullable: true })
  holder: FuelCardHolder | null;
  createdAt: string;
}

/** What a provider says was paid with a card. */
export class FuelCardRowView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b94 */
  id: string;
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b93 */
  cardId: string;
  /** @example DKV */
  provider: string;
  /** @example "4182" */
  lastFour: string;
  /** The provider's number. */
  transaction: string | null;
  /** @example 2026-03-01T06:00:00.000Z */
  at: string;
  /** Null: nobody knows whose it is. */
  vehicleId: string | null;
  driverId: string | null;
  /** Null: what the vehicle is driven by. */
  @ApiProperty({ enum: FUELS, nullable: true, example: 'diesel' })
  fuelType: Fuel | null;
  /**
   * In `unit`.
   * @example 52340
   */
  quantity: number;
  /** Millilitres, grams or watt hours. */
  @ApiProperty({ enum: FUEL_UNITS, nullable: true, example: 'ml' })
  unit: FuelUnit | null;
  @ApiProperty({ type: FleetMoney, nullable: true })
  total: FleetMoney | null;
  station: string | null;
  @ApiProperty({ type: FuelPlace, nullable: true })
  location: FuelPlace | null;
  /** How near the vehicle came to the place within ten minutes; null where nobody knows. */
  nearestMetres: number | null;
  /** `matched` has no flag; people accept or dispute. */
  @ApiProperty({ enum: CARD_ROW_STATES, example: 'matched' })
  state: CardRowState;
  /** `unmatched`: no entry and no refill of the sensor within 30 minutes and a tenth of the volume. */
  @ApiProperty({ enum: CARD_FLAGS, isArray: true, example: [] })
  flags: CardFlag[];
  note: string | null;
  decidedBy: string | null;
  decidedAt: string | null;
  /** What was filled in, which has its price from here. */
  entryId: string | null;
  createdAt: string;
}

export class FuelCardImportFaultView {
  /** @example "cards.csv" */
  file?: string;
  /**
   * Line of the file, as an editor counts.
   * @example 7
   */
  line: number;
  /** @example "Menge" */
  column: string;
  /** @example "not-a-number" */
  code: string;
  /** @example "\"viel\" is not a number such as 12.5." */
  reason: string;
}

export class FuelCardImportView implements CardImportReport {
  dryRun: boolean;
  /** False: nothing was written. */
  written: boolean;
  /** @example 1 */
  rows: number;
  /** @example 1 */
  created: number;
  /** @example 0 */
  unchanged: number;
  /**
   * Rows of what is no fuel.
   * @example 0
   */
  leftOut: number;
  /** @example 0 */
  refused: number;
  faults: FuelCardImportFaultView[];
  warnings: string[];
}
