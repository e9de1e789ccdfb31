import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsEmail,
  IsIn,
  IsInt,
  IsISO31661Alpha2,
  IsObject,
  IsOptional,
  IsString,
  IsUrl,
  Length,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import {
  AnyOf,
  AnyOfIds,
  IsTime,
  LargeListQuery,
  NumberRange,
  NumberRangeFilter,
  TimeRange,
  TimeRangeFilter,
  ToInt,
} from '../../../kernel/http/pagination';
import type { Refusal } from '../domain/promotions';
import type { FulfilmentStatus, OrderPaymentStatus, OrderStatus, ReturnStatus } from '../contracts/order-status';
import { ShippedLineBody } from './fulfilment.dto';
import { GROUPS, type GroupBy } from '../queries/order-analytics';
import { IsCurrencyCode, Lower, Trim, Upper } from './fields';

const PAYMENT_STATUSES: OrderPaymentStatus[] = ['pending', 'authorized', 'paid', 'voided', 'refunding', 'refunded'];
const FULFILMENT_STATUSES: FulfilmentStatus[] = ['none', 'allocated', 'partly_fulfilled', 'fulfilled'];
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
const MOST_PIECES = 1_000_000;

export class AmountBody {
  /**
   * Integer minor units.
   * @example 2500
   */
  @IsInt()
  @Min(0)
  amount: number;

  /**
   * ISO 4217.
   * @example "EUR"
   */
  @IsString()
  @IsCurrencyCode()
  currency: string;
}

/** Money on the wire. */
export class OrderMoneyView {
  /**
   * Integer minor units.
   * @example 2500
   */
  amount: number;
  /**
   * ISO 4217.
   * @example "EUR"
   */
  currency: string;
}

export class CreateCartBody {
  /** ISO 4217: what its goods are priced in; absent: in their own currency. */
  @IsOptional()
  @IsCurrencyCode()
  @ApiPropertyOptional({ type: String, nullable: true, example: 'EUR' })
  currency?: string | null;
}

export class CartCurrencyBody {
  /** ISO 4217; null: the currency of the goods' own prices. */
  @ValidateIf((_, value) => value !== null)
  @IsCurrencyCode()
  @ApiProperty({ type: String, nullable: true, example: 'EUR' })
  currency: string | null;
}

export class AddCartLineBody {
  /** @example "TEA-100" */
  @IsString()
  @Length(1, 64)
  sku: string;

  /**
   * Pieces, on top of what is in the cart already.
   * @example 2
   */
  @IsInt()
  @Min(1)
  @Max(MOST_PIECES)
  quantity: number;
}

export class ChangeCartLineBody {
  /**
   * Pieces that the line shall have.
   * @example 3
   */
  @IsInt()
  @Min(1)
  @Max(MOST_PIECES)
  quantity: number;
}

export class CartLineDetailsView {
  id: string;
  /** @example "TEA-100" */
  sku: string;
  /** @example "Darjeeling" */
  name: string;
  /** @example 2 */
  quantity: number;
  /** Today's price of one piece; null for what is not for sale any more. */
  @ApiProperty({ type: OrderMoneyView, nullable: true })
  unitPrice: OrderMoneyView | null;
  /** What discounts take off the line. */
  @ApiProperty({ type: OrderMoneyView, nullable: true })
  discount: OrderMoneyView | null;
  /** Price × quantity − discount. */
  @ApiProperty({ type: OrderMoneyView, nullable: true })
  total: OrderMoneyView | null;
  /** @example true */
  forSale: boolean;
}

export class DestinationBody {
  /**
   * ISO 3166-1 alpha-2.
   * @example "PT"
   */
  @Upper()
  @IsISO31661Alpha2({ message: 'country must be a two-letter code (ISO 3166-1) such as PT' })
  country: string;

  @Trim()
  @IsOptional()
  @IsString()
  @MaxLength(120)
  region?: string;

  /** @example "4000-001" */
  @Trim()
  @IsOptional()
  @IsString()
  @MaxLength(20)
  postalCode?: string;
}

export class DestinationView {
  /** @example "PT" */
  country: string;
  @ApiProperty({ type: String, nullable: true, example: null })
  region: string | null;
  @ApiProperty({ type: String, nullable: true, example: '4000-001' })
  postalCode: string | null;
}

export class CartCouponDetailsView {
  id: string;
  /** Null for a promotion that applies by itself. */
  @ApiProperty({ type: String, nullable: true, example: 'SPRING-10' })
  code: string | null;
  /** @example "Spring sale" */
  name: string;
  /** What it takes off the lines; null while it does not apply. */
  @ApiProperty({ type: OrderMoneyView, nullable: true })
  discount: OrderMoneyView | null;
  freeShipping: boolean;
  /** Why it does not apply. */
  @ApiProperty({
    enum: [
      'inactive',
      'not-started',
      'ended',
      'used-up',
      'customer-group',
      'currency',
      'no-product',
      'minimum',
      'not-combinable',
    ],
    nullable: true,
    example: 'minimum',
  })
  reason: Refusal | null;
}

export class ChosenShippingView {
  id: string;
  /** @example "Parcel" */
  name: string;
}

export class CartDetailsView {
  /**
   * Unguessable: whoever has it has the cart.
   * @example "mJ3x0iUq3v1w2y8fHkz7Tq5b9nR4cLsP"
   */
  id: string;
  @ApiProperty({ type: [CartLineDetailsView] })
  lines: CartLineDetailsView[];
  /** What was chosen to price it in. */
  @ApiProperty({ type: String, nullable: true, example: null })
  currency: string | null;
  /** Where it shall be sent, as far as the price hangs on it. */
  @ApiProperty({ type: DestinationView, nullable: true })
  destination: DestinationView | null;
  /** Entered coupons, and promotions that apply by themselves. */
  @ApiProperty({ type: [CartCouponDetailsView] })
  coupons: CartCouponDetailsView[];
  /** How it is shipped; null while nothing is chosen that is offered to the destination. */
  @ApiProperty({ type: ChosenShippingView, nullable: true })
  shipping: ChosenShippingView | null;
  /** Price × quantity of what is for sale; like the other figures null for an empty cart. */
  @ApiProperty({ type: OrderMoneyView, nullable: true })
  subtotal: OrderMoneyView | null;
  @ApiProperty({ type: OrderMoneyView, nullable: true })
  discountTotal: OrderMoneyView | null;
  @ApiProperty({ type: OrderMoneyView, nullable: true })
  shippingTotal: OrderMoneyView | null;
  @ApiProperty({ type: OrderMoneyView, nullable: true })
  taxTotal: OrderMoneyView | null;
  /**
   * True where prices hold their tax: then it is not added.
   * @example false
   */
  taxIncluded: boolean;
  /** subtotal − discountTotal + shippingTotal + taxTotal */
  @ApiProperty({ type: OrderMoneyView, nullable: true })
  total: OrderMoneyView | null;
  /** Sent along with the checkout it stands for exactly this price. */
  @ApiProperty({ type: String, nullable: true })
  priceHash: string | null;
  /** The order that was made of this cart. */
  @ApiProperty({ type: String, nullable: true })
  orderId: string | null;
  /** @example "2026-04-01T12:00:00.000Z" */
  expiresAt: string;
}

export class ShippingAddressBody {
  /** @example "Sasha Shopper" */
  @Trim()
  @IsString()
  @Length(1, 200)
  name: string;

  /** @example "Quay 7" */
  @Trim()
  @IsString()
  @Length(1, 200)
  line1: string;

  @IsOptional()
  @IsString()
  @MaxLength(200)
  line2?: string;

  /** @example "Porto" */
  @Trim()
  @IsString()
  @Length(1, 120)
  city: string;

  @IsOptional()
  @IsString()
  @MaxLength(120)
  region?: string;

  /** As its country writes it; may be absent where there are none. */
  @Trim()
  @IsOptional()
  @IsString()
  @MaxLength(20)
  @ApiPropertyOptional({ type: String, nullable: true, example: '4000-001' })
  postalCode?: string | null;

  /**
   * ISO 3166-1 alpha-2.
   * @example "PT"
   */
  @Upper()
  @IsISO31661Alpha2({ message: 'country must be a two-letter code (ISO 3166-1) such as PT' })
  country: string;
}

export class PaymentMethodBody {
  /**
   * Kind of method; names its gateway.
   * @example "sandbox"
   */
  @IsString()
  @Matches(/^[a-z][a-z0-9_-]{0,39}$/, { message: 'type must be a payment method such as sandbox' })
  type: string;

  /**
   * What the gateway knows the method by, never a card number. The sandbox takes `success`, `declined`,
   * `requires_action` and `timeout_after_success`.
   * @example "success"
   */
  @IsString()
  @Length(1, 500)
  token: string;
}

export class CheckoutBody {
  /** @example "sasha@example.com" */
  @Lower()
  @IsEmail()
  @MaxLength(254)
  email: string;

  @IsObject()
  @ValidateNested()
  @Type(() => ShippingAddressBody)
  shippingAddress: ShippingAddressBody;

  @IsObject()
  @ValidateNested()
  @Type(() => PaymentMethodBody)
  paymentMethod: PaymentMethodBody;

  /** The total that the shopper was shown; another one is refused (409) instead of charged. */
  @IsOptional()
  @ValidateNested()
  @Type(() => AmountBody)
  expectedTotal?: AmountBody;

  /** `priceHash` of the cart: the same, to the line. Without either, the price that the cart showed last counts. */
  @IsOptional()
  @Matches(/^[0-9a-f]{64}$/, { message: 'priceHash must be the hash that the cart shows' })
  priceHash?: string;

  /**
   * Where the shopper's browser ends after a redirect to the bank.
   * @example "https://shop.example.com/thanks"
   */
  @IsOptional()
  @IsUrl({ require_tld: false, protocols: ['http', 'https'], require_protocol: true })
  @MaxLength(2000)
  returnUrl?: string;
}

export class PayOrderBody {
  @IsObject()
  @ValidateNested()
  @Type(() => PaymentMethodBody)
  paymentMethod: PaymentMethodBody;

  /** @example "https://shop.example.com/thanks" */
  @IsOptional()
  @IsUrl({ require_tld: false, protocols: ['http', 'https'], require_protocol: true })
  @MaxLength(2000)
  returnUrl?: string;
}

export class CancelOrderBody {
  /** Pieces of a paid order that did not leave; without it the whole order. */
  @ApiPropertyOptional({ type: [ShippedLineBody] })
  @IsOptional()
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
  @IsOptional()
  @IsString()
  @MaxLength(500)
  note?: string;
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
  /** Batches that the line got, those that expire first; null where the answer does not look them up, as that of a checkout. */
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

export class OrderAllocationView {
  /** @example "L2026-117" */
  lotNumber: string;
  /** @example 2 */
  quantity: number;
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

export class OrderDetailsView extends OrderSummaryView {
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

export class OrderPaymentErrorView {
  /** @example "card_declined" */
  code: string;
  /** @example "The card was declined." */
  message: string;
}

export class OrderPaymentActionView {
  /** @example "redirect" */
  type: 'redirect';
  /** Where the shopper's browser must go. */
  url: string;
}

export class OrderPaymentView {
  id: string;
  /** @example "succeeded" */
  status: string;
  amount: OrderMoneyView;
  @ApiProperty({ type: OrderPaymentErrorView, nullable: true })
  error: OrderPaymentErrorView | null;
  @ApiProperty({ type: OrderPaymentActionView, nullable: true })
  nextAction: OrderPaymentActionView | null;
}

export class CheckoutView {
  order: OrderDetailsView;
  /** Null for an order that costs nothing. */
  @ApiProperty({ type: OrderPaymentView, nullable: true })
  payment: OrderPaymentView | null;
  /** A guest reads the order with it: `Authorization: Bearer ot_...`. Absent for a signed-in shopper. */
  @ApiPropertyOptional({ example: 'ot_Wm3kq0Vw2y8fHkz7Tq5b9nR4cLsPmJ3x0iUq3v1w2y8' })
  accessToken?: string;
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
  @IsOptional()
  @IsString()
  @Length(2, 120)
  q?: string;

  /** Orders with a line of it. */
  @ApiPropertyOptional({ example: 'TEA-100' })
  @IsOptional()
  @IsString()
  @Length(1, 64)
  sku?: string;

  /** ISO 4217; totals of several currencies are not compared otherwise. */
  @ApiPropertyOptional({ example: 'EUR' })
  @Upper()
  @IsOptional()
  @IsCurrencyCode()
  currency?: string;

  @ApiPropertyOptional({ example: 'sasha@example.com' })
  @Lower()
  @IsOptional()
  @IsString()
  @MaxLength(254)
  email?: string;

  @ApiPropertyOptional({ example: '1001' })
  @IsOptional()
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

export class OrderAnalyticsParams {
  /** First moment that counts; a date is its midnight UTC. */
  @ApiPropertyOptional({ example: '1997-01-01' })
  @IsOptional()
  @IsTime()
  from?: string;

  /** First moment that counts no more. */
  @ApiPropertyOptional({ example: '1998-01-01' })
  @IsOptional()
  @IsTime()
  to?: string;

  @ApiPropertyOptional({ enum: GROUPS, default: 'month' })
  @IsOptional()
  @IsIn(GROUPS, { message: `groupBy must be one of ${GROUPS.join(', ')}` })
  groupBy: GroupBy = 'month';

  /** Needed where orders are in several currencies, which are never added up. */
  @ApiPropertyOptional({ example: 'USD' })
  @Upper()
  @IsOptional()
  @IsCurrencyCode()
  currency?: string;

  /** Most rows. */
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 1000, default: 1000 })
  @ToInt()
  @IsInt()
  @Min(1)
  @Max(1000)
  limit: number = 1000;
}

export class SalesTotalView {
  /** @example 830 */
  orders: number;
  /**
   * Pieces.
   * @example 51317
   */
  quantity: number;
  /** Price × quantity. */
  gross: OrderMoneyView;
  /** After line discounts, each line rounded half-up to the minor unit. */
  net: OrderMoneyView;
  /** Freight of the orders; null where the group is part of orders (product, category). */
  @ApiProperty({ type: OrderMoneyView, nullable: true })
  shipping: OrderMoneyView | null;
}

export class SalesGroupView extends SalesTotalView {
  /** @example "1997-01" */
  key: string;
  /** @example "January 1997" */
  label: string;
}

export class SalesReportView {
  @ApiProperty({ type: [SalesGroupView] })
  data: SalesGroupView[];
  total: SalesTotalView;
}
