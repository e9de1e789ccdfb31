import {
  applyDecorators,
  Controller,
  Param,
  SetMetadata,
  UseInterceptors,
  VERSION_NEUTRAL,
  type PipeTransform,
} from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { AppError } from '../errors/app-error';
import { isUuid } from '../ids/ids';
import { IDEMPOTENT, IdempotencyInterceptor, type IdempotentOptions } from './idempotency.interceptor';

export { IDEMPOTENT, type IdempotentOptions };

export const PROBLEMS = 'mainstay:problems';
export const RATE_CLASS = 'mainstay:rate-class';

/**
 * The problem codes of a route, for the API document: `@Problems('inventory.out-of-stock')` is documented with the status
 * that the sources make it with (`tools/openapi/problem-statuses.cjs`). Said here too, as in `{ 'orders.cart-gone': 410 }`,
 * it must be the same. Validation, sign-in and rate limits need no mention.
 */
export const Problems = (...codes: (string | Record<string, number>)[]): MethodDecorator & ClassDecorator =>
  SetMetadata(PROBLEMS, codes);

/** Classes of routes by what a call costs or risks; each has a limit of its own, see `rate-limits.ts`. */
export type RateClass = 'default' | 'auth' | 'heavy' | 'ingest' | 'none';

/** Counts the route under another rate limit: `auth` for credentials, `heavy` for imports, exports and reports, `ingest` for what devices tell. */
export const RateLimit = (rateClass: RateClass): MethodDecorator & ClassDecorator => SetMetadata(RATE_CLASS, rateClass);

/**
 * Honours `Idempotency-Key`: the value returned by the outermost `uow.run` is stored in its commit and sent again,
 * with `Idempotency-Replayed: true`, to an equal request within 24 hours.
 */
// The interceptor sits on these routes alone: one on every route would cost each request an Observable.
export const Idempotent = (options: IdempotentOptions = {}): MethodDecorator =>
  applyDecorators(SetMetadata(IDEMPOTENT, options), UseInterceptors(IdempotencyInterceptor));

/** Media types that the route reads besides JSON, e.g. `text/csv` or `multipart/form-data`; others are 415. */
export const Consumes = (...mediaTypes: string[]): MethodDecorator => RouteConfig({ consumes: mediaTypes });

/** Bytes of a body that the route reads at least; `MAINSTAY_BODY_LIMIT_BYTES` counts where it is more. Not beside `@Consumes()`. */
export const ReadsBytes = (bytes: number): MethodDecorator => RouteConfig({ readsBytes: bytes });

/** The body is signed by its sender: card numbers in it do not refuse the request; the route masks them in what it keeps. */
export const MasksCardNumbers = (): MethodDecorator => RouteConfig({ masksCardNumbers: true });

/** A controller outside of `/api/v1`: pages, probes and the like, at exactly this path. */
export const RootController = (path = ''): ClassDecorator => Controller({ path, version: VERSION_NEUTRAL });

class IdPipe implements PipeTransform<unknown, string> {
  transform(value: unknown): string {
    const id = String(value).toLowerCase();
    if (!isUuid(id)) throw new AppError('request.not-found', 'not-found', 'There is no such thing.');
    return id;
  }
}
const ID_PIPE = new IdPipe();

/** A UUID of the path in canonical form; what is no UUID cannot exist and is 404. */
export const IdParam = (name = 'id'): ParameterDecorator => Param(name, ID_PIPE);
