import { ValidateIf } from 'class-validator';

/**
 * The field may be left out; unlike `@IsOptional()` it may not be null. For fields that a PATCH changes and that cannot
 * be empty.
 */
export const MayBeAbsent = (): PropertyDecorator => ValidateIf((_body, value: unknown) => value !== undefined);
