import type { ApiPropertyOptions } from '@nestjs/swagger';
import { ValidateBy } from 'class-validator';
import { isCurrency } from '../../../kernel/money/currencies';

export const SEEN = { message: '$property must show at least one letter or digit, and no control characters' };

export const IsCurrency = (): PropertyDecorator =>
  ValidateBy({
    name: 'isCurrency',
    validator: { validate: isCurrency, defaultMessage: () => 'currency must be an ISO 4217 code such as EUR' },
  });

export const NEEDED: ApiPropertyOptions = {
  oneOf: [
    { type: 'integer', minimum: 1, maximum: 20 },
    { type: 'string', enum: ['all'] },
  ],
  example: 1,
};

export const MOST = 1_000_000_000_000;

export class CorporateMoneyView {
  /**
   * Minor units.
   * @example 25000
   */
  amount: number;
  /** @example EUR */
  currency: string;
}
