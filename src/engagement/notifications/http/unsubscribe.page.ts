import { Get, Header, HttpCode, Param, Post, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from '../../../kernel/auth/decorators';
import { SYSTEM } from '../../../kernel/auth/principal';
import { runInContext } from '../../../kernel/context/request-context';
import { AppError } from '../../../kernel/errors/app-error';
import { Consumes, RootController } from '../../../kernel/http/decorators';
import { escapeHtml, page } from '../../../kernel/http/page';
import { UnsubscribeLinks } from '../adapters/unsubscribe-links';
import { UnsubscribeCommand } from '../commands/unsubscribe';
import { categoryNamed } from '../domain/categories';

/** Nothing is loaded, nothing runs, the form goes home. */
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/** Behind the links of mails and their List-Unsubscribe field (RFC 8058): a POST needs no session, the link is the right. */
@ApiExcludeController()
@RootController('unsubscribe')
export class UnsubscribePage {
  constructor(
    private readonly commands: CommandBus,
    private readonly links: UnsubscribeLinks,
  ) {}

  /** Opening the link changes nothing, so that scanners of mail end nothing. */
  @Get(':token')
  @Public()
  @Header('Content-Type', 'text/html; charset=utf-8')
  @Header('Content-Security-Policy', POLICY)
  ask(@Param('token') token: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    return orSaid(reply, async () => {
      const { category, hint } = this.links.read(token);
      const about = escapeHtml(categoryNamed(category).says);
      return page(
        'No more of these mails?',
        `<h1>No more of these mails?</h1><p class="lead">Nothing has changed yet. Press the button, and ${escapeHtml(hint)} gets no more mail about:</p>
         <div class="card"><p style="margin:0;padding:1rem 1.1rem"><strong>${about}</strong></p></div>
         <form method="post"><button type="submit">Send me no more of these</button></form>
         <p class="lead">What is about the safety of your account is still sent.</p>`,
      );
    });
  }

  /** The button of the page, and the one click of mail programs: `List-Unsubscribe=One-Click` in either form of RFC 8058. */
  @Post(':token')
  @HttpCode(200)
  @Public()
  @Consumes('application/x-www-form-urlencoded', 'multipart/form-data')
  @Header('Content-Type', 'text/html; charset=utf-8')
  @Header('Content-Security-Policy', POLICY)
  unsubscribe(@Param('token') token: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    return orSaid(reply, async () => {
      const unsubscription = this.links.read(token);
      await runInContext({ tenantId: unsubscription.tenantId, principal: SYSTEM }, () =>
        this.commands.execute(new UnsubscribeCommand(unsubscription)),
      );
      return page(
        'Done',
        `<h1>Done</h1><p class="lead">${escapeHtml(unsubscription.hint)} gets no more of these mails.</p>`,
      );
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
