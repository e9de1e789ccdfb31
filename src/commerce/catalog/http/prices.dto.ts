import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsInt,
  IsOptional,
  IsString,
  IsUUID,
  Length,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { IsTime, ListQuery } from '../../../kernel/http/pagination';
import type { ResolvedPrice } from '../contracts/resolve-prices';
import type { ListPriceView, PriceChangeView, PriceListView } from '../queries/price-lists';
import { IsCurrencyCode, MOST_AMOUNT, PriceView } from './money.dto';
import { ToBoolean } from './to-boolean';

/** What a new and a changed price list have in common. */
export abstract class PriceListFields {
  /**
   * Customers of this group alone; null or absent: everybody.
   * @example null
   */
  @IsOptional()
  @IsUUID()
  customerGroupId?: string | null;

  /**
   * Among lists for the same buyers the higher one gives the price.
   * @example 10
   */
  @MayBeAbsent()
  @IsInt()
  @Min(-1_000)
  @Max(1_000)
  priority?: number;

  /**
   * First moment; null: since ever.
   * @example "2026-03-01T00:00:00Z"
   */
  @IsOptional()
  @IsTime()
  validFrom?: string | null;

  /**
   * First moment at which it is over; null: never.
   * @example "2026-04-01T00:00:00Z"
   */
  @IsOptional()
  @IsTime()
  validUntil?: string | null;

  @MayBeAbsent()
  @IsBoolean()
  active?: boolean;
}

export class CreatePriceListBody extends PriceListFields {
  /** @example "Spring sale" */
  @IsString()
  @Length(1, 120)
  @Matches(/\S/, { message: 'name must not be blank' })
  name: string;

  /**
   * ISO 4217; stays for the life of the list.
   * @example "EUR"
   */
  @IsString()
  @IsCurrencyCode()
  currency: string;
}

export class ChangePriceListBody extends PriceListFields {
  /** @example "Spring sale" */
  @MayBeAbsent()
  @IsString()
  @Length(1, 120)
  @Matches(/\S/, { message: 'name must not be blank' })
  name?: string;
}

export class ListPriceListsParams extends ListQuery {
  /** @example "EUR" */
  @MayBeAbsent()
  @IsString()
  @IsCurrencyCode()
  currency?: string;

  @MayBeAbsent()
  @IsUUID()
  customerGroupId?: string;

  @MayBeAbsent()
  @ToBoolean()
  @IsBoolean()
  active?: boolean;
}

export class PricesOfSkuParams extends ListQuery {
  /** @example "TEA-100" */
  @MayBeAbsent()
  @IsString()
  @MaxLength(64)
  sku?: string;
}

export class PriceStepBody {
  /** @example "TEA-100" */
  @IsString()
  @Length(1, 64)
  sku: string;

  /**
   * Pieces from which on the price holds.
   * @example 10
   */
  @MayBeAbsent()
  @IsInt()
  @Min(1)
  @Max(1_000_000_000)
  minQuantity?: number;

  /**
   * Price of one piece in minor units of the list's currency; null takes this step away.
   * @example 990
   */
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(MOST_AMOUNT)
  amount?: number | null;
}

export class SetListPricesBody {
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(1_000)
  @ValidateNested({ each: true })
  @Type(() => PriceStepBody)
  prices: PriceStepBody[];
}

export class SetListPricesView {
  /**
   * Steps that are different now.
   * @example 1
   */
  changed: number;
}

export class PriceLineBody {
  /** @example "TEA-100" */
  @IsString()
  @Length(1, 64)
  sku: string;

  /** @example 12 */
  @IsInt()
  @Min(1)
  @Max(1_000_000_000)
  quantity: number;
}

export class ResolvePricesBody {
  /**
   * ISO 4217; absent: each article's own currency.
   * @example "EUR"
   */
  @MayBeAbsent()
  @IsString()
  @IsCurrencyCode()
  currency?: string;

  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(200)
  @ValidateNested({ each: true })
  @Type(() => PriceLineBody)
  lines: PriceLineBody[];
}

export class ResolvedPriceView implements ResolvedPrice {
  /** @example "TEA-100" */
  sku: string;
  price: PriceView;
  /**
   * Price list that it is of; null: the article's own price.
   * @example null
   */
  listId: string | null;
}

export class ResolvedPricesView {
  data: ResolvedPriceView[];
}

export class PriceListDetailsView implements PriceListView {
  /** @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c" */
  id: string;
  /** @example "Spring sale" */
  name: string;
  /** @example "EUR" */
  currency: string;
  /**
   * Null: for everybody.
   * @example null
   */
  customerGroupId: string | null;
  /** @example 10 */
  priority: number;
  validFrom: Date | null;
  validUntil: Date | null;
  active: boolean;
  /**
   * Counts changes of the list itself; the ETag names it.
   * @example 1
   */
  version: number;
  createdAt: Date;
  updatedAt: Date;
}

export class ListPriceDetailsView implements ListPriceView {
  /** @example "TEA-100" */
  sku: string;
  /** @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c" */
  productId: string;
  /** @example 10 */
  minQuantity: number;
  price: PriceView;
}

export class PriceChangeListView {
  /** @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c" */
  id: string;
  /** @example "Spring sale" */
  name: string;
}

export class PriceChangeDetailsView implements PriceChangeView {
  /** @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c" */
  id: string;
  /** @example "TEA-100" */
  sku: string;
  /** Null: the article's own price. */
  list: PriceChangeListView | null;
  /** @example null */
  minQuantity: number | null;
  /** Null: there was none. */
  before: PriceView | null;
  /** Null: it was taken away. */
  after: PriceView | null;
  at: Date;
}
