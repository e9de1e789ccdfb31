import { Body, Get, HttpCode, Param, Post, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from '../../../kernel/auth/decorators';
import { AppError } from '../../../kernel/errors/app-error';
import { Consumes, RateLimit, RootController } from '../../../kernel/http/decorators';
import { ConfirmEmailChangeCommand, UndoEmailChangeCommand } from '../commands/change-email';
import { KeepAccountCommand } from '../commands/close-account';
import { ResetPasswordCommand } from '../commands/reset-password';
import { askPage, donePage, LinkPage, settlePage } from './link-page';

const FORM = 'application/x-www-form-urlencoded';
const HINT = 'Several words that have nothing to do with each other are a good password.';

const choosePage = (fault?: string): string =>
  askPage({
    title: 'Choose a new password',
    lead: fault ?? HINT,
    button: 'Set password',
    footer: 'All your sessions end; sign in again with the new password.',
    // The autocomplete name lets password managers offer and keep a new one (WCAG 1.3.5, ASVS 6.2.7).
    fields: `<label>New password<br><input type="password" name="password" autocomplete="new-password" required autofocus
      ${fault ? 'aria-invalid="true"' : ''}></label>`,
  });

/** The page behind the link that sets a password. */
@ApiExcludeController()
@RootController('reset-password')
export class ResetPasswordPage {
  constructor(private readonly commands: CommandBus) {}

  @Get(':token')
  @Public()
  @LinkPage()
  ask(): string {
    return choosePage();
  }

  @Post(':token')
  @HttpCode(200)
  @Public()
  @RateLimit('auth')
  @Consumes(FORM)
  @LinkPage()
  set(
    @Param('token') token: string,
    @Body() form: Record<string, unknown> | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const password = typeof form?.password === 'string' ? form.password : '';
    return settlePage(reply, async () => {
      try {
        await this.commands.execute(new ResetPasswordCommand({ token, password }));
      } catch (error) {
        // The link is good still: the person tries another one.
        if (!(error instanceof AppError) || error.code !== 'identity.password-refused') throw error;
        void reply.code(error.status);
        return choosePage(`${error.detail} ${error.data.hint ?? ''}`);
      }
      return donePage('Your password is set', 'All your sessions have ended. Sign in with the new password now.');
    });
  }
}

/** The page behind the link to a new address. */
@ApiExcludeController()
@RootController('confirm-email')
export class ConfirmEmailPage {
  constructor(private readonly commands: CommandBus) {}

  @Get(':token')
  @Public()
  @LinkPage()
  ask(): string {
    return askPage({
      title: 'Use this e-mail address',
      lead: 'One click, and this is the address of your account.',
      button: 'Use this address',
      footer: 'If you did not ask for this, close this page: nothing has happened.',
    });
  }

  @Post(':token')
  @HttpCode(200)
  @Public()
  @RateLimit('auth')
  @Consumes(FORM)
  @LinkPage()
  confirm(@Param('token') token: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    return settlePage(reply, async () => {
      const { email } = await this.commands.execute(new ConfirmEmailChangeCommand(token));
      return donePage('Your address is changed', `Sign in with ${email} from now on.`);
    });
  }
}

/** The page behind the link that takes a change of the address back. */
@ApiExcludeController()
@RootController('undo-email-change')
export class UndoEmailChangePage {
  constructor(private readonly commands: CommandBus) {}

  @Get(':token')
  @Public()
  @LinkPage()
  ask(): string {
    return askPage({
      title: 'Take the change back',
      lead: 'This address becomes that of your account again, all sessions end, and your password no longer works.',
      button: 'Take it back',
      footer: 'A mail with a link for a new password follows.',
    });
  }

  @Post(':token')
  @HttpCode(200)
  @Public()
  @RateLimit('auth')
  @Consumes(FORM)
  @LinkPage()
  undo(@Param('token') token: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    return settlePage(reply, async () => {
      const { email } = await this.commands.execute(new UndoEmailChangeCommand(token));
      return donePage('The change is taken back', `Your account has the address ${email} again. Look for our mail.`);
    });
  }
}

/** The page behind the link that keeps an account which was to be deleted. */
@ApiExcludeController()
@RootController('keep-account')
export class KeepAccountPage {
  constructor(private readonly commands: CommandBus) {}

  @Get(':token')
  @Public()
  @LinkPage()
  ask(): string {
    return askPage({
      title: 'Keep your account',
      lead: 'Your account was to be deleted. One click, and it stays.',
      button: 'Keep my account',
      footer: 'Without it the account is deleted when its time has come.',
    });
  }

  @Post(':token')
  @HttpCode(200)
  @Public()
  @RateLimit('auth')
  @Consumes(FORM)
  @LinkPage()
  keep(@Param('token') token: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    return settlePage(reply, async () => {
      const { email } = await this.commands.execute(new KeepAccountCommand(token));
      return donePage('Your account stays', `Sign in with ${email} as before.`);
    });
  }
}
