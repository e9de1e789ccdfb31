import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants';
import type { FastifyRequest } from 'fastify';
import { suggest } from './suggest';
import { invalidRequest } from './validation.pipe';

/** `RouteParamtypes.QUERY` of Nest: the number before the colon in the arguments' metadata. */
const QUERY = '4';

/** Refuses query parameters on routes that declare none, or only some by name; DTO classes are the pipe's matter. */
@Injectable()
export class StrictQueryGuard implements CanActivate {
  // `null`: a DTO sees the whole query.
  private readonly declared = new WeakMap<object, Set<string> | null>();

  canActivate(execution: ExecutionContext): boolean {
    if (execution.getType() !== 'http') return true;
    const query = execution.switchToHttp().getRequest<FastifyRequest>().query as Record<string, unknown> | null;
    const names = query ? Object.keys(query) : [];
    if (names.length === 0) return true;
    const allowed = this.allowedBy(execution);
    if (allowed === null) return true;
    const unknown = names.filter((name) => !allowed.has(name));
    if (unknown.length === 0) return true;
    throw invalidRequest(
      unknown.map((name) => ({
        pointer: name,
        code: 'unknown-parameter',
        detail: `There is no parameter "${name}" here. ${suggest(name, allowed)}`,
      })),
      'query',
    );
  }

  private allowedBy(execution: ExecutionContext): Set<string> | null {
    const handler = execution.getHandler();
    const known = this.declared.get(handler);
    if (known !== undefined) return known;
    const args = (Reflect.getMetadata(ROUTE_ARGS_METADATA, execution.getClass(), handler.name) ?? {}) as Record<
      string,
      { data?: unknown }
    >;
    let allowed: Set<string> | null = new Set();
    for (const [key, { data }] of Object.entries(args)) {
      if (key.split(':')[0] !== QUERY) continue;
      if (typeof data !== 'string') allowed = null;
      else allowed?.add(data);
    }
    this.declared.set(handler, allowed);
    return allowed;
  }
}
