import { createHash } from 'node:crypto';
import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { HTTP_CODE_METADATA } from '@nestjs/common/constants';
import { Reflector } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { catchError, of, throwError, type Observable } from 'rxjs';
import { currentContext, type RequestContext } from '../context/request-context';
import { IdempotencyReplay } from '../database/idempotency';
import { AppError } from '../errors/app-error';
import { canonicalJson } from './canonical-json';

export const IDEMPOTENT = 'mainstay:idempotent';

export interface IdempotentOptions {
  /** True where money or stock moves: a request without the field is 400 `idempotency.key-required`. */
  required?: boolean;
}

const KEY = /^[\x21-\x7e]{1,255}$/;

const sha256 = (...parts: string[]): string => {
  const hash = createHash('sha256');
  // Lengths before the parts: two different lists never hash alike.
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:`).update(part);
  return hash.digest('hex');
};

/**
 * Whose key it is: the user within the tenant; for a guest whoever bears the same secret, be it the cart's in the path
 * or an order's token in the header, so that nobody is answered with another's cart or order. A guest with neither is
 * told apart by address and user agent.
 */
function ownerOf(context: RequestContext, request: FastifyRequest): string {
  const { principal } = context;
  if (principal.userId) return `${principal.kind}:${principal.userId}`;
  const { authorization = '', 'x-order-token': orderToken = '' } = request.headers;
  const borne = sha256(authorization, String(orderToken));
  if (Object.keys((request.params ?? {}) as object).length > 0) return `guest:${borne}`;
  return `guest:${borne}:${context.ip ?? ''}:${context.userAgent ?? ''}`;
}

/** Reads `Idempotency-Key` on `@Idempotent()` routes and sends the stored answer where there is one. */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  constructor(private readonly reflector: Reflector) {}

  intercept(execution: ExecutionContext, next: CallHandler): Observable<unknown> {
    const options = this.reflector.get<IdempotentOptions | undefined>(IDEMPOTENT, execution.getHandler());
    if (!options || execution.getType() !== 'http') return next.handle();
    const http = execution.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const key = request.headers['idempotency-key'];
    if (key === undefined || key === '') {
      if (!options.required) return next.handle();
      throw new AppError('idempotency.key-required', 'invalid', 'This request must carry an Idempotency-Key.', {
        hint: 'Send a new random value, e.g. a UUID, with each new request and the same value when you repeat one.',
      });
    }
    if (typeof key !== 'string' || !KEY.test(key)) {
      throw new AppError('idempotency.key-invalid', 'invalid', 'Idempotency-Key is 1 to 255 visible ASCII characters.');
    }
    const context = currentContext();
    const path = request.url.split('?')[0];
    context.idempotency = {
      scope: sha256(context.tenantId ?? '', ownerOf(context, request), request.method, path, key),
      bodyHash: sha256(canonicalJson(request.body ?? null), canonicalJson(request.query ?? null)),
      status: this.statusOf(execution, request),
      phase: 'new',
    };
    return next.handle().pipe(catchError((error: unknown) => this.replay(error, http.getResponse<FastifyReply>())));
  }

  private statusOf(execution: ExecutionContext, request: FastifyRequest): number {
    return (
      this.reflector.get<number | undefined>(HTTP_CODE_METADATA, execution.getHandler()) ??
      (request.method === 'POST' ? 201 : 200)
    );
  }

  private replay(error: unknown, reply: FastifyReply): Observable<unknown> {
    if (!(error instanceof IdempotencyReplay)) return throwError(() => error);
    void reply.status(error.status).header('idempotency-replayed', 'true');
    return of(error.body);
  }
}
