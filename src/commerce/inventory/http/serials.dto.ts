import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsInt,
  IsString,
  Length,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { AnyOf, AnyOfIds, ListQuery } from '../../../kernel/http/pagination';
import { SERIAL_EVENTS, SERIAL_NUMBER, SERIAL_STATES, type SerialEventKind, type SerialState } from '../domain/serial';
import { STOCK_STATES, type StockState } from '../domain/stock-state';
import { UnitCostView } from './lots.dto';

const SERIAL_MESSAGE = 'serial is 1 to 64 printable ASCII characters without spaces at its ends';

export class ListSerialsParams extends ListQuery {
  @ApiPropertyOptional({ description: 'The number as it stands on the goods.', example: 'SN-0001' })
  @MayBeAbsent()
  @IsString()
  @MaxLength(64)
  serial?: string;

  @ApiPropertyOptional({ example: 'TEA-100' })
  @MayBeAbsent()
  @IsString()
  @MaxLength(64)
  sku?: string;

  @AnyOf([...SERIAL_STATES])
  state?: string[];

  @AnyOfIds()
  locationId?: string[];

  @AnyOfIds()
  reference?: string[];
}

export class SerialReferenceView {
  /** @example "order" */
  type: string;
  id: string;
}

export class SerialView {
  id: string;
  /** @example "TEA-100" */
  sku: string;
  /** @example "SN-0001" */
  serial: string;
  /** Nobody read the number on the goods yet: this one was made up. */
  provisional: boolean;
  @ApiProperty({ enum: SERIAL_STATES, example: 'in_stock' })
  state: SerialState;
  /** Whether it can be sold, and why not. */
  @ApiProperty({ enum: STOCK_STATES, example: 'available' })
  condition: StockState;
  /** Where it is, or was last. */
  locationId: string;
  lotId: string;
  @ApiProperty({ type: String, nullable: true, example: null })
  lotNumber: string | null;
  @ApiProperty({ type: UnitCostView, nullable: true })
  unitCost: UnitCostView | null;
  /** @example "2026-03-01T12:00:00.000Z" */
  receivedAt: string;
  @ApiProperty({ type: String, nullable: true, example: null })
  shippedAt: string | null;
  /** What it was shipped for. */
  @ApiProperty({ type: SerialReferenceView, nullable: true })
  reference: SerialReferenceView | null;
  /** End of the warranty that began with the shipment. */
  @ApiProperty({ type: String, nullable: true, example: null })
  warrantyUntil: string | null;
  underWarranty: boolean;
}

export class SerialEventView {
  id: string;
  @ApiProperty({ enum: SERIAL_EVENTS, example: 'received' })
  kind: SerialEventKind;
  locationId: string;
  lotId: string;
  @ApiProperty({ enum: STOCK_STATES, example: 'available' })
  condition: StockState;
  /** The paper it rests on. */
  @ApiProperty({ type: SerialReferenceView, nullable: true })
  document: SerialReferenceView | null;
  @ApiProperty({ type: String, nullable: true, example: null })
  reason: string | null;
  @ApiProperty({ type: String, nullable: true, example: null })
  actorId: string | null;
  /** @example "2026-03-01T12:00:00.000Z" */
  at: string;
}

export class RenameSerialBody {
  /** @example "SN-0001" */
  @IsString()
  @Matches(SERIAL_NUMBER, { message: SERIAL_MESSAGE })
  serial: string;
}

export class ItemSettingsBody {
  /** @example "TEA-100" */
  @IsString()
  @Length(1, 64)
  sku: string;

  /** Every piece has a serial number. */
  @IsBoolean()
  serials: boolean;

  /**
   * Months of warranty from the shipment on; none when left out.
   * @example 24
   */
  @MayBeAbsent()
  @IsInt()
  @Min(1)
  @Max(600)
  warrantyMonths?: number;
}

export class SaveItemSettingsBody {
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(100)
  @ValidateNested({ each: true })
  @Type(() => ItemSettingsBody)
  items: ItemSettingsBody[];
}

export class ItemSettingsView {
  /** @example "TEA-100" */
  sku: string;
  serials: boolean;
  @ApiProperty({ type: 'integer', nullable: true, example: 24 })
  warrantyMonths: number | null;
}

export class ItemSettingsListView {
  @ApiProperty({ type: [ItemSettingsView] })
  items: ItemSettingsView[];
}

export class ListItemSettingsParams extends ListQuery {
  @ApiPropertyOptional({ example: 'TEA-100' })
  @MayBeAbsent()
  @IsString()
  @MaxLength(64)
  sku?: string;
}
