import { Transform } from 'class-transformer';

/** A boolean of a query, where all is text. */
export const ToBoolean = (): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) => (value === 'true' ? true : value === 'false' ? false : value));
