import { applyDecorators, Catch, UseFilters, UsePipes, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { WebSocketGateway } from '@nestjs/websockets';
import { maybeContext } from '../context/request-context';
import { EdgeValidationPipe } from '../http/validation.pipe';
import { problemOf, toAppError } from '../http/problem';
import { newId } from '../ids/ids';
import { logger } from '../telemetry/logger';
import type { IdentifiedSocket } from './socket-identity';
import type { Ack } from './socket-adapter';

/** Answers the event's acknowledgement with the problem; a client that asked for none gets it as event `exception`. */
@Catch()
export class SocketProblemFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    const client = host.switchToWs().getClient<IdentifiedSocket>();
    const event = host.switchToWs().getPattern();
    const known = toAppError(error);
    if (known.kind === 'internal') logger.error({ err: error, event }, 'a socket event failed');
    const problem = problemOf(known, event, maybeContext()?.requestId ?? newId());
    const ack = host.getArgs<unknown[]>().find((arg) => typeof arg === 'function') as Ack | undefined;
    if (ack) ack({ error: problem });
    else client.emit('exception', problem);
  }
}

/**
 * A gateway of the product: every payload is validated by its DTO, unknown fields are refused, errors answer the
 * acknowledgement in the shape of problems. Without a namespace it is on `/`.
 */
export const SocketGateway = (namespace?: string): ClassDecorator =>
  applyDecorators(
    WebSocketGateway(namespace === undefined ? {} : { namespace }) as ClassDecorator,
    UseFilters(SocketProblemFilter),
    UsePipes(EdgeValidationPipe),
  );
