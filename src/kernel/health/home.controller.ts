import { Get, Header } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Public } from '../auth/decorators';
import { Config } from '../config/config';
import { RootController } from '../http/decorators';
import { escapeHtml, page } from '../http/page';
import { VERSION } from '../version';

/** `/`: where to go from here. */
@ApiExcludeController()
@RootController()
export class HomeController {
  constructor(private readonly config: Config) {}

  @Get()
  @Public()
  @Header('content-type', 'text/html; charset=utf-8')
  home(): string {
    const links: [path: string, title: string, text: string][] = [
      ['/docs', 'API docs', 'Every operation, to read and to try'],
      ['/openapi.json', 'OpenAPI', 'The same for programs and generators'],
      ['/docs/events', 'Socket events', 'What clients send and hear live; /asyncapi.json for programs'],
      ['/health', 'Health', 'How this installation is'],
      ['/queues', 'Queues', 'Jobs at work; for operators'],
      ['/metrics', 'Metrics', 'For Prometheus; for operators outside development'],
    ];
    if (!this.config.isProduction && this.config.smtpUrl === null) {
      links.push(['/dev/mailbox', 'Mailbox', 'What would have been mailed, while no mail server is set']);
    }
    if (!this.config.isProduction) links.push(['/dev/map', 'Map', 'Where trackers are, live']);
    const rows = links.map(([path, title, text]) => `<a href="${path}"><b>${title}</b><span>${text}</span></a>`);
    return page(
      'Mainstay',
      `<h1>Mainstay</h1><p class="lead">A business backend: accounts, tenants, money, stock. The API answers under <code>/api/v1</code>.</p><div class="card">${rows.join('')}</div>` +
        `<footer>Version ${escapeHtml(VERSION)}</footer>`,
    );
  }
}
