import { Get, Header, HttpCode, Param, Post, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from '../../../kernel/auth/decorators';
import { AppError } from '../../../kernel/errors/app-error';
import { Consumes, RateLimit, RootController } from '../../../kernel/http/decorators';
import { escapeHtml, page } from '../../../kernel/http/page';
import { AnswerRecoveryCommand } from '../commands/recover-factors';

const HTML = 'text/html; charset=utf-8';
/** Nothing is loaded, nothing runs, the form goes home; the address carries the token and is told to nobody. */
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/** The pages behind the two links in the mail about a recovery. Opening one changes nothing; its one button posts. */
@ApiExcludeController()
@RootController('recover-factors')
export class RecoverFactorsPage {
  constructor(private readonly commands: CommandBus) {}

  @Get(':token')
  @Public()
  @Header('Content-Type', HTML)
  @Header('Content-Security-Policy', POLICY)
  @Header('X-Robots-Tag', 'noindex')
  askConfirm(): string {
    return page(
      'Recover your account',
      `<h1>Is it you?</h1><p class="lead">Somebody who knows your password says that all your sign-in factors are lost. Confirm only if it is you.</p>
       <form method="post"><button type="submit">It is me</button></form>
       <footer>If it is not you, close this page and use the other link in the mail to stop it.</footer>`,
    );
  }

  @Post(':token')
  @HttpCode(200)
  @Public()
  @RateLimit('auth')
  @Consumes('application/x-www-form-urlencoded')
  @Header('Content-Type', HTML)
  @Header('Content-Security-Policy', POLICY)
  confirm(@Param('token') token: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    return this.answer('link', token, reply, {
      title: 'Confirmed',
      text: 'Now an administrator of your organization has to agree, or the waiting time in the mail has to pass. Then sign in again and set up a new factor.',
    });
  }

  @Get('stop/:token')
  @Public()
  @Header('Content-Type', HTML)
  @Header('Content-Security-Policy', POLICY)
  @Header('X-Robots-Tag', 'noindex')
  askStop(): string {
    return page(
      'Stop the recovery',
      `<h1>Stop the recovery</h1><p class="lead">Your sign-in factors stay as they are.</p>
       <form method="post"><button type="submit">Stop it</button></form>`,
    );
  }

  @Post('stop/:token')
  @HttpCode(200)
  @Public()
  @RateLimit('auth')
  @Consumes('application/x-www-form-urlencoded')
  @Header('Content-Type', HTML)
  @Header('Content-Security-Policy', POLICY)
  stop(@Param('token') token: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    return this.answer('stop', token, reply, {
      title: 'Stopped',
      text: 'Your sign-in factors stay as they are. Somebody knows your password: change it now.',
    });
  }

  private async answer(
    kind: 'link' | 'stop',
    token: string,
    reply: FastifyReply,
    done: { title: string; text: string },
  ): Promise<string> {
    try {
      await this.commands.execute(new AnswerRecoveryCommand(kind, token));
      return page(done.title, `<h1>${done.title}</h1><p class="lead">${done.text}</p>`);
    } catch (error) {
      if (!(error instanceof AppError) || (error.kind !== 'not-found' && error.kind !== 'gone')) throw error;
      void reply.code(error.status);
      return page(
        'This link does not work',
        `<h1>This link does not work</h1><p class="lead">${escapeHtml(error.detail)}</p>`,
      );
    }
  }
}
