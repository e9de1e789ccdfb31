import { Controller, Get, Header, Param, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiExcludeController, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Public } from '../../../kernel/auth/decorators';
import { Config } from '../../../kernel/config/config';
import { notFound } from '../../../kernel/errors/app-error';
import { IdParam, RateLimit, RootController } from '../../../kernel/http/decorators';
import { DevMailboxQuery, ShownLetterQuery } from '../queries/dev-mailbox';
import { SampleLettersQuery } from '../queries/sample-letters';
import { letterPage, lettersPage, mailboxPage, sampleLetterPage } from './dev-mailbox.page';
import { DevMailboxQueryParameters, DevMailboxView } from './dev-mailbox.dto';

const absent = () => notFound('http.route-not-found', 'There is nothing at this address.');

/** Mail that was sent while no mail server is configured, for tests and tools. Absent in production. */
@ApiTags('development')
@Controller('dev/mailbox')
export class DevMailboxController {
  constructor(
    private readonly queries: QueryBus,
    private readonly config: Config,
  ) {}

  @Get()
  @Public()
  @RateLimit('none')
  @ApiOperation({ operationId: 'listDevMailbox', summary: 'List the development mailbox, newest first' })
  async list(@Query() query: DevMailboxQueryParameters): Promise<DevMailboxView> {
    if (this.config.isProduction) throw absent();
    const letters = await this.queries.execute(new DevMailboxQuery({ to: query.to }));
    return {
      data: letters.map(({ channel, to, subject, text, html, sentAt }) => ({
        channel,
        to,
        subject,
        text,
        html,
        sentAt,
      })),
    };
  }
}

/** The same mailbox for people. Absent in production. */
@ApiExcludeController()
@RootController('dev/mailbox')
export class DevMailboxPageController {
  constructor(
    private readonly queries: QueryBus,
    private readonly config: Config,
  ) {}

  @Get()
  @Public()
  @Header('content-type', 'text/html; charset=utf-8')
  async list(@Query() query: DevMailboxQueryParameters): Promise<string> {
    if (this.config.isProduction) throw absent();
    return mailboxPage(
      await this.queries.execute(new DevMailboxQuery({ to: query.to })),
      query.to,
      this.config.smtpUrl !== null,
    );
  }

  @Get('letters')
  @Public()
  @Header('content-type', 'text/html; charset=utf-8')
  async letters(): Promise<string> {
    if (this.config.isProduction) throw absent();
    return lettersPage(await this.queries.execute(new SampleLettersQuery()));
  }

  @Get('letters/:name')
  @Public()
  @Header('content-type', 'text/html; charset=utf-8')
  async letter(@Param('name') name: string): Promise<string> {
    if (this.config.isProduction) throw absent();
    const [letter] = await this.queries.execute(new SampleLettersQuery(name));
    if (!letter) throw notFound('notifications.letter-not-found', 'No such letter.');
    return sampleLetterPage(letter);
  }

  @Get(':id')
  @Public()
  @Header('content-type', 'text/html; charset=utf-8')
  async show(@IdParam() id: string): Promise<string> {
    if (this.config.isProduction) throw absent();
    const [letter] = await this.queries.execute(new DevMailboxQuery({ id }));
    if (!letter) throw notFound('notifications.letter-not-found', 'No such letter.');
    return letterPage({ ...letter, html: await this.queries.execute(new ShownLetterQuery(letter)) });
  }
}
