import { Get, Header, HttpCode, Param, Post, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from '../../../kernel/auth/decorators';
import { SYSTEM } from '../../../kernel/auth/principal';
import { runInContext } from '../../../kernel/context/request-context';
import { AppError } from '../../../kernel/errors/app-error';
import { Consumes, RateLimit, RootController } from '../../../kernel/http/decorators';
import { escapeHtml, page } from '../../../kernel/http/page';
import { ReportLinks } from '../adapters/report-links';
import { UnsubscribeFromReportCommand } from '../commands/manage-report-schedules';
import { ReportFileQuery } from '../queries/report-schedules';

/** The two forms of a one-click unsubscription (RFC 8058). */
const FORMS = ['application/x-www-form-urlencoded', 'multipart/form-data'];
/** Nothing is loaded, nothing runs, the form goes home. */
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/** Behind the links of mailed reports. The link is the right: it is signed, names one thing, and a file's ends. */
@ApiExcludeController()
@RootController('report-mails')
export class ReportMailsPage {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly links: ReportLinks,
  ) {}

  @Get('files/:token')
  @Public()
  @RateLimit('heavy')
  async file(@Param('token') token: string, @Res() reply: FastifyReply): Promise<void> {
    const { tenantId, id } = this.links.read('file', token);
    const { name, content } = await runInContext({ tenantId, principal: SYSTEM }, () =>
      this.queries.execute(new ReportFileQuery(id)),
    );
    const pdf = name.endsWith('.pdf');
    await reply
      .header('content-type', pdf ? 'application/pdf' : 'text/csv; charset=utf-8')
      .header('content-disposition', `${pdf ? 'inline' : 'attachment'}; filename="${name}"`)
      .header('cache-control', 'private, no-store')
      .header('x-robots-tag', 'noindex')
      .send(content);
  }

  /** Opening the link changes nothing, so that scanners of mail end nothing. */
  @Get('unsubscribe/:token')
  @Public()
  @Header('Content-Type', 'text/html; charset=utf-8')
  @Header('Content-Security-Policy', POLICY)
  ask(@Param('token') token: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    return orSaid(reply, async () => {
      this.links.read('unsubscribe', token);
      return page(
        'No further reports?',
        `<h1>No further reports?</h1><p class="lead">Nothing has changed yet. Press the button, and this address gets this report no more.</p>
         <form method="post"><button type="submit">Send me no more</button></form>`,
      );
    });
  }

  @Post('unsubscribe/:token')
  @HttpCode(200)
  @Public()
  @Consumes(...FORMS)
  @Header('Content-Type', 'text/html; charset=utf-8')
  @Header('Content-Security-Policy', POLICY)
  unsubscribe(@Param('token') token: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    return orSaid(reply, async () => {
      const { tenantId, id } = this.links.read('unsubscribe', token);
      await runInContext({ tenantId, principal: SYSTEM }, () =>
        this.commands.execute(new UnsubscribeFromReportCommand(id)),
      );
      return page('Done', '<h1>Done</h1><p class="lead">You get this report no more.</p>');
    });
  }
}

/** A link that does not work is said on a page, with the status of the problem. */
async function orSaid(reply: FastifyReply, work: () => Promise<string>): Promise<string> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof AppError) || error.kind !== 'not-found') throw error;
    void reply.code(error.status);
    return page(
      'This link does not work',
      `<h1>This link does not work</h1><p class="lead">${escapeHtml(error.detail)}</p>`,
    );
  }
}
