import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import {
  IsArray,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateBy,
  ValidateNested,
} from 'class-validator';
import { MayBeAbsent } from './may-be-absent';

/** Reads a whole number of a query or path; anything else becomes NaN and fails the validation that follows. */
export const ToInt = (): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' ? (/^-?\d{1,16}$/.test(value) ? Number(value) : NaN) : value,
  );

/** Query parameters of every list; a list's own DTO extends it with its filters. */
export class ListQuery {
  /** Rows of a page. */
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 100, default: 20, description: 'Rows of a page.' })
  @ToInt()
  @IsInt({ message: 'limit must be a whole number from 1 to 100' })
  @Min(1)
  @Max(100)
  limit: number = 20;

  /** `page.nextCursor` of the page before; only valid with the same sort and filters. */
  @ApiPropertyOptional({ description: '`page.nextCursor` of the page before, with the same sort and filters.' })
  @MayBeAbsent()
  @IsString()
  @MaxLength(2048)
  cursor?: string;

  /** Up to three names, comma separated; `-` before a name sorts descending. */
  @ApiPropertyOptional({
    description:
      'Up to three names, comma separated; `-` sorts descending. A name that the list does not sort by is answered with those that it does.',
    example: '-id',
  })
  @MayBeAbsent()
  @IsString()
  @MaxLength(100)
  sort?: string;

  /** `exact` adds `page.total`. */
  @ApiPropertyOptional({ enum: ['exact'], description: '`exact` adds `page.total`.' })
  @MayBeAbsent()
  @IsIn(['exact'])
  count?: 'exact';
}

/** Query parameters of the large lists, whose rows can be narrowed. */
export class LargeListQuery extends ListQuery {
  /** Names of the members that rows shall have, comma separated. */
  @ApiPropertyOptional({ description: 'Members that the rows shall have, comma separated.', example: 'id' })
  @MayBeAbsent()
  @IsString()
  @MaxLength(500)
  fields?: string;
}

const TIME = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?(?:Z|[+-]\d{2}:\d{2}))?$/;

/** A time in the form that SQL reads, microseconds kept: a date alone is its midnight UTC; null when it is no time. */
export function sqlTime(text: string): string | null {
  // An unencoded "+" of an offset arrives as a blank.
  const plain = text.trim().replace(' ', '+');
  if (!TIME.test(plain) || Number.isNaN(Date.parse(plain.replace(/(\.\d{3})\d+/, '$1')))) return null;
  return plain.length === 10 ? `${plain}T00:00:00Z` : plain;
}

/** Validates an RFC 3339 time or a date, and keeps it as text. */
export const IsTime = (): PropertyDecorator =>
  applyDecorators(
    Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? (sqlTime(value) ?? value) : value)),
    ValidateBy({
      name: 'isTime',
      validator: {
        validate: (value: unknown) => typeof value === 'string' && sqlTime(value) !== null,
        defaultMessage: (at) => `${at?.property} must be a time such as 2026-03-01T12:00:00Z or a date`,
      },
    }),
  );

const bound = (description: string): PropertyDecorator =>
  applyDecorators(ApiPropertyOptional({ type: String, format: 'date-time', description }), IsOptional(), IsTime());

/** `createdAt[gte]=...&createdAt[lt]=...` */
export class TimeRange {
  @bound('at or after') gte?: string;
  @bound('after') gt?: string;
  @bound('at or before') lte?: string;
  @bound('before') lt?: string;
}

const numberBound = (description: string): PropertyDecorator =>
  applyDecorators(
    ApiPropertyOptional({ type: 'integer', description }),
    IsOptional(),
    ToInt(),
    IsInt(),
    Min(Number.MIN_SAFE_INTEGER),
    Max(Number.MAX_SAFE_INTEGER),
  );

/** `total[gte]=1000&total[lt]=5000`; whole numbers (money in minor units). */
export class NumberRange {
  @numberBound('at least') gte?: number;
  @numberBound('more than') gt?: number;
  @numberBound('at most') lte?: number;
  @numberBound('less than') lt?: number;
}

const deepObject = (range: new () => object): PropertyDecorator =>
  applyDecorators(
    ApiPropertyOptional({ type: range, description: 'Bounds: `[gte]`, `[gt]`, `[lte]`, `[lt]`.' }),
    IsOptional(),
    ValidateNested({ message: ({ property }) => `${property} takes bounds: ${property}[gte], [gt], [lte] or [lt]` }),
    Type(() => range),
  );

/** Declares a filter on a time with bounds. */
export const TimeRangeFilter = (): PropertyDecorator => deepObject(TimeRange);
/** Declares a filter on a whole number with bounds. */
export const NumberRangeFilter = (): PropertyDecorator => deepObject(NumberRange);

const splitList = ({ value }: { value: unknown }): unknown =>
  typeof value === 'string'
    ? value
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== '')
    : value;

/** Declares a filter that takes one or several values, comma separated: `status=paid,fulfilled`. */
export const AnyOf = (values: readonly string[]): PropertyDecorator =>
  applyDecorators(
    ApiPropertyOptional({
      isArray: true,
      enum: [...values],
      description: `One or several of ${values.join(', ')}; comma separated.`,
      example: [values[0]],
    }),
    IsOptional(),
    Transform(splitList),
    IsArray(),
    IsIn(values, { each: true, message: ({ property }) => `${property} must be among ${values.join(', ')}` }),
  );

/** Declares a filter that takes one or several names that match a pattern, comma separated. */
export const AnyOfNames = (pattern: RegExp, example: string): PropertyDecorator =>
  applyDecorators(
    ApiPropertyOptional({ type: [String], description: 'One or several, comma separated.', example: [example] }),
    IsOptional(),
    Transform(splitList),
    IsArray(),
    Matches(pattern, { each: true, message: ({ property }) => `${property} must be names such as ${example}` }),
  );

/** Declares a filter that takes up to 100 ids, comma separated. */
export const AnyOfIds = (): PropertyDecorator =>
  applyDecorators(
    ApiPropertyOptional({ type: [String], description: 'One or several ids, comma separated.' }),
    IsOptional(),
    Transform(splitList),
    IsArray(),
    Matches(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, {
      each: true,
      message: ({ property }) => `${property} must be UUIDs`,
    }),
  );

/** Where a page stands. */
export class PageInfo {
  @ApiProperty({ type: 'integer', example: 20, description: 'Rows that were asked for.' })
  limit!: number;
  @ApiProperty({
    type: String,
    nullable: true,
    example: null,
    description: 'Cursor of the next page, null on the last.',
  })
  nextCursor!: string | null;
  @ApiProperty({ example: false })
  hasMore!: boolean;
  @ApiPropertyOptional({ type: 'integer', description: 'Rows over all pages; with `count=exact` alone.' })
  total?: number;
}

/** One page of a list. */
export interface Page<T> {
  data: T[];
  page: PageInfo;
}

const pages = new Map<unknown, new () => Page<unknown>>();

/** The class of a page of `View`, for `@ApiOkResponse({ type: pageOf(OrderView) })`; its schema is named `OrderPage`. */
export function pageOf<T>(View: abstract new (...args: never[]) => T): new () => Page<T> {
  const known = pages.get(View);
  if (known) return known as new () => Page<T>;
  class PageOfView implements Page<T> {
    @ApiProperty({ type: [View as never] })
    data!: T[];
    @ApiProperty({ type: PageInfo })
    page!: PageInfo;
  }
  const name = `${View.name.replace(/View$/, '')}Page`;
  // The document knows schemas by their names: the later one would describe both.
  const other = [...pages].find(([, page]) => page.name === name);
  if (other) throw new Error(`Two views are called ${View.name}: name one of them for its context.`);
  Object.defineProperty(PageOfView, 'name', { value: name });
  pages.set(View, PageOfView);
  return PageOfView;
}
