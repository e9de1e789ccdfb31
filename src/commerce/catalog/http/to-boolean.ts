import { Transform } from 'class-transformer';

/** Reads `true` and `false` of a query; anything else is left for the validation to refuse. */
export const ToBoolean = (): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) => (value === 'true' ? true : value === 'false' ? false : value));
