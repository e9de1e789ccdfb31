import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsEmail,
  IsIn,
  IsInt,
  IsObject,
  IsString,
  Length,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { AnyOf, ListQuery } from '../../../kernel/http/pagination';
import type { QuoteState } from '../domain/customer-quote';
import { ShippingAddressBody } from './checkout.dto';
import { IsCurrencyCode, Lower, Upper } from './fields';
import { OrderMoneyView } from './money.dto';
import { OrderAddressView, OrderDetailsView } from './orders.dto';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';

const QUOTE_STATES: QuoteState[] = ['draft', 'sent', 'accepted', 'declined', 'expired', 'withdrawn'];
/** Minor units: ten thousand million of a currency with two digits. */
const MOST = 1_000_000_000_000;

export class QuotedLineBody {
  /** @example "TEA-100" */
  @IsString()
  @Length(1, 64)
  sku: string;

  /**
   * Pieces.
   * @example 2
   */
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  quantity: number;

  /** Price of one piece in minor units; default today's price of the catalogue. */
  @MayBeAbsent()
  @IsInt()
  @Min(0)
  @Max(MOST)
  unitPrice?: number;
}

export class QuoteBody {
  /** @example "sasha@example.com" */
  @Lower()
  @IsEmail()
  @MaxLength(254)
  email: string;

  @IsObject()
  @ValidateNested()
  @Type(() => ShippingAddressBody)
  shippingAddress: ShippingAddressBody;

  /** Each SKU once. */
  @ApiProperty({ type: [QuotedLineBody] })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(200)
  @ArrayUnique((line: QuotedLineBody) => line?.sku, { message: 'lines must name each SKU once' })
  @ValidateNested({ each: true })
  @Type(() => QuotedLineBody)
  lines: QuotedLineBody[];

  /** Default: that of the goods' own prices. */
  @ApiPropertyOptional({ example: 'EUR' })
  @Upper()
  @MayBeAbsent()
  @IsCurrencyCode()
  currency?: string;

  /**
   * Off all goods together, minor units.
   * @example 0
   */
  @MayBeAbsent()
  @IsInt()
  @Min(0)
  @Max(MOST)
  discount?: number;

  /** What getting the goods there costs, minor units. */
  @MayBeAbsent()
  @IsInt()
  @Min(0)
  @Max(MOST)
  shipping?: number;

  /** Days for which it holds once it is sent. */
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 365, default: 30, example: 30 })
  @MayBeAbsent()
  @IsInt()
  @Min(1)
  @Max(365)
  validDays: number = 30;

  /** Stands on the offer. */
  @MayBeAbsent()
  @IsString()
  @MaxLength(1000)
  note?: string;
}

export class DeclineQuoteBody {
  /** @example "Found it cheaper." */
  @MayBeAbsent()
  @IsString()
  @MaxLength(500)
  reason?: string;
}

export class QuotedLineView {
  /** @example "TEA-100" */
  sku: string;
  name: string;
  quantity: number;
  unitPrice: OrderMoneyView;
  discount: OrderMoneyView;
  total: OrderMoneyView;
  tax: OrderMoneyView;
}

export class QuoteDetailsView {
  id: string;
  /** @example "Q-00001" */
  number: string;
  @ApiProperty({ enum: QUOTE_STATES, example: 'draft' })
  status: QuoteState;
  /** @example "sasha@example.com" */
  email: string;
  shippingAddress: OrderAddressView;
  @ApiProperty({ type: [QuotedLineView] })
  lines: QuotedLineView[];
  subtotal: OrderMoneyView;
  discountTotal: OrderMoneyView;
  shippingTotal: OrderMoneyView;
  taxTotal: OrderMoneyView;
  /** @example false */
  taxIncluded: boolean;
  total: OrderMoneyView;
  @ApiProperty({ type: String, nullable: true })
  note: string | null;
  /** @example 30 */
  validDays: number;
  @ApiProperty({ type: String, nullable: true })
  validUntil: string | null;
  /** The order that it became. */
  @ApiProperty({ type: String, nullable: true })
  orderId: string | null;
  @ApiProperty({ type: String, nullable: true })
  declineReason: string | null;
  /** @example "2026-03-09T12:00:00.000Z" */
  createdAt: string;
  @ApiProperty({ type: String, nullable: true })
  sentAt: string | null;
  @ApiProperty({ type: String, nullable: true })
  decidedAt: string | null;
  version: number;
}

export class AcceptedQuoteView {
  order: OrderDetailsView;
  /** By which the customer reads and pays the order (X-Order-Token). */
  accessToken: string;
}

export class ListQuotesParams extends ListQuery {
  @AnyOf(QUOTE_STATES)
  status?: string[];

  @ApiPropertyOptional({ example: 'sasha@example.com' })
  @Lower()
  @MayBeAbsent()
  @IsString()
  @MaxLength(254)
  email?: string;
}

export class QuoteAnswerBody {
  @IsIn(['accept', 'decline'])
  decision: 'accept' | 'decline';
}
