import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  IsDefined,
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsEmail,
  IsIn,
  IsInt,
  IsString,
  IsUUID,
  Length,
  Max,
  MaxLength,
  Min,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { AnyOf, AnyOfIds, IsTime, ListQuery, pageOf } from '../../../kernel/http/pagination';
import type { CreditMovement, CreditOrigin, CreditState } from '../contracts/credit-events';
import { LedgerMoneyBody, LedgerMoneyView } from './ledger.dto';

const STATES: readonly CreditState[] = ['active', 'expired', 'voided', 'merged'];
const ORIGINS: readonly CreditOrigin[] = ['given', 'paid', 'order', 'refund'];
const MOVEMENTS: readonly CreditMovement[] = ['issued', 'redeemed', 'refunded', 'expired', 'voided', 'merged'];

export class IssueGiftCardBody {
  @IsDefined()
  @ValidateNested()
  @Type(() => LedgerMoneyBody)
  amount: LedgerMoneyBody;

  /**
   * `given`: a present of the shop, an expense; `paid`: paid for outside of it, into the bank.
   * @example "given"
   */
  @IsIn(['given', 'paid'])
  origin: 'given' | 'paid';

  /**
   * Who gets the code by mail; without it the code is in the answer, once.
   * @example "robin@example.com"
   */
  @MayBeAbsent()
  @IsEmail()
  @MaxLength(254)
  recipient?: string;

  /**
   * What the mail says to the recipient.
   * @example "Happy birthday!"
   */
  @MayBeAbsent()
  @IsString()
  @Length(1, 500)
  message?: string;

  /** For staff alone. */
  @MayBeAbsent()
  @IsString()
  @Length(1, 500)
  note?: string;

  /** Whose card it is, where that is known. */
  @MayBeAbsent()
  @IsUUID()
  customerId?: string;

  /** RFC 3339; default by the shop's rule. */
  @ApiPropertyOptional({ type: String, format: 'date-time' })
  @MayBeAbsent()
  @IsTime()
  expiresAt?: string;
}

export class GrantStoreCreditBody {
  @IsUUID()
  customerId: string;

  @IsDefined()
  @ValidateNested()
  @Type(() => LedgerMoneyBody)
  amount: LedgerMoneyBody;

  /**
   * For staff alone.
   * @example "Late parcel"
   */
  @MayBeAbsent()
  @IsString()
  @Length(1, 500)
  note?: string;
}

export class CreditNoteBody {
  /**
   * Why, for staff alone.
   * @example "Reported stolen"
   */
  @MayBeAbsent()
  @IsString()
  @Length(1, 500)
  note?: string;
}

export class CheckGiftCardsBody {
  /**
   * Codes as they are printed; blanks, hyphens and small letters do not matter.
   * @example ["7Q2M-0000-0000-0000"]
   */
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(5)
  @IsString({ each: true })
  @MaxLength(60, { each: true })
  codes: string[];
}

export class GiftCardRulesBody {
  /** Days for which gift cards are valid that are made from now on; null: for ever. */
  @ApiProperty({ type: 'integer', nullable: true, example: 1095, minimum: 1, maximum: 36_500 })
  @ValidateIf((_body, value: unknown) => value !== null)
  @IsInt()
  @Min(1)
  @Max(36_500)
  validDays: number | null;

  /** Days before its end that a card's recipient is told by mail; null: never. Default 30. */
  @ApiPropertyOptional({ type: 'integer', nullable: true, example: 30, minimum: 1, maximum: 365 })
  @ValidateIf((_body, value: unknown) => value !== null && value !== undefined)
  @IsInt()
  @Min(1)
  @Max(365)
  remindDays?: number | null;

  /**
   * SKUs that are sold as gift cards: each piece that is paid is a card of its price, mailed to the buyer.
   * @example ["GIFT-25", "GIFT-50"]
   */
  @ApiPropertyOptional({ type: [String], example: ['GIFT-25', 'GIFT-50'] })
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(200)
  @IsString({ each: true })
  @Length(1, 64, { each: true })
  skus?: string[];
}

export class GiftCardRulesView {
  @ApiProperty({ type: 'integer', nullable: true, example: 1095 })
  validDays: number | null;
  @ApiProperty({ type: 'integer', nullable: true, example: 30 })
  remindDays: number | null;
  /** @example ["GIFT-25", "GIFT-50"] */
  skus: string[];
}

export class StoreCreditRulesBody {
  /** Days after it was given, spent or put back last that store credit ends; null: never. */
  @ApiProperty({ type: 'integer', nullable: true, example: 1095, minimum: 1, maximum: 36_500 })
  @ValidateIf((_body, value: unknown) => value !== null)
  @IsInt()
  @Min(1)
  @Max(36_500)
  validDays: number | null;

  /** Days before its end that the customer is told by mail; null: never. */
  @ApiProperty({ type: 'integer', nullable: true, example: 30, minimum: 1, maximum: 365 })
  @ValidateIf((_body, value: unknown) => value !== null)
  @IsInt()
  @Min(1)
  @Max(365)
  remindDays: number | null;
}

export class StoreCreditRulesView {
  @ApiProperty({ type: 'integer', nullable: true, example: 1095 })
  validDays: number | null;
  @ApiProperty({ type: 'integer', nullable: true, example: 30 })
  remindDays: number | null;
}

export class CreditDetailsView {
  /** @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c" */
  id: string;
  @ApiProperty({ enum: ORIGINS, example: 'given' })
  origin: CreditOrigin;
  @ApiProperty({ enum: STATES, example: 'active' })
  state: CreditState;
  /** Last letters of a gift card's code. */
  @ApiProperty({ type: String, nullable: true, example: '7Q2M' })
  tail: string | null;
  balance: LedgerMoneyView;
  /** Of the balance what is promised to orders that are not paid yet. */
  held: LedgerMoneyView;
  @ApiProperty({ type: String, nullable: true })
  customerId: string | null;
  @ApiProperty({ type: String, nullable: true, example: 'robin@example.com' })
  recipient: string | null;
  @ApiProperty({ type: String, nullable: true })
  note: string | null;
  /** The order that it was sold by. */
  @ApiProperty({ type: String, nullable: true })
  orderId: string | null;
  @ApiProperty({ type: String, nullable: true })
  expiresAt: string | null;
  /** @example "2026-03-09T12:00:00.000Z" */
  createdAt: string;
}

export class IssuedGiftCardView {
  giftCard: CreditDetailsView;
  /** Shown this once, and stored nowhere; null where it was mailed. */
  @ApiProperty({ type: String, nullable: true, example: '7Q2M-0000-0000-0000' })
  code: string | null;
}

export class GiftCardBalanceView {
  id: string;
  /** @example "7Q2M" */
  tail: string;
  /** What can be spent now. */
  available: LedgerMoneyView;
  @ApiProperty({ type: String, nullable: true })
  expiresAt: string | null;
}

export class GiftCardBalancesView {
  @ApiProperty({ type: [GiftCardBalanceView] })
  data: GiftCardBalanceView[];
}

export class OwnStoreCreditView {
  /** One a currency. */
  @ApiProperty({ type: [CreditDetailsView] })
  data: CreditDetailsView[];
}

export class CreditEntryDetailsView {
  id: string;
  @ApiProperty({ enum: MOVEMENTS, example: 'redeemed' })
  kind: CreditMovement;
  /** Negative where something was taken. */
  amount: LedgerMoneyView;
  balanceAfter: LedgerMoneyView;
  @ApiProperty({ type: String, nullable: true })
  orderId: string | null;
  @ApiProperty({ type: String, nullable: true })
  note: string | null;
  /** @example "2026-03-09T12:00:00.000Z" */
  at: string;
}

export class ListCreditsParams extends ListQuery {
  @AnyOf(STATES)
  state?: string[];

  @ApiPropertyOptional({ example: 'EUR' })
  @MayBeAbsent()
  @IsString()
  @Length(3, 3)
  currency?: string;

  @AnyOfIds()
  customerId?: string[];
}

export const CreditPage = pageOf(CreditDetailsView);
export const CreditEntryPage = pageOf(CreditEntryDetailsView);
