import { Get, Header } from '@nestjs/common';
import { ApiExcludeEndpoint, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Public } from '../auth/decorators';
import { Problems, RateLimit, RootController } from '../http/decorators';
import { escapeHtml, page } from '../http/page';
import { HealthReport, LivenessView } from './health.dto';
import { HealthService } from './health.service';

const WORDS = { up: 'works', degraded: 'degraded', down: 'down' } as const;

/** Probes of the process, and a page for people. */
@ApiTags('health')
@RootController('health')
export class HealthController {
  constructor(private readonly health: HealthService) {}

  /** Is the process alive? Looks at nothing else, so that a lost database never restarts it. */
  @Get('live')
  @Public()
  @RateLimit('none')
  @ApiOperation({ operationId: 'checkLiveness', summary: 'Say whether the process is alive' })
  checkLiveness(): LivenessView {
    return { status: 'up' };
  }

  /** Can requests be answered? 503 when a critical part is down or the process is ending. */
  @Get('ready')
  @Problems({ 'health.not-ready': 503 })
  @Public()
  @RateLimit('none')
  @ApiOperation({ operationId: 'checkReadiness', summary: 'Say whether requests can be answered' })
  checkReadiness(): Promise<HealthReport> {
    return this.health.ready();
  }

  /** How Mainstay is, for people. */
  @Get()
  @Public()
  @ApiExcludeEndpoint()
  @Header('content-type', 'text/html; charset=utf-8')
  async people(): Promise<string> {
    const report = await this.health.report();
    const rows = report.parts.map(
      (part) =>
        `<div class="row"><b>${escapeHtml(part.name)}</b><span>${escapeHtml(part.message)}</span>` +
        `<span class="tag ${part.status}">${WORDS[part.status]}</span></div>`,
    );
    const summary = {
      up: 'Everything works.',
      degraded: 'Requests are answered, but something needs attention.',
      down: 'Mainstay cannot answer requests.',
    };
    return page(
      'Health · Mainstay',
      `<h1>Health</h1><p class="lead">${summary[report.status]}</p><div class="card">${rows.join('')}</div>` +
        `<footer>Mainstay ${escapeHtml(report.version)} · up ${Math.floor(report.uptimeSeconds / 60)} min · checked ${escapeHtml(report.checkedAt)} · <a href="/">Home</a></footer>`,
    );
  }
}
