import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsString, Length, MaxLength, ValidateNested } from 'class-validator';
import {
  AnyOf,
  AnyOfIds,
  LargeListQuery,
  NumberRange,
  NumberRangeFilter,
  TimeRange,
  TimeRangeFilter,
} from '../../../kernel/http/pagination';
import type { FulfilmentStatus, OrderPaymentStatus, OrderStatus, ReturnStatus } from '../contracts/order-status';
import { IsCurrencyCode, Lower, Trim, Upper } from './fields';
import { ShippedLineBody } from './fulfilment.dto';
import { ChosenShippingView } from './carts.dto';
import { OrderMoneyView } from './money.dto';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';

const PAYMENT_STATUSES: OrderPaymentStatus[] = ['pending', 'authorized', 'paid', 'voided', 'refunding', 'refunded'];
const FULFILMENT_STATUSES: FulfilmentStatus[] = ['none', 'backordered', 'allocated', 'partly_fulfilled', 'fulfilled'];
const STATUSES: OrderStatus[] = [
  'draft',
  'awaiting_approval',
  'pending_payment',
  'authorized',
  'paid',
  'allocated',
  'partly_fulfilled',
  'fulfilled',
  'closed',
  'on_hold',
  'returning',
  'returned',
  'cancelled',
];

export class CancelOrderBody {
  /** Pieces of a paid order that did not leave; without it the whole order. */
  @ApiPropertyOptional({ type: [ShippedLineBody] })
  @MayBeAbsent()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(200)
  @ValidateNested({ each: true })
  @Type(() => ShippedLineBody)
  lines?: ShippedLineBody[];

  /**
   * For the shop's own eyes.
   * @example "The customer changed their mind."
   */
  @MayBeAbsent()
  @IsString()
  @MaxLength(500)
  note?: string;
}

export class OrderAllocationView {
  /** @example "L2026-117" */
  lotNumber: string;
  /** @example 2 */
  quantity: number;
  /**
   * Which part of a bundle they are; absent where the line is no bundle.
   * @example "TEA-100"
   */
  sku?: string;
}

export class OrderLineDetailsView {
  id: string;
  /** @example "TEA-100" */
  sku: string;
  /** @example "Darjeeling" */
  name: string;
  @ApiProperty({ type: String, nullable: true })
  productId: string | null;
  @ApiProperty({ type: String, nullable: true })
  variantId: string | null;
  /** @example 2 */
  quantity: number;
  unitPrice: OrderMoneyView;
  /**
   * Discount of a line of an imported order, 10,000 is all of it.
   * @example 0
   */
  discountBasisPoints: number;
  /** What all discounts take off the line. */
  discount: OrderMoneyView;
  /** Price × quantity − discount. */
  total: OrderMoneyView;
  /** Tax on `total`. */
  tax: OrderMoneyView;
  /** Batches that the line got, those that expire first; of bundles those of their parts; null where the answer does not look them up. */
  @ApiProperty({ type: () => [OrderAllocationView], nullable: true })
  allocations: OrderAllocationView[] | null;
  /** Pieces that are promised and not here yet, and cannot be shipped; null where the answer does not look them up. */
  @ApiProperty({ type: Number, nullable: true, example: 0 })
  backordered: number | null;
  /** When these are promised; null where nothing is waited for or nobody said. */
  @ApiProperty({ type: String, nullable: true })
  promisedAt: string | null;
  /**
   * Pieces that left the house.
   * @example 0
   */
  shippedQuantity: number;
  /**
   * Pieces given up before they left.
   * @example 0
   */
  cancelledQuantity: number;
  /**
   * Pieces that came back.
   * @example 0
   */
  returnedQuantity: number;
}

export class OrderTaxView {
  /** @example "IVA" */
  name: string;
  /** @example 2300 */
  basisPoints: number;
  /** Net amount that the tax is taken on. */
  base: OrderMoneyView;
  amount: OrderMoneyView;
}

export class OrderDiscountView {
  couponId: string;
  @ApiProperty({ type: String, nullable: true, example: 'SPRING-10' })
  code: string | null;
  /** @example "Spring sale" */
  name: string;
  /** What it took off the lines. */
  amount: OrderMoneyView;
  freeShipping: boolean;
}

export class OrderAddressView {
  @ApiProperty({ type: String, nullable: true, example: 'Sasha Shopper' })
  name: string | null;
  @ApiProperty({ type: String, nullable: true, example: 'Quay 7' })
  line1: string | null;
  @ApiProperty({ type: String, nullable: true, example: null })
  line2: string | null;
  @ApiProperty({ type: String, nullable: true, example: 'Porto' })
  city: string | null;
  @ApiProperty({ type: String, nullable: true, example: null })
  region: string | null;
  @ApiProperty({ type: String, nullable: true, example: '4000-001' })
  postalCode: string | null;
  @ApiProperty({ type: String, nullable: true, example: 'PT' })
  country: string | null;
}

export class OrderSummaryView {
  /** @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c" */
  id: string;
  /**
   * What people call it; counts up without gaps within the shop.
   * @example "1001"
   */
  number: string;
  @ApiProperty({ enum: ['web', 'import'], example: 'web' })
  channel: 'web' | 'import';
  /** Derived from payment, fulfilment and return. */
  @ApiProperty({ enum: STATUSES, example: 'paid' })
  status: OrderStatus;
  @ApiProperty({ enum: PAYMENT_STATUSES, example: 'paid' })
  paymentStatus: OrderPaymentStatus;
  @ApiProperty({ enum: FULFILMENT_STATUSES, example: 'none' })
  fulfilmentStatus: FulfilmentStatus;
  @ApiProperty({ type: String, nullable: true, example: 'sasha@example.com' })
  email: string | null;
  @ApiProperty({ type: String, nullable: true })
  customerId: string | null;
  @ApiProperty({ type: String, nullable: true, example: 'Sasha Shopper' })
  customerName: string | null;
  total: OrderMoneyView;
  /** @example "2026-03-01T12:00:00.000Z" */
  placedAt: string | null;
}

export class OrderOriginView {
  @ApiProperty({ enum: ['addition', 'exchange', 'quote'], example: 'addition' })
  kind: 'addition' | 'exchange' | 'quote';
  /** Id of the order that it adds to, of the return that it is sent for, or of the quote. */
  id: string;
}

export class OrderDetailsView extends OrderSummaryView {
  /** What it comes from, where that is no cart. */
  @ApiProperty({ type: OrderOriginView, nullable: true })
  origin: OrderOriginView | null;
  @ApiProperty({ enum: ['none', 'returning', 'returned'], example: 'none' })
  returnStatus: ReturnStatus;
  @ApiProperty({ type: String, nullable: true, example: null })
  onHoldReason: string | null;
  @ApiProperty({ type: String, nullable: true, example: null })
  cancelReason: string | null;
  @ApiProperty({ type: OrderAddressView, nullable: true })
  shippingAddress: OrderAddressView | null;
  @ApiProperty({ type: [OrderLineDetailsView] })
  lines: OrderLineDetailsView[];
  subtotal: OrderMoneyView;
  discountTotal: OrderMoneyView;
  shippingTotal: OrderMoneyView;
  taxTotal: OrderMoneyView;
  /** Promotions that the order was given; of an imported one none. */
  @ApiProperty({ type: [OrderDiscountView] })
  discounts: OrderDiscountView[];
  /** How it was to be shipped. */
  @ApiProperty({ type: ChosenShippingView, nullable: true })
  shippingMethod: ChosenShippingView | null;
  /**
   * True where prices hold their tax: then it is no part of the sum.
   * @example false
   */
  taxIncluded: boolean;
  /** Part of `taxTotal` that is taken on shipping. */
  shippingTax: OrderMoneyView;
  /** What each tax comes to. */
  @ApiProperty({ type: [OrderTaxView] })
  taxes: OrderTaxView[];
  /** Money that went back to the shopper. */
  refundedTotal: OrderMoneyView;
  /** Part of the total that was never taken: given up before the capture, or let go by it. */
  uncollectedTotal: OrderMoneyView;
  /** Part of the total that gift cards and store credit pay. */
  creditTotal: OrderMoneyView;
  /** When its payment was reserved; null where it was charged at once. */
  @ApiProperty({ type: String, nullable: true })
  authorizedAt: string | null;
  @ApiProperty({ type: String, nullable: true })
  paidAt: string | null;
  @ApiProperty({ type: String, nullable: true })
  fulfilledAt: string | null;
  /** When the last parcel arrived. */
  @ApiProperty({ type: String, nullable: true })
  deliveredAt: string | null;
  @ApiProperty({ type: String, nullable: true })
  cancelledAt: string | null;
  @ApiProperty({ type: String, nullable: true })
  closedAt: string | null;
  /** Counts the changes of the order. */
  version: number;
}

export class ListOrdersParams extends LargeListQuery {
  @AnyOf(STATUSES)
  status?: string[];

  @AnyOf(PAYMENT_STATUSES)
  paymentStatus?: string[];

  @AnyOf(FULFILMENT_STATUSES)
  fulfilmentStatus?: string[];

  /** Part of a number, an address or a name. */
  @ApiPropertyOptional({ example: 'sasha' })
  @Trim()
  @MayBeAbsent()
  @IsString()
  @Length(2, 120)
  q?: string;

  /** Orders with a line of it. */
  @ApiPropertyOptional({ example: 'TEA-100' })
  @MayBeAbsent()
  @IsString()
  @Length(1, 64)
  sku?: string;

  /** ISO 4217; totals of several currencies are not compared otherwise. */
  @ApiPropertyOptional({ example: 'EUR' })
  @Upper()
  @MayBeAbsent()
  @IsCurrencyCode()
  currency?: string;

  @ApiPropertyOptional({ example: 'sasha@example.com' })
  @Lower()
  @MayBeAbsent()
  @IsString()
  @MaxLength(254)
  email?: string;

  @ApiPropertyOptional({ example: '1001' })
  @MayBeAbsent()
  @IsString()
  @MaxLength(64)
  number?: string;

  @AnyOf(['web', 'import'])
  channel?: string[];

  @AnyOfIds()
  customerId?: string[];

  @TimeRangeFilter()
  placedAt?: TimeRange;

  /** The field's usual name of `placedAt`. */
  @TimeRangeFilter()
  createdAt?: TimeRange;

  @NumberRangeFilter()
  total?: NumberRange;
}
