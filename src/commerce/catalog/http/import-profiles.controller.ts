import { Body, Controller, Delete, Get, Headers, HttpCode, Patch, Post, Query, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Allow } from '../../../kernel/auth/decorators';
import { IdParam, Idempotent, Problems } from '../../../kernel/http/decorators';
import { etagOf, versionOfIfMatch } from '../../../kernel/http/etag';
import { ListQuery, pageOf, type Page } from '../../../kernel/http/pagination';
import {
  ChangeImportProfileCommand,
  CreateImportProfileCommand,
  RemoveImportProfileCommand,
} from '../commands/import-profiles';
import { ImportProfileQuery } from '../contracts/import-profiles';
import { ListImportProfilesQuery } from '../queries/import-profiles';
import { ChangeImportProfileBody, CreateImportProfileBody, ImportProfileView } from './product-imports.dto';

/** Mapping profiles: how the files of one supplier are read. */
@ApiTags('products')
@Controller('import-profiles')
export class ImportProfilesController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Allow('products:write')
  @ApiOperation({
    operationId: 'listImportProfiles',
    summary: 'List mapping profiles',
    description: 'Sorts: name, createdAt.',
  })
  @ApiOkResponse({ type: pageOf(ImportProfileView) })
  list(@Query() query: ListQuery): Promise<Page<ImportProfileView>> {
    return this.queries.execute(new ListImportProfilesQuery(query));
  }

  @Get(':id')
  @Allow('products:write')
  @Problems('catalog.import-profile-not-found')
  @ApiOperation({ operationId: 'getImportProfile', summary: 'Read a mapping profile' })
  async get(@IdParam() id: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<ImportProfileView> {
    const profile = await this.queries.execute(new ImportProfileQuery({ id }));
    void reply.header('etag', etagOf(profile.version));
    return profile;
  }

  @Post()
  @Allow('products:write')
  @Idempotent()
  @Problems('catalog.import-profile-taken', { 'tabular.bad-profile': 400, 'catalog.no-product-sheet': 400 })
  @ApiOperation({ operationId: 'createImportProfile', summary: 'Save a mapping profile' })
  create(@Body() body: CreateImportProfileBody): Promise<ImportProfileView> {
    return this.commands.execute(new CreateImportProfileCommand(body.name, body.mapping));
  }

  @Patch(':id')
  @Allow('products:write')
  @Problems('catalog.import-profile-not-found', {
    'tabular.bad-profile': 400,
    'catalog.no-product-sheet': 400,
    'catalog.stale-import-profile': 412,
  })
  @ApiHeader({ name: 'If-Match', required: false, description: 'The ETag that was read; another is 412.' })
  @ApiOperation({ operationId: 'changeImportProfile', summary: 'Change a mapping profile' })
  async change(
    @IdParam() id: string,
    @Body() body: ChangeImportProfileBody,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ImportProfileView> {
    const command = new ChangeImportProfileCommand(id, body.mapping, versionOfIfMatch(ifMatch));
    const saved = await this.commands.execute(command);
    void reply.header('etag', etagOf(saved.version));
    return saved;
  }

  @Delete(':id')
  @HttpCode(204)
  @Allow('products:write')
  @Problems('catalog.import-profile-not-found')
  @ApiOperation({ operationId: 'removeImportProfile', summary: 'Remove a mapping profile' })
  async remove(@IdParam() id: string): Promise<void> {
    await this.commands.execute(new RemoveImportProfileCommand(id));
  }
}
