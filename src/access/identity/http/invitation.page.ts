import { Body, Get, Header, HttpCode, Param, Post, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from '../../../kernel/auth/decorators';
import { AppError } from '../../../kernel/errors/app-error';
import { Consumes, RateLimit, RootController } from '../../../kernel/http/decorators';
import { escapeHtml, page } from '../../../kernel/http/page';
import { JoinWithPasswordCommand, RegisterInvitedCommand } from '../commands/join-by-invitation';
import { InvitedQuery } from '../queries/invited';

const HTML = 'text/html; charset=utf-8';
/** Nothing is loaded, nothing runs, the form goes home; the address carries the token and is told to nobody. */
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

type Fields = Record<string, unknown>;
const textOf = (value: unknown, most: number): string => (typeof value === 'string' ? value.slice(0, most) : '');

/**
 * The page behind the link of an invitation: says what one is invited to and asks for a password, a new one or that of
 * the account. Opening it changes nothing.
 */
@ApiExcludeController()
@RootController('invitations')
export class InvitationPage {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get(':token')
  @Public()
  @RateLimit('auth')
  @Header('Content-Type', HTML)
  @Header('Content-Security-Policy', POLICY)
  @Header('Referrer-Policy', 'no-referrer')
  @Header('X-Robots-Tag', 'noindex')
  async ask(@Param('token') token: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    try {
      return await this.form(token, null);
    } catch (error) {
      return refusal(error, reply);
    }
  }

  @Post(':token')
  @HttpCode(200)
  @Public()
  @RateLimit('auth')
  @Consumes('application/x-www-form-urlencoded')
  @Header('Content-Type', HTML)
  @Header('Content-Security-Policy', POLICY)
  @Header('Referrer-Policy', 'no-referrer')
  async join(
    @Param('token') token: string,
    @Body() fields: Fields | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const password = textOf(fields?.password, 1024);
    const name = textOf(fields?.name, 120).trim();
    try {
      const { hasAccount, email } = await this.queries.execute(new InvitedQuery(token));
      if (!hasAccount && name === '') return await this.form(token, 'Please say your name.');
      const { organization, role } = await this.commands.execute(
        hasAccount
          ? new JoinWithPasswordCommand({ token, password })
          : new RegisterInvitedCommand({ token, name, password }),
      );
      return page(
        'Welcome',
        `<h1>Welcome to ${escapeHtml(organization.name)}</h1><p class="lead">You are in, as ${escapeHtml(role)}.
         Sign in with ${escapeHtml(email)} and your password.</p>`,
      );
    } catch (error) {
      if (error instanceof AppError && /^identity\.(?:password-refused|invalid-credentials)$/.test(error.code)) {
        void reply.code(error.status);
        return this.form(token, error.detail).catch((again: unknown) => refusal(again, reply));
      }
      return refusal(error, reply);
    }
  }

  private async form(token: string, fault: string | null): Promise<string> {
    const { organization, role, email, hasAccount } = await this.queries.execute(new InvitedQuery(token));
    const input = (name: string, label: string, rest: string): string =>
      `<label>${label}<br><input name="${name}" required ${rest}></label>`;
    return page(
      `Join ${organization.name}`,
      `<h1>Join ${escapeHtml(organization.name)}</h1>
       <p class="lead">You are invited as ${escapeHtml(role)}, with the address ${escapeHtml(email)}.</p>
       ${fault === null ? '' : `<p class="down" role="alert">${escapeHtml(fault)}</p>`}
       <form method="post">
         ${hasAccount ? '' : input('name', 'Your name', 'maxlength="120" autocomplete="name"')}
         ${input(
           'password',
           hasAccount ? 'Password of your account' : 'Choose a password',
           `type="password" maxlength="1024" autocomplete="${hasAccount ? 'current' : 'new'}-password"`,
         )}
         <button type="submit">${hasAccount ? 'Accept' : 'Create my account and accept'}</button>
       </form>
       <footer>If you do not know ${escapeHtml(organization.name)}, close this page: nothing has happened.</footer>`,
    );
  }
}

function refusal(error: unknown, reply: FastifyReply): string {
  if (!(error instanceof AppError) || error.kind === 'internal') throw error;
  void reply.code(error.status);
  return page(
    'This does not work',
    `<h1>This does not work</h1><p class="lead">${escapeHtml(error.detail)} ${escapeHtml(error.data.hint ?? '')}</p>`,
  );
}
