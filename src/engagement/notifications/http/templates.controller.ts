import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import {
  ApiAcceptedResponse,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { Allow } from '../../../kernel/auth/decorators';
import { Idempotent, Problems, RateLimit } from '../../../kernel/http/decorators';
import { pageOf, type Page } from '../../../kernel/http/pagination';
import {
  ActivateTemplateCommand,
  ResetTemplateCommand,
  SaveTemplateCommand,
  SendTestMessageCommand,
} from '../commands/manage-templates';
import { templateNotFound } from '../domain/notifications.errors';
import { PreviewTemplateQuery } from '../queries/preview-template';
import { FindTemplateQuery, ListTemplatesQuery, ListTemplateVersionsQuery } from '../queries/templates';
import { callerId } from './caller';
import {
  ActivateTemplateBody,
  FindTemplateParams,
  PreviewTemplateBody,
  RenderedTemplateView,
  SaveTemplateBody,
  sourceOf,
  TemplateInUseParams,
  TemplatesView,
  TemplateVersionsParams,
  TemplateVersionView,
  TemplateView,
  TestTemplateBody,
  TestTemplateView,
} from './templates.dto';

const NOT_FOUND = ['notifications.template-not-found', 'notifications.template-version-not-found'];
const INVALID: Record<string, number> = {
  'notifications.template-invalid': 400,
  'notifications.template-not-rendered': 400,
  'notifications.template-not-compiled': 503,
};
const PICTURES: Record<string, number> = {
  'notifications.picture-not-found': 404,
  'notifications.picture-not-clean': 409,
};

/** Names are words; what is none cannot exist. @throws AppError not-found */
function named(templateName: string): string {
  if (!/^[a-z][a-z0-9-]{0,59}$/.test(templateName)) throw templateNotFound();
  return templateName;
}

/** What the organization writes to people: the product's templates, and its own in their place or beside them. */
@ApiTags('templates')
@Controller('templates')
export class TemplatesController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Allow('notifications:read')
  @ApiOperation({ operationId: 'listTemplates', summary: 'List every template of the product and the organization' })
  @ApiOkResponse({ type: TemplatesView })
  list(): Promise<TemplatesView> {
    return this.queries.execute(new ListTemplatesQuery());
  }

  @Get(':templateName')
  @Allow('notifications:read')
  @Problems(...NOT_FOUND)
  @ApiOperation({ operationId: 'getTemplate', summary: 'Read a template as it is in use, or a version of it' })
  @ApiOkResponse({ type: TemplateView })
  get(
    @Param('templateName') templateName: string,
    @Query() { locale = '', version }: FindTemplateParams,
  ): Promise<TemplateView> {
    return this.queries.execute(new FindTemplateQuery(named(templateName), locale, version ?? null));
  }

  @Get(':templateName/versions')
  @Allow('notifications:read')
  @Problems('notifications.template-not-found')
  @ApiOperation({
    operationId: 'listTemplateVersions',
    summary: 'List the organization’s own versions of a template',
    description: 'Newest first.',
  })
  @ApiOkResponse({ type: pageOf(TemplateVersionView) })
  versions(
    @Param('templateName') templateName: string,
    @Query() query: TemplateVersionsParams,
  ): Promise<Page<TemplateVersionView>> {
    return this.queries.execute(new ListTemplateVersionsQuery(named(templateName), query));
  }

  @Post()
  @Allow('notifications:write')
  @Idempotent()
  @RateLimit('heavy')
  @Problems(INVALID, PICTURES, { 'files.file-not-found': 404, 'files.not-clean': 409 })
  @ApiOperation({
    operationId: 'saveTemplate',
    summary: 'Write a version of a template and put it in use',
    description:
      'In the place of one of the product’s, or under a name of one’s own. Loops without end, variables that nobody gives, faults of syntax, scripts and whatever loads from elsewhere are refused with code and place. A picture is `<mj-image src="https://…" alt="…">`: its address is the same in every mail, so that it cannot tell who reads, and `alt` says what it shows. With `src="file:<id>"` it is a clean file of the organization, which the version keeps: it travels within the mail, in a size that fits, and 1 MiB of pictures goes into one mail.',
  })
  @ApiCreatedResponse({ type: TemplateView })
  save(@Body() body: SaveTemplateBody): Promise<TemplateView> {
    const { name, locale = '', source, category = 'general', sample = {}, note = null } = body;
    return this.commands.execute(
      new SaveTemplateCommand({
        name,
        locale,
        source: sourceOf(source),
        category,
        sample,
        note,
      }),
    );
  }

  @Post(':templateName/activate')
  @HttpCode(200)
  @Allow('notifications:write')
  @Problems(...NOT_FOUND)
  @ApiOperation({ operationId: 'activateTemplate', summary: 'Put a former version in use again' })
  @ApiOkResponse({ type: TemplateView })
  activate(
    @Param('templateName') templateName: string,
    @Body() { locale = '', version }: ActivateTemplateBody,
  ): Promise<TemplateView> {
    return this.commands.execute(new ActivateTemplateCommand(named(templateName), locale, version));
  }

  @Delete(':templateName')
  @HttpCode(204)
  @Allow('notifications:write')
  @Problems(...NOT_FOUND)
  @ApiOperation({
    operationId: 'resetTemplate',
    summary: 'Go back to the product’s template',
    description: 'The versions stay and can be put in use again.',
  })
  @ApiNoContentResponse()
  async reset(
    @Param('templateName') templateName: string,
    @Query() { locale = '' }: TemplateInUseParams,
  ): Promise<void> {
    await this.commands.execute(new ResetTemplateCommand(named(templateName), locale));
  }

  @Post(':templateName/preview')
  @HttpCode(200)
  @Allow('notifications:read')
  @RateLimit('heavy')
  @Problems(...NOT_FOUND, INVALID, PICTURES, { 'files.storage-unavailable': 503 })
  @ApiOperation({
    operationId: 'previewTemplate',
    summary: 'See a template as its reader would',
    description:
      'What is in use, a version, or what is not saved yet; with sample data or your own. Pictures that are files are in `html`.',
  })
  @ApiOkResponse({ type: RenderedTemplateView })
  async preview(
    @Param('templateName') templateName: string,
    @Body() body: PreviewTemplateBody,
  ): Promise<RenderedTemplateView> {
    const { locale = '', version = null, source, data = null } = body;
    const { push, ...rendered } = await this.queries.execute(
      new PreviewTemplateQuery({
        name: named(templateName),
        locale,
        version,
        source: source ? sourceOf(source) : null,
        data,
      }),
    );
    return { ...rendered, push: { title: push.title, body: push.body, link: push.link } };
  }

  @Post(':templateName/test')
  @HttpCode(202)
  @Allow('notifications:write')
  @RateLimit('heavy')
  @Problems(...NOT_FOUND)
  @ApiOperation({
    operationId: 'testTemplate',
    summary: 'Send a template with its sample data to yourself',
    description: 'To your own proven address or number, and to nobody else.',
  })
  @ApiAcceptedResponse({ type: TestTemplateView })
  test(
    @Param('templateName') templateName: string,
    @Body() { locale = '', channel = 'email' }: TestTemplateBody,
  ): Promise<TestTemplateView> {
    return this.commands.execute(new SendTestMessageCommand(callerId(), named(templateName), locale, channel));
  }
}
