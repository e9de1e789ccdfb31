import {
  applyDecorators,
  Injectable,
  SetMetadata,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import type { Observable } from 'rxjs';
import { currentContext, PLATFORM_TENANT, runInContext } from '../context/request-context';
import type { OpenTransaction } from '../database/open-transaction';
import { UnitOfWork } from '../database/unit-of-work';
import { AuditScope, type AuditFacts } from './audit';

const AUDITED_READ = 'mainstay:audited-read';
/** Query parameters that are no filter, and so no part of what was read. */
const PAGING = new Set(['cursor', 'limit', 'sort', 'count', 'fields']);
/** Filters whose values are personal. */
const PERSONAL = new Set(['email', 'ip', 'q', 'phone', 'name']);

/** Writes what is read, and by whom, into the audit trail before it is told; a trail that cannot be written refuses the read. */
@Injectable()
export class AuditedReads {
  constructor(private readonly uow: UnitOfWork) {}

  async note(action: string, facts: AuditFacts = {}): Promise<void> {
    const scope = new AuditScope({ name: action, target: {} });
    scope.note(facts);
    const { tenantId } = currentContext();
    // A transaction that only reads leaves no row of its own; this one exists for the row.
    await runInContext({ audit: scope, command: scope.command }, () =>
      this.uow.run((tx) => Promise.resolve((tx as OpenTransaction).noteRead()), {
        tenantId: tenantId ?? PLATFORM_TENANT,
      }),
    );
  }
}

@Injectable()
export class AuditedReadInterceptor implements NestInterceptor {
  constructor(
    private readonly reflector: Reflector,
    private readonly reads: AuditedReads,
  ) {}

  async intercept(execution: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const action = this.reflector.get<string>(AUDITED_READ, execution.getHandler());
    const { params, query } = execution.switchToHttp().getRequest<FastifyRequest>();
    const filters = Object.entries((query ?? {}) as Record<string, string>).filter(([name]) => !PAGING.has(name));
    const told = ([name]: [string, unknown]): boolean => !PERSONAL.has(name.replace(/\[.*$/, ''));
    await this.reads.note(action, {
      target: { ...(params as Record<string, string>), ...Object.fromEntries(filters.filter(told).map(asText)) },
      pii: Object.fromEntries(filters.filter((filter) => !told(filter)).map(asText)),
    });
    return next.handle();
  }
}

const asText = ([name, value]: [string, unknown]): [string, string] => [name, String(value)];

/**
 * A read of something sensitive (an export, the trail itself): `@AuditedRead(<action>)` writes a row with the
 * filters before the handler runs. The name is listed in the audit trail's catalogue.
 */
export const AuditedRead = (action: string): MethodDecorator =>
  applyDecorators(SetMetadata(AUDITED_READ, action), UseInterceptors(AuditedReadInterceptor));
