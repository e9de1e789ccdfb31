import { ValidationPipe, type ArgumentMetadata } from '@nestjs/common';
import { getMetadataStorage, validateSync, type ValidationError, type ValidatorOptions } from 'class-validator';
import { LRUCache } from 'lru-cache';
import { AppError, type FieldError } from '../errors/app-error';
import { misplacedLists } from './nested-objects';
import { printable, suggest } from './suggest';
import { listsTakenAsSent } from './taken-as-sent';
import { rememberValidationRules } from './validation-metadata';

/** Queries remembered of one DTO, and the longest one (characters). */
const REMEMBERED = 200;
const LONGEST_REMEMBERED = 500;

type Place = 'body' | 'query';
type Dto = new () => object;

const kebab = (name: string): string => name.replace(/([a-z0-9])([A-Z])/g, '$1-$2').toLowerCase();
const escape = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1');

/** Names that a DTO class declares, its base classes included. */
export function declaredNames(dto: Dto): string[] {
  const found = getMetadataStorage().getTargetValidationMetadatas(dto, '', false, false);
  return [...new Set(found.map((entry) => entry.propertyName))];
}

function unknownField(error: ValidationError, pointer: string, place: Place, dto: Dto | undefined): FieldError {
  const target = (error.target?.constructor as Dto | undefined) ?? dto;
  const hint = target && (target as unknown) !== Object ? ` ${suggest(error.property, declaredNames(target))}` : '';
  const what = place === 'query' ? 'parameter' : 'field';
  return {
    pointer,
    code: `unknown-${what}`,
    detail: `There is no ${what} "${printable(error.property)}" here.${hint}`,
  };
}

/** Flattens class-validator's tree into one entry per fault, with JSON pointers (names for a query). */
export function fieldErrors(errors: ValidationError[], place: Place, dto?: Dto, above = ''): FieldError[] {
  const found: FieldError[] = [];
  for (const error of errors) {
    const name = printable(error.property);
    const pointer = place === 'body' ? `${above}/${escape(name)}` : above === '' ? name : `${above}[${name}]`;
    for (const [constraint, detail] of Object.entries(error.constraints ?? {})) {
      if (constraint === 'whitelistValidation') found.push(unknownField(error, pointer, place, dto));
      else if (constraint !== 'unknownValue') found.push({ pointer, code: kebab(constraint), detail });
    }
    found.push(...fieldErrors(error.children ?? [], place, undefined, pointer));
  }
  return found;
}

const MOST_ERRORS = 100;

/** A 400 from field errors. */
export function invalidRequest(errors: FieldError[], place: Place): AppError {
  const unknown = errors.find((error) => error.code.startsWith('unknown-'));
  const detail = errors.length === 1 ? errors[0].detail : `${errors.length} values are not valid.`;
  return new AppError('request.invalid', 'invalid', detail, {
    errors: errors.slice(0, MOST_ERRORS),
    hint: unknown?.detail ?? `Correct the ${place === 'query' ? 'query parameters' : 'fields'} named in errors.`,
  });
}

/** Carries class-validator's errors out of Nest's pipe, which is shared by all requests. */
class Faults extends Error {
  constructor(readonly errors: ValidationError[]) {
    super('not valid');
  }
}

/**
 * The one validation at the edge: unknown fields are refused and named with the nearest valid one, values are converted
 * only where a DTO says so, and a DTO accepts nothing but an object.
 */
export class EdgeValidationPipe extends ValidationPipe {
  private readonly queries = new WeakMap<Dto, LRUCache<string, object>>();

  constructor() {
    super({
      whitelist: true,
      forbidNonWhitelisted: true,
      transform: true,
      transformOptions: { enableImplicitConversion: false },
      stopAtFirstError: true,
      validationError: { target: true, value: false },
      exceptionFactory: (errors) => new Faults(errors),
    });
    rememberValidationRules();
  }

  /** A value that no DTO describes is answered at once: a promise for each parameter of each request would add up. */
  override transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    const isDto = metadata.type !== 'custom' && metadata.metatype !== undefined && this.toValidate(metadata);
    // Nest's own types say promise; it takes either (see synchronous-pipes.ts).
    if (!isDto) return this.transformPrimitive(value, metadata) as Promise<unknown>;
    return metadata.type === 'query' && metadata.data === undefined
      ? (this.transformQuery(value as object, metadata) as Promise<unknown>)
      : this.transformDto(value, metadata, metadata.type === 'query' ? 'query' : 'body');
  }

  /**
   * Equal queries validate equally, so what a few hundred recent ones of each DTO became is remembered; each caller gets
   * a copy. A DTO of a query must therefore judge by the query alone.
   */
  private transformQuery(value: object, metadata: ArgumentMetadata): unknown {
    const metatype = metadata.metatype as Dto;
    let known = this.queries.get(metatype);
    if (!known) this.queries.set(metatype, (known = new LRUCache<string, object>({ max: REMEMBERED })));
    const key = JSON.stringify(value);
    const found = known.get(key);
    if (found) return copyOf(found);
    // A query is parsed into an object without a prototype; class-transformer wants a plain one.
    return this.transformDto({ ...value }, metadata, 'query').then((dto) => {
      if (key.length > LONGEST_REMEMBERED) return dto;
      known.set(key, dto as object);
      return copyOf(dto as object);
    });
  }

  /** None of our validators waits for anything. */
  protected override validate(object: object, options?: ValidatorOptions): ValidationError[] {
    return validateSync(object, options);
  }

  private async transformDto(value: unknown, metadata: ArgumentMetadata, place: Place): Promise<unknown> {
    if (metadata.data === undefined && value !== undefined && !isPlainObject(value)) {
      throw invalidRequest([{ pointer: '', code: 'type', detail: 'The body must be a JSON object.' }], place);
    }
    const dto = metadata.metatype as Dto | undefined;
    if (dto && isPlainObject(value)) {
      const misplaced = misplacedLists(value as object, dto);
      if (misplaced.length > 0) throw invalidRequest(fieldErrors(misplaced, place, dto), place);
    }
    const kept = dto && isPlainObject(value) ? takenAsSent(value as object, dto) : null;
    try {
      const entity: unknown = await super.transform(
        kept ? { ...(value as object), ...standIns(kept) } : value,
        metadata,
      );
      return kept ? Object.assign(entity as object, kept) : entity;
    } catch (error) {
      if (error instanceof Faults) {
        throw invalidRequest(fieldErrors(error.errors, place, dto), place);
      }
      throw error;
    }
  }
}

/** The lists of a value that are handed over as they were sent; null for none. */
function takenAsSent(value: object, dto: Dto): Record<string, unknown[]> | null {
  const lists = Object.entries(value).filter(
    (entry): entry is [string, unknown[]] => Array.isArray(entry[1]) && listsTakenAsSent(dto).includes(entry[0]),
  );
  return lists.length > 0 ? Object.fromEntries(lists) : null;
}

/** Lists of the same lengths, for the rules to look at. */
const standIns = (lists: Record<string, unknown[]>): Record<string, unknown[]> =>
  Object.fromEntries(Object.entries(lists).map(([name, { length }]) => [name, Array<null>(length).fill(null)]));

/** Members that are objects are copied too: whoever is handed a DTO may change it. */
function copyOf(dto: object): object {
  const copy = Object.create(Object.getPrototypeOf(dto) as object) as Record<string, unknown>;
  for (const [name, value] of Object.entries(dto)) {
    copy[name] =
      typeof value === 'object' && value !== null ? (Array.isArray(value) ? [...value] : copyOf(value)) : value;
  }
  return copy;
}

const isPlainObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !Buffer.isBuffer(value);
