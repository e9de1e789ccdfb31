import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsEmail,
  IsISO31661Alpha2,
  IsObject,
  IsOptional,
  IsString,
  IsUrl,
  Length,
  Matches,
  MaxLength,
  ValidateNested,
} from 'class-validator';
import { Lower, Trim, Upper } from './fields';
import { AmountBody, OrderMoneyView } from './money.dto';
import { OrderDetailsView } from './orders.dto';
import { PaymentMethodBody } from './paying-method.dto';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';

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

  @MayBeAbsent()
  @IsString()
  @MaxLength(200)
  line2?: string;

  /** @example "Porto" */
  @Trim()
  @IsString()
  @Length(1, 120)
  city: string;

  @MayBeAbsent()
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
  @MayBeAbsent()
  @ValidateNested()
  @Type(() => AmountBody)
  expectedTotal?: AmountBody;

  /** `priceHash` of the cart: the same, to the line. Without either, the price that the cart showed last counts. */
  @MayBeAbsent()
  @Matches(/^[0-9a-f]{64}$/, { message: 'priceHash must be the hash that the cart shows' })
  priceHash?: string;

  /**
   * Where the shopper's browser ends after a redirect to the bank.
   * @example "https://shop.example.com/thanks"
   */
  @MayBeAbsent()
  @IsUrl({ require_tld: false, protocols: ['http', 'https'], require_protocol: true })
  @MaxLength(2000)
  returnUrl?: string;

  /** Codes of gift cards that pay first, in this order; the payment method pays what they leave. */
  @ApiPropertyOptional({ type: [String], example: [] })
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(5)
  @IsString({ each: true })
  @MaxLength(60, { each: true })
  giftCards?: string[];

  /**
   * The customer's own store credit pays after the gift cards; for who is signed in.
   * @example false
   */
  @MayBeAbsent()
  @IsBoolean()
  storeCredit?: boolean;

  /** What is left for the payment method, as the shopper was shown it; another amount is refused (409). */
  @MayBeAbsent()
  @ValidateNested()
  @Type(() => AmountBody)
  expectedDue?: AmountBody;
}

export class PayOrderBody {
  @IsObject()
  @ValidateNested()
  @Type(() => PaymentMethodBody)
  paymentMethod: PaymentMethodBody;

  /** @example "https://shop.example.com/thanks" */
  @MayBeAbsent()
  @IsUrl({ require_tld: false, protocols: ['http', 'https'], require_protocol: true })
  @MaxLength(2000)
  returnUrl?: string;
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
