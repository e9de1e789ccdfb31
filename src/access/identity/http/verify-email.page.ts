import { Get, Header, HttpCode, Param, Post, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from '../../../kernel/auth/decorators';
import { AppError } from '../../../kernel/errors/app-error';
import { Consumes, RateLimit, RootController } from '../../../kernel/http/decorators';
import { escapeHtml, page } from '../../../kernel/http/page';
import { VerifyEmailCommand } from '../commands/verify-email';

const HTML = 'text/html; charset=utf-8';
/** Nothing is loaded, nothing runs, the form goes home; the address carries the token and is told to nobody. */
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/**
 * The page behind the link in the mail. Opening it changes nothing, so that mail scanners and link previews use
 * nothing up; its one button posts.
 */
@ApiExcludeController()
@RootController('verify-email')
export class VerifyEmailPage {
  constructor(private readonly commands: CommandBus) {}

  @Get(':token')
  @Public()
  @Header('Content-Type', HTML)
  @Header('Content-Security-Policy', POLICY)
  @Header('X-Robots-Tag', 'noindex')
  ask(): string {
    return page(
      'Verify your e-mail address',
      `<h1>Verify your e-mail address</h1><p class="lead">One click, and your account is ready.</p>
       <form method="post"><button type="submit">Verify my address</button></form>
       <footer>If you did not register, close this page: nothing has happened.</footer>`,
    );
  }

  @Post(':token')
  @HttpCode(200)
  @Public()
  @RateLimit('auth')
  @Consumes('application/x-www-form-urlencoded')
  @Header('Content-Type', HTML)
  @Header('Content-Security-Policy', POLICY)
  async verify(@Param('token') token: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    try {
      const { email, organization } = await this.commands.execute(new VerifyEmailCommand(token));
      const what = organization ? `Your organization ${organization.name} is open.` : 'Your account is ready.';
      return page(
        'Address verified',
        `<h1>Address verified</h1><p class="lead">${escapeHtml(email)} is yours. ${escapeHtml(what)} You can sign in now.</p>`,
      );
    } catch (error) {
      if (!(error instanceof AppError) || (error.kind !== 'not-found' && error.kind !== 'gone')) throw error;
      void reply.code(error.status);
      return page(
        'This link does not work',
        `<h1>This link does not work</h1><p class="lead">${escapeHtml(error.detail)} ${escapeHtml(error.data.hint ?? '')}</p>`,
      );
    }
  }
}
