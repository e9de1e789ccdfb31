import { Readable } from 'node:stream';
import { Controller, Get, HttpCode, Post, Query, Req, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiBody, ApiConsumes, ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AuditedRead } from '../../../kernel/audit/audited-read';
import { Allow } from '../../../kernel/auth/decorators';
import { Consumes, Problems, RateLimit } from '../../../kernel/http/decorators';
import type { TableFormat } from '../../../kernel/tabular/csv-writer';
import { TABLE_TYPES } from '../../../kernel/tabular/table-file';
import { readUpload } from '../../../kernel/tabular/upload-form';
import { XLSX_TYPE } from '../../../kernel/tabular/xlsx-writer';
import { ImportCustomerFileCommand } from '../commands/import-customer-file';
import { ExportCustomersQuery } from '../contracts/export-customers';
import { noFile } from '../domain/customers.errors';
import { CustomerImportView, ImportCustomersParams } from './customer-files.dto';

const EXAMPLE = 'externalRef,email,name,city,line1,country\nC-1,ada@example.com,Ada Lovelace,London,12 Square,GB\n';
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
const FILE = { schema: { type: 'string', format: 'binary' } };

/** Customers as files. */
@ApiTags('customers')
@Controller('customers')
export class CustomerFilesController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post('import')
  @HttpCode(200)
  @Allow('customers:write')
  @Consumes('text/csv', 'multipart/form-data', XLSX_TYPE)
  @RateLimit('heavy')
  @Problems({
    'customers.import-refused': 422,
    'customers.import-overtaken': 409,
    'customers.no-file': 400,
    'customers.no-customer-sheet': 400,
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
    operationId: 'importCustomers',
    summary: 'Import customers from a file',
    description:
      'One row a customer with the usual address, in the columns of the export: externalRef, email, name, company, title, phone, line1, line2, city, region, postalCode, country. A customer is found again by externalRef, else by email. CSV and workbooks (.xlsx) are told apart by their bytes. As multipart form: `file` with the rows, further files that a mapping joins, and `mapping` with a mapping profile as JSON. Every row is judged before one is written; repeating an import changes only what is different.',
  })
  @ApiConsumes('text/csv', 'multipart/form-data')
  @ApiBody({ schema: ROWS })
  async import(@Query() query: ImportCustomersParams, @Req() request: FastifyRequest): Promise<CustomerImportView> {
    const upload = await readUpload(request, 'customers', noFile);
    return this.commands.execute(new ImportCustomerFileCommand({ ...upload, ...query }));
  }

  @Get('export.csv')
  @Allow('customers:write')
  @RateLimit('heavy')
  @AuditedRead('ExportCustomers')
  @ApiProduces('text/csv')
  @ApiResponse({ status: 200, description: 'The file.', content: { 'text/csv': { schema: { type: 'string' } } } })
  @ApiOperation({
    operationId: 'exportCustomers',
    summary: 'Export all customers as CSV',
    description:
      'Texts that a spreadsheet would compute get an apostrophe in front; an import takes it off again. The export is audited; the file is streamed.',
  })
  exportCsv(@Res() reply: FastifyReply): Promise<void> {
    return this.send(reply, 'csv');
  }

  @Get('export.xlsx')
  @Allow('customers:write')
  @RateLimit('heavy')
  @AuditedRead('ExportCustomers')
  @ApiProduces(XLSX_TYPE)
  @ApiResponse({ status: 200, description: 'The file.', content: { [XLSX_TYPE]: FILE } })
  @ApiOperation({
    operationId: 'exportCustomersWorkbook',
    summary: 'Export all customers as a workbook',
    description:
      'Texts that a spreadsheet would compute are marked as texts; they come back as they are. The export is audited.',
  })
  exportWorkbook(@Res() reply: FastifyReply): Promise<void> {
    return this.send(reply, 'xlsx');
  }

  private async send(reply: FastifyReply, format: TableFormat): Promise<void> {
    const file = await this.queries.execute(new ExportCustomersQuery(format));
    await reply
      .header('content-type', TABLE_TYPES[format])
      .header('content-disposition', `attachment; filename="customers.${format}"`)
      .send(Readable.from(file, { objectMode: false }));
  }
}
