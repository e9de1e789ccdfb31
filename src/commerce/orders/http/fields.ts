import { Transform } from 'class-transformer';
import { ValidateBy } from 'class-validator';
import { isCurrency } from '../../../kernel/money/money';

/** An ISO 4217 code. */
export const IsCurrencyCode = (): PropertyDecorator =>
  ValidateBy({
    name: 'isCurrency',
    validator: {
      validate: isCurrency,
      defaultMessage: (at) => `${at?.property ?? 'currency'} must be an ISO 4217 code such as EUR`,
    },
  });

const OfText = (change: (text: string) => string): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? change(value.trim()) : value));

export const Lower = (): PropertyDecorator => OfText((text) => text.toLowerCase());
export const Upper = (): PropertyDecorator => OfText((text) => text.toUpperCase());
export const Trim = (): PropertyDecorator => OfText((text) => text);

/** Reads `true` and `false` of a query; anything else is left for the validation to refuse. */
export const ToBoolean = (): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) => (value === 'true' ? true : value === 'false' ? false : value));
