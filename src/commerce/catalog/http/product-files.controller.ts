import { Controller, Get, HttpCode, Post, Query, Req, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiBody, ApiConsumes, ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';
import { Allow } from '../../../kernel/auth/decorators';
import { Consumes, Problems, RateLimit } from '../../../kernel/http/decorators';
import type { TableFormat } from '../../../kernel/tabular/csv-writer';
import { TABLE_TYPES } from '../../../kernel/tabular/table-file';
import { readUpload } from '../../../kernel/tabular/upload-form';
import { XLSX_TYPE } from '../../../kernel/tabular/xlsx-writer';
import { ImportProductFileCommand } from '../commands/import-product-file';
import { ExportProductsQuery } from '../contracts/export-products';
import { noFile } from '../domain/catalog.errors';
import { ImportProductsParams, ProductImportView } from './product-files.dto';

const EXAMPLE = 'sku,name,price,currency\nTEA-100,Darjeeling,12.50,EUR\n';
/** As a form it has members, which the document shows for that content type. */
export const FORM = {
  type: 'object',
  required: ['file'],
  properties: {
    file: { type: 'string', format: 'binary', description: 'The rows.', example: EXAMPLE },
    mapping: { type: 'string', description: 'A mapping profile as JSON.' },
  },
};
const ROWS = { type: 'string', example: EXAMPLE, 'x-multipart': FORM };
const FILE = { schema: { type: 'string', format: 'binary' } };

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
  @Consumes('text/csv', 'multipart/form-data', XLSX_TYPE)
  @RateLimit('heavy')
  @Problems({
    'catalog.import-refused': 422,
    'catalog.import-overtaken': 409,
    'catalog.no-file': 400,
    'catalog.no-product-sheet': 400,
    'catalog.import-profile-not-found': 404,
    'tabular.bad-profile': 400,
    'tabular.no-header': 400,
    'tabular.not-text': 400,
    'tabular.not-a-workbook': 400,
    'tabular.workbook-too-large': 400,
    'tabular.no-such-worksheet': 400,
    'tabular.duplicate-column': 400,
    'tabular.too-many-columns': 400,
  })
  @ApiOperation({
    operationId: 'importProducts',
    summary: 'Import products from a file',
    description:
      'One row a variant, in the columns of the export: handle, sku, name, variantName, description, category, price, currency, active, variantActive, taxCategory, variantTaxCategory, weightGrams, backorder, onHand, reorderLevel, incoming. CSV and workbooks (.xlsx) are told apart by their bytes. As multipart form: `file` with the rows, further files that a mapping joins, and `mapping` with a mapping profile as JSON; `profile` names a saved one. Every row is judged before one is written; repeating an import changes only what is different. Large files are better imported with startProductImport.',
  })
  @ApiConsumes('text/csv', 'multipart/form-data')
  @ApiBody({
    schema: ROWS,
  })
  async import(@Query() query: ImportProductsParams, @Req() request: FastifyRequest): Promise<ProductImportView> {
    const upload = await readUpload(request, 'products', noFile);
    const { profile: profileName, ...options } = query;
    return this.commands.execute(new ImportProductFileCommand({ ...upload, profileName, ...options }));
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
  exportCsv(@Res() reply: FastifyReply): Promise<void> {
    return this.send(reply, 'csv');
  }

  @Get('export.xlsx')
  @Allow('products:write')
  @RateLimit('heavy')
  @ApiProduces(XLSX_TYPE)
  @ApiResponse({ status: 200, description: 'The file.', content: { [XLSX_TYPE]: FILE } })
  @ApiOperation({
    operationId: 'exportProductsWorkbook',
    summary: 'Export all products as a workbook',
    description: 'Texts that a spreadsheet would compute are marked as texts; they come back as they are.',
  })
  exportWorkbook(@Res() reply: FastifyReply): Promise<void> {
    return this.send(reply, 'xlsx');
  }

  private async send(reply: FastifyReply, format: TableFormat): Promise<void> {
    const file = await this.queries.execute(new ExportProductsQuery(format));
    await reply
      .header('content-type', TABLE_TYPES[format])
      .header('content-disposition', `attachment; filename="products.${format}"`)
      .send(Readable.from(file, { objectMode: false }));
  }
}
