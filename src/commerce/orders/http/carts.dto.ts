import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  IsInt,
  IsISO31661Alpha2,
  IsOptional,
  IsString,
  Length,
  Max,
  MaxLength,
  Min,
  ValidateIf,
} from 'class-validator';
import type { Refusal } from '../domain/promotions';
import { IsCurrencyCode, Trim, Upper } from './fields';
import { OrderMoneyView } from './money.dto';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';

const MOST_PIECES = 1_000_000;

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
  /**
   * Pieces that are here and held for nobody, so beside those that this cart holds; more can be had where it is sold beyond its
   * stock. Null for what is not for sale.
   */
  @ApiProperty({ type: 'integer', nullable: true, example: 12 })
  available: number | null;
  /**
   * All of its pieces are held for this cart now. False in shops whose carts hold nothing.
   * @example true
   */
  held: boolean;
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
  @MayBeAbsent()
  @IsString()
  @MaxLength(120)
  region?: string;

  /** @example "4000-001" */
  @Trim()
  @MayBeAbsent()
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
      'first-order',
      'customer-limit',
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
  /**
   * Until when the stock of what is in it is held for it; null where it is not and was not. The checkout takes it over; after
   * that time it asks for the stock like any other.
   */
  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: '2026-03-02T12:15:00.000Z' })
  heldUntil: string | null;
  /**
   * True once `heldUntil` has passed: others may have the goods. A change of a line holds them anew.
   * @example false
   */
  holdLapsed: boolean;
  /** @example "2026-04-01T12:00:00.000Z" */
  expiresAt: string;
}
