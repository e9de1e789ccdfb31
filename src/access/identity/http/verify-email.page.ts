import { Get, HttpCode, Param, Post, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from '../../../kernel/auth/decorators';
import { Consumes, RateLimit, RootController } from '../../../kernel/http/decorators';
import { VerifyEmailCommand } from '../commands/verify-email';
import { askPage, donePage, LinkPage, settlePage } from './link-page';

/** The page behind the link of a registration. */
@ApiExcludeController()
@RootController('verify-email')
export class VerifyEmailPage {
  constructor(private readonly commands: CommandBus) {}

  @Get(':token')
  @Public()
  @LinkPage()
  ask(): string {
    return askPage({
      title: 'Verify your e-mail address',
      lead: 'One click, and your account is ready.',
      button: 'Verify my address',
      footer: 'If you did not register, close this page: nothing has happened.',
    });
  }

  @Post(':token')
  @HttpCode(200)
  @Public()
  @RateLimit('auth')
  @Consumes('application/x-www-form-urlencoded')
  @LinkPage()
  verify(@Param('token') token: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    return settlePage(reply, async () => {
      const { email, organization } = await this.commands.execute(new VerifyEmailCommand(token));
      const what = organization ? `Your organization ${organization.name} is open.` : 'Your account is ready.';
      return donePage('Address verified', `${email} is yours. ${what} You can sign in now.`);
    });
  }
}
