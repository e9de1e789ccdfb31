import { createHash, timingSafeEqual } from 'node:crypto';
import { Get, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Public } from '../auth/decorators';
import { Config } from '../config/config';
import { currentContext } from '../context/request-context';
import { AppError } from '../errors/app-error';
import { RateLimit, RootController } from '../http/decorators';
import { registry } from './metrics';

const LOOPBACK = /^(?:127\.|::1$|::ffff:127\.)/;
const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Prometheus metrics: open on this machine in development, else for operators and for `MAINSTAY_METRICS_TOKEN`. */
@ApiExcludeController()
@RootController('metrics')
export class MetricsController {
  constructor(private readonly config: Config) {}

  @Get()
  @Public()
  @RateLimit('none')
  async metrics(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    if (!this.mayRead(request)) {
      throw new AppError('auth.operator-only', 'forbidden', 'Metrics are for operators of this installation.', {
        hint: 'Send Authorization: Bearer with the token of MAINSTAY_METRICS_TOKEN or of an operator.',
      });
    }
    void reply.type(registry.contentType);
    return registry.metrics();
  }

  private mayRead(request: FastifyRequest): boolean {
    if (currentContext().principal.kind === 'operator') return true;
    const given = /^bearer +(.+)$/i.exec(request.headers.authorization ?? '')?.[1];
    const { metricsToken } = this.config;
    if (metricsToken !== null && given !== undefined) return timingSafeEqual(digest(given), digest(metricsToken));
    const direct = request.headers['x-forwarded-for'] === undefined && request.headers.forwarded === undefined;
    const local = direct && LOOPBACK.test(request.socket.remoteAddress ?? '');
    return this.config.isDevelopment && metricsToken === null && local;
  }
}
