import { Controller, Get, HttpCode, Post, Query, Req, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiAcceptedResponse, ApiBody, ApiConsumes, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Allow } from '../../../kernel/auth/decorators';
import { Consumes, IdParam, Problems, RateLimit } from '../../../kernel/http/decorators';
import { pageOf, type Page } from '../../../kernel/http/pagination';
import { uploadParts } from '../../../kernel/tabular/upload-form';
import { CancelImportCommand } from '../commands/run-import';
import { StartImportCommand } from '../commands/start-import';
import { noFile } from '../domain/catalog.errors';
import type { ImportView } from '../domain/product-import';
import { GetImportQuery, ListImportsQuery } from '../queries/imports';
import { FORM } from './product-files.controller';
import { ListProductImportsParams, ProductImportRunView, StartProductImportParams } from './product-imports.dto';

/** Imports of products that run on their own. */
@ApiTags('products')
@Controller('product-imports')
export class ProductImportsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post()
  @HttpCode(202)
  @Allow('products:write')
  @Consumes('multipart/form-data')
  @RateLimit('heavy')
  @Problems({
    'catalog.no-file': 400,
    'catalog.import-profile-not-found': 404,
    'catalog.too-many-imports': 409,
    'catalog.import-ended': 409,
    'tabular.bad-profile': 400,
  })
  @ApiOperation({
    operationId: 'startProductImport',
    summary: 'Start an import of products',
    description:
      'Stores the files as they arrive and answers at once; the import runs on its own. Follow it by its id, or by the socket event `products.import`. CSV and workbooks (.xlsx) are told apart by their bytes. Every row is judged before one is written; an import that a restart interrupts goes on where it stopped.',
  })
  @ApiConsumes('multipart/form-data')
  @ApiBody({ schema: FORM as object })
  @ApiAcceptedResponse({ type: ProductImportRunView })
  async start(
    @Query() query: StartProductImportParams,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ProductImportRunView> {
    const { profile: profileName, dryRun, acceptPartial } = query;
    const parts = request.isMultipart() ? uploadParts(request, noFile) : none();
    const started: ImportView = await this.commands.execute(
      new StartImportCommand({ parts, profileName, dryRun, acceptPartial }),
    );
    void reply.header('location', `/api/v1/product-imports/${started.id}`);
    return started;
  }

  @Get()
  @Allow('products:write')
  @ApiOperation({
    operationId: 'listProductImports',
    summary: 'List imports of products',
    description: 'Sorts: createdAt.',
  })
  @ApiOkResponse({ type: pageOf(ProductImportRunView) })
  list(@Query() query: ListProductImportsParams): Promise<Page<ProductImportRunView>> {
    return this.queries.execute(new ListImportsQuery(query));
  }

  @Get(':id')
  @Allow('products:write')
  @Problems('catalog.import-not-found')
  @ApiOperation({ operationId: 'getProductImport', summary: 'Read where an import stands' })
  get(@IdParam() id: string): Promise<ProductImportRunView> {
    return this.queries.execute(new GetImportQuery(id));
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @Allow('products:write')
  @Problems('catalog.import-not-found', { 'catalog.import-ended': 409 })
  @ApiOperation({
    operationId: 'cancelProductImport',
    summary: 'Cancel an import',
    description: 'Batches that were written stay; importing the file again completes them.',
  })
  cancel(@IdParam() id: string): Promise<ProductImportRunView> {
    return this.commands.execute(new CancelImportCommand(id));
  }
}

async function* none(): AsyncGenerator<never> {
  // A request without a form has no files.
}
