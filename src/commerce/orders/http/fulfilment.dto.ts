import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsObject,
  IsString,
  IsUrl,
  IsUUID,
  Length,
  Max,
  MaxLength,
  Min,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';

const Trim = (): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.trim() : value));

export class ShippedLineBody {
  /**
   * Id of a line of the order.
   * @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c"
   */
  @IsUUID()
  lineId: string;

  /**
   * Pieces.
   * @example 1
   */
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  quantity: number;
}

/** A piece with a serial number of its own. */
export class PieceBody {
  /** @example "TEA-100" */
  @IsString()
  @Length(1, 64)
  sku: string;

  /** @example "SN-0001" */
  @IsString()
  @Length(1, 64)
  serial: string;
}

export class ShipOrderBody {
  /** What leaves; without it everything that is still open. */
  @ApiPropertyOptional({ type: [ShippedLineBody] })
  @MayBeAbsent()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(200)
  @ValidateNested({ each: true })
  @Type(() => ShippedLineBody)
  lines?: ShippedLineBody[];

  /** @example "DHL" */
  @MayBeAbsent()
  @Trim()
  @IsString()
  @Length(1, 80)
  carrier?: string;

  /** @example "00340434161094042557" */
  @MayBeAbsent()
  @Trim()
  @IsString()
  @Length(1, 120)
  trackingNumber?: string;

  /**
   * Page on which the shopper follows the parcel.
   * @example "https://track.example.com/00340434161094042557"
   */
  @MayBeAbsent()
  @IsUrl({ protocols: ['http', 'https'], require_protocol: true })
  @MaxLength(2000)
  trackingUrl?: string;

  /** Which pieces leave, of articles that have serial numbers; default those that came first. */
  @ApiPropertyOptional({
    type: [PieceBody],
    example: [],
    description: 'Which pieces leave, of articles that have serial numbers; default those that came first.',
  })
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(5000)
  @ArrayUnique((piece: PieceBody) => `${piece.sku} ${piece.serial}`)
  @ValidateNested({ each: true })
  @Type(() => PieceBody)
  serials?: PieceBody[];
}

export class ShipmentLineView {
  lineId: string;
  /** @example "TEA-100" */
  sku: string;
  /** @example 1 */
  quantity: number;
}

export class ShipmentView {
  id: string;
  /**
   * The order's number and a count.
   * @example "1001-1"
   */
  number: string;
  @ApiProperty({ type: String, nullable: true, example: 'DHL' })
  carrier: string | null;
  @ApiProperty({ type: String, nullable: true, example: '00340434161094042557' })
  trackingNumber: string | null;
  @ApiProperty({ type: String, nullable: true })
  trackingUrl: string | null;
  /** @example "2026-03-02T09:00:00.000Z" */
  shippedAt: string;
  @ApiProperty({ type: String, nullable: true })
  deliveredAt: string | null;
  @ApiProperty({ type: [ShipmentLineView] })
  lines: ShipmentLineView[];
}

export class ShipmentsView {
  @ApiProperty({ type: [ShipmentView] })
  data: ShipmentView[];
}

export class OrderNoteBody {
  /** @example "Called: wants it after the 5th." */
  @Trim()
  @IsString()
  @Length(1, 2000)
  note: string;

  /**
   * Whether the order's shopper sees it too.
   * @example false
   */
  @MayBeAbsent()
  @IsBoolean()
  shownToCustomer?: boolean;
}

export class OrderReasonBody {
  /**
   * For the shop's own eyes.
   * @example "Address looks odd, asked back."
   */
  @MayBeAbsent()
  @IsString()
  @MaxLength(500)
  note?: string;
}

export class NotedView {
  id: string;
}

export class TimelineEntryView {
  /** @example "2026-03-01T12:00:00.000Z" */
  at: string;
  /**
   * What happened: `placed`, `authorized`, `paid`, `shipped`, `shipment_delivered`, `fulfilled`, `delivered`, `cancelled`, `closed`,
   * `note`, `held`, `let_go`, `address_changed`, `lines_cancelled`, `refunded`, `return_updated`, `reminded`.
   * @example "shipped"
   */
  kind: string;
  @ApiProperty({ type: String, nullable: true })
  actorId: string | null;
  @ApiProperty({ type: String, nullable: true })
  note: string | null;
  @ApiProperty({ type: 'object', additionalProperties: true, nullable: true })
  data: Record<string, unknown> | null;
}

export class TimelineView {
  @ApiProperty({ type: [TimelineEntryView] })
  data: TimelineEntryView[];
}

const Optional =
  (most: number): PropertyDecorator =>
  (target, key) => {
    ValidateIf((_, value) => value !== null && value !== undefined)(target, key);
    IsString()(target, key as string);
    MaxLength(most)(target, key as string);
  };

/** What invoices say of the shop; null takes a value back to its default. */
export class InvoicingBody {
  /** Registered name; default the shop's. */
  @Optional(200)
  @ApiPropertyOptional({ type: String, nullable: true, maxLength: 200, example: 'Tea & Leaves Lda.' })
  sellerName?: string | null;

  /** Lines of the registered address. */
  @Optional(500)
  @ApiPropertyOptional({ type: String, nullable: true, maxLength: 500, example: 'Rua das Flores 1, 4000-001 Porto' })
  sellerAddress?: string | null;

  /** Tax or VAT number. */
  @Optional(60)
  @ApiPropertyOptional({ type: String, nullable: true, maxLength: 60, example: 'PT 123 456 789' })
  taxId?: string | null;

  /** What invoice numbers begin with; default `INV-`. Numbers count up without gaps whatever stands before them. */
  @Optional(20)
  @ApiPropertyOptional({ type: String, nullable: true, maxLength: 20, example: 'INV-' })
  numberPrefix?: string | null;

  /** What credit notes’ numbers begin with; default `CN-`. They are a series of their own. */
  @Optional(20)
  @ApiPropertyOptional({ type: String, nullable: true, maxLength: 20, example: 'CN-' })
  creditNotePrefix?: string | null;

  /** Small print: bank, register, conditions. */
  @Optional(500)
  @ApiPropertyOptional({ type: String, nullable: true, maxLength: 500, example: 'Thank you.' })
  footer?: string | null;
}

export const CART_MERGE = ['sum', 'highest', 'guest'] as const;
export const CAPTURE_ON = ['shipment', 'request'] as const;

export class ChangeOrderPolicyBody {
  @ApiPropertyOptional({ type: InvoicingBody })
  @MayBeAbsent()
  @IsObject()
  @ValidateNested()
  @Type(() => InvoicingBody)
  invoicing?: InvoicingBody;

  /**
   * Minutes after a payment that was declined, or left at the bank, until the shopper is reminded; null never.
   * @example 10
   */
  @ValidateIf((_, value) => value !== null && value !== undefined)
  @IsInt()
  @Min(1)
  @Max(10_080)
  @ApiPropertyOptional({ type: 'integer', nullable: true, minimum: 1, maximum: 10_080, example: 10 })
  remindUnpaidAfterMinutes?: number | null;

  /**
   * Quantity of a SKU that is in a guest's cart and in the customer's, when these are merged: both added, the larger one,
   * or that of the guest's cart.
   * @example "highest"
   */
  @MayBeAbsent()
  @IsIn(CART_MERGE)
  @ApiPropertyOptional({ enum: CART_MERGE, example: 'highest' })
  cartMerge?: (typeof CART_MERGE)[number];

  /**
   * Minutes for which a cart holds the stock of what is put into it, so that nobody else buys it meanwhile; 0 or null: carts hold
   * nothing. Each change of a line holds for so long again, three times so long at most.
   */
  @ValidateIf((_, value) => value !== null && value !== undefined)
  @IsInt()
  @Min(0)
  @Max(1440)
  @ApiPropertyOptional({ type: 'integer', nullable: true, minimum: 0, maximum: 1440, example: 15 })
  cartHoldMinutes?: number | null;

  /**
   * When a reserved payment is captured: by the first parcel, before it leaves, or only on request.
   * @example "shipment"
   */
  @MayBeAbsent()
  @IsIn(CAPTURE_ON)
  @ApiPropertyOptional({ enum: CAPTURE_ON, example: 'shipment' })
  captureOn?: (typeof CAPTURE_ON)[number];

  /** Days after which a reservation that nobody captured is let go and its order cancelled; null never. */
  @ValidateIf((_, value) => value !== null && value !== undefined)
  @IsInt()
  @Min(1)
  @Max(90)
  @ApiPropertyOptional({ type: 'integer', nullable: true, minimum: 1, maximum: 90, example: 7 })
  voidReservedAfterDays?: number | null;

  /** Days after the last parcel left until an order counts as delivered by itself; null never. */
  @ValidateIf((_, value) => value !== null && value !== undefined)
  @IsInt()
  @Min(1)
  @Max(365)
  @ApiPropertyOptional({ type: 'integer', nullable: true, minimum: 1, maximum: 365, example: 14 })
  deliverShippedAfterDays?: number | null;

  /** Days after delivery until an order is closed, at the earliest when its return window is over; null never. */
  @ValidateIf((_, value) => value !== null && value !== undefined)
  @IsInt()
  @Min(0)
  @Max(365)
  @ApiPropertyOptional({ type: 'integer', nullable: true, minimum: 0, maximum: 365, example: 30 })
  closeDeliveredAfterDays?: number | null;

  /**
   * Days after delivery within which shoppers may ask to return goods.
   * @example 30
   */
  @MayBeAbsent()
  @IsInt()
  @Min(0)
  @Max(3650)
  returnWindowDays?: number;
}

export class OrderPolicyView {
  @ApiProperty({ enum: CART_MERGE, example: 'highest' })
  cartMerge: (typeof CART_MERGE)[number];
  /** Null: carts hold nothing. */
  @ApiProperty({ type: 'integer', nullable: true, example: 15 })
  cartHoldMinutes: number | null;
  @ApiProperty({ enum: CAPTURE_ON, example: 'shipment' })
  captureOn: (typeof CAPTURE_ON)[number];
  @ApiProperty({ type: 'integer', nullable: true, example: 7 })
  voidReservedAfterDays: number | null;
  @ApiProperty({ type: 'integer', nullable: true, example: 10 })
  remindUnpaidAfterMinutes: number | null;
  @ApiProperty({ type: 'integer', nullable: true, example: 14 })
  deliverShippedAfterDays: number | null;
  @ApiProperty({ type: 'integer', nullable: true, example: 30 })
  closeDeliveredAfterDays: number | null;
  /** @example 30 */
  returnWindowDays: number;
  @ApiProperty({ type: InvoicingBody })
  invoicing: InvoicingBody;
}

export const BULK_ACTIONS = ['ship', 'deliver', 'hold', 'release', 'cancel', 'close'] as const;

export class BulkOrdersBody {
  /** @example "ship" */
  @ApiProperty({ enum: BULK_ACTIONS })
  @IsIn(BULK_ACTIONS)
  action: (typeof BULK_ACTIONS)[number];

  /**
   * At most 100 orders.
   * @example ["019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c"]
   */
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(100)
  @ArrayUnique()
  @IsUUID('all', { each: true })
  orderIds: string[];

  /** Kept with what is held, released or cancelled. */
  @MayBeAbsent()
  @IsString()
  @MaxLength(500)
  note?: string;
}

export class BulkOutcomeView {
  orderId: string;
  /** @example true */
  done: boolean;
  /** The order's status afterwards, where it was done. */
  @ApiProperty({ type: String, nullable: true, example: 'fulfilled' })
  status: string | null;
  /** Why it was not done. */
  @ApiProperty({ type: String, nullable: true, example: null })
  code: string | null;
  @ApiProperty({ type: String, nullable: true, example: null })
  detail: string | null;
}

export class BulkOrdersView {
  @ApiProperty({ type: [BulkOutcomeView] })
  data: BulkOutcomeView[];
}
