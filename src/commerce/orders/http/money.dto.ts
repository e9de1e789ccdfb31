import { IsInt, IsString, Min } from 'class-validator';
import { IsCurrencyCode } from './fields';

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
