import { IsInt, IsString, Max, Min, ValidateBy } from 'class-validator';
import { isCurrency } from '../../../kernel/money/money';

/** Largest price that the product takes, in minor units. */
export const MOST_AMOUNT = 1_000_000_000_000;

export const IsCurrencyCode = (): PropertyDecorator =>
  ValidateBy({
    name: 'isCurrency',
    validator: { validate: isCurrency, defaultMessage: () => 'currency must be an ISO 4217 code such as EUR' },
  });

export class PriceBody {
  /**
   * Price of one piece in integer minor units.
   * @example 1250
   */
  @IsInt()
  @Min(0)
  @Max(MOST_AMOUNT)
  amount: number;

  /**
   * ISO 4217.
   * @example "EUR"
   */
  @IsString()
  @IsCurrencyCode()
  currency: string;
}

export class PriceView {
  /**
   * Integer minor units.
   * @example 1250
   */
  amount: number;
  /**
   * ISO 4217.
   * @example "EUR"
   */
  currency: string;
}
