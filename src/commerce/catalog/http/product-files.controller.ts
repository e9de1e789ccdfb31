import { Controller, Get, HttpCode, Post, Query, Req, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiBody, ApiConsumes, ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { MultipartFile, MultipartValue } from '@fastify/multipart';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';
import { Allow } from '../../../kernel/auth/decorators';
import { invalid } from '../../../kernel/errors/app-error';
import { Consumes, Problems, RateLimit } from '../../../kernel/http/decorators';
import { parseProfile, type Profile } from '../../../kernel/tabular/profile';
import { ImportProductFileCommand, type UploadedFile } from '../commands/import-product-file';
import { ExportProductsQuery } from '../contracts/export-products';
import { ImportProductsParams, ProductImportView } from './product-files.dto';

const CSV = 'text/csv; charset=utf-8';
const EXAMPLE = 'sku,name,price,currency\nTEA-100,Darjeeling,12.50,EUR\n';
/** As a form it has members, which the document shows for that content type. */
const FORM = {
  type: 'object',
  required: ['file'],
  properties: {
    file: { type: 'string', format: 'binary', description: 'The rows.', example: EXAMPLE },
    mapping: { type: 'string', description: 'A mapping profile as JSON.' },
  },
};
const ROWS = { type: 'string', example: EXAMPLE, 'x-multipart': FORM };

/** The catalogue as files. */
@ApiTags('products')
@Controller('products')
export class ProductFilesController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post('import')
  @HttpCode(200)
  @Allow('products:write')
  @Consumes('text/csv', 'multipart/form-data')
  @RateLimit('heavy')
  @Problems({
    'catalog.import-refused': 422,
    'catalog.import-overtaken': 409,
    'catalog.no-file': 400,
    'catalog.no-product-sheet': 400,
    'tabular.bad-profile': 400,
    'tabular.no-header': 400,
    'tabular.not-text': 400,
    'tabular.duplicate-column': 400,
  })
  @ApiOperation({
    operationId: 'importProducts',
    summary: 'Import products from CSV',
    description:
      'One row a variant, in the columns of the export: handle, sku, name, variantName, description, category, price, currency, active, variantActive, onHand, reorderLevel, incoming. As multipart form: `file` with the rows, further files that a mapping joins, and `mapping` with a mapping profile as JSON. Every row is judged before one is written; repeating an import changes only what is different.',
  })
  @ApiConsumes('text/csv', 'multipart/form-data')
  @ApiBody({
    schema: ROWS,
  })
  async import(@Query() query: ImportProductsParams, @Req() request: FastifyRequest): Promise<ProductImportView> {
    const upload = request.isMultipart()
      ? await readForm(request)
      : { files: [{ name: 'products.csv', content: request.rawBody ?? '' }] };
    return this.commands.execute(new ImportProductFileCommand({ ...upload, ...query }));
  }

  @Get('export.csv')
  @Allow('products:write')
  @RateLimit('heavy')
  @ApiProduces('text/csv')
  @ApiResponse({ status: 200, description: 'The file.', content: { 'text/csv': { schema: { type: 'string' } } } })
  @ApiOperation({
    operationId: 'exportProducts',
    summary: 'Export all products as CSV',
    description: 'Texts that a spreadsheet would compute get an apostrophe in front; an import takes it off again.',
  })
  async export(@Res() reply: FastifyReply): Promise<void> {
    const file = await this.queries.execute(new ExportProductsQuery());
    await reply
      .header('content-type', CSV)
      .header('content-disposition', 'attachment; filename="products.csv"')
      .send(Readable.from(file, { objectMode: false }));
  }
}

async function readForm(request: FastifyRequest): Promise<{ files: UploadedFile[]; profile?: Profile }> {
  const files: UploadedFile[] = [];
  let profile: Profile | undefined;
  for await (const part of request.parts() as AsyncIterable<MultipartFile | MultipartValue<string>>) {
    if (part.type === 'file') {
      const file = { name: part.filename || part.fieldname, content: await part.toBuffer() };
      // The rows come first, whatever the order of the form.
      if (part.fieldname === 'file') files.unshift(file);
      else files.push(file);
    } else if (part.fieldname === 'mapping') profile = parseProfile(part.value);
    else
      throw invalid('catalog.no-file', `The form field "${part.fieldname}" is not known; there are file and mapping.`);
  }
  if (files.length === 0) throw invalid('catalog.no-file', 'The form has no file.');
  return { files, profile };
}
