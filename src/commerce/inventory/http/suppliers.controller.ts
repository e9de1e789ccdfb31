import { Body, Controller, Get, Headers, Patch, Post, Query, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Allow } from '../../../kernel/auth/decorators';
import { IdParam, Idempotent, Problems } from '../../../kernel/http/decorators';
import { etagOf, versionOfIfMatch } from '../../../kernel/http/etag';
import { pageOf, type Page } from '../../../kernel/http/pagination';
import { ChangeSupplierCommand, ChangeSupplierItemsCommand, CreateSupplierCommand } from '../commands/suppliers';
import { FindSupplierQuery, ListSupplierItemsQuery, ListSuppliersQuery } from '../queries/suppliers';
import {
  ChangedSupplierItemsView,
  ChangeSupplierBody,
  ChangeSupplierItemsBody,
  CreateSupplierBody,
  ListSupplierItemsParams,
  ListSuppliersParams,
  SupplierDetailsView,
  SupplierItemView,
  type SupplierContactBody,
  type SupplierFields,
} from './suppliers.dto';

const contactOf = ({ name, email, phone, role }: SupplierContactBody) => ({
  name,
  email: email ?? null,
  phone: phone ?? null,
  role: role ?? null,
});
const fieldsOf = <B extends SupplierFields>(body: B) => ({ ...body, contacts: body.contacts?.map(contactOf) });

/** Who sells goods to the shop, and what of them. */
@ApiTags('suppliers')
@Controller('suppliers')
export class SuppliersController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Allow('purchasing:read')
  @ApiOperation({ operationId: 'listSuppliers', summary: 'List suppliers', description: 'Sorts: name, createdAt.' })
  @ApiOkResponse({ type: pageOf(SupplierDetailsView) })
  list(@Query() query: ListSuppliersParams): Promise<Page<SupplierDetailsView>> {
    return this.queries.execute(new ListSuppliersQuery(query));
  }

  @Post()
  @Allow('purchasing:write')
  @Idempotent()
  @Problems('inventory.supplier-name-taken')
  @ApiOperation({ operationId: 'createSupplier', summary: 'Enter a supplier' })
  @ApiCreatedResponse({ type: SupplierDetailsView })
  create(@Body() body: CreateSupplierBody): Promise<SupplierDetailsView> {
    return this.commands.execute(new CreateSupplierCommand(fieldsOf(body)));
  }

  @Get(':id')
  @Allow('purchasing:read')
  @Problems('inventory.supplier-not-found')
  @ApiOperation({ operationId: 'getSupplier', summary: 'Read a supplier' })
  @ApiOkResponse({ type: SupplierDetailsView })
  async get(@IdParam() id: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<SupplierDetailsView> {
    const supplier = await this.queries.execute(new FindSupplierQuery(id));
    void reply.header('etag', etagOf(supplier.version));
    return supplier;
  }

  @Patch(':id')
  @Allow('purchasing:write')
  @Idempotent()
  @Problems('inventory.supplier-not-found', 'inventory.supplier-name-taken', 'inventory.supplier-currency-fixed', {
    'inventory.supplier-stale': 412,
  })
  @ApiHeader({ name: 'If-Match', required: false, description: 'ETag of the version that you read.' })
  @ApiOperation({ operationId: 'changeSupplier', summary: 'Change a supplier' })
  @ApiOkResponse({ type: SupplierDetailsView })
  async change(
    @IdParam() id: string,
    @Body() body: ChangeSupplierBody,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Headers('if-match') ifMatch?: string,
  ): Promise<SupplierDetailsView> {
    const command = new ChangeSupplierCommand(id, fieldsOf(body), versionOfIfMatch(ifMatch));
    const supplier = await this.commands.execute(command);
    void reply.header('etag', etagOf(supplier.version));
    return supplier;
  }

  @Get(':id/items')
  @Allow('purchasing:read')
  @Problems('inventory.supplier-not-found')
  @ApiOperation({ operationId: 'listSupplierItems', summary: 'List what a supplier sells', description: 'Sort: sku.' })
  @ApiOkResponse({ type: pageOf(SupplierItemView) })
  items(@IdParam() id: string, @Query() query: ListSupplierItemsParams): Promise<Page<SupplierItemView>> {
    return this.queries.execute(new ListSupplierItemsQuery(id, query));
  }

  @Patch(':id/items')
  @Allow('purchasing:write')
  @Idempotent()
  @Problems('inventory.supplier-not-found', {
    'inventory.unknown-sku': 400,
    'inventory.supplier-item-repeated': 400,
  })
  @ApiOperation({
    operationId: 'changeSupplierItems',
    summary: 'Set what a supplier sells',
    description: 'Sets the items in `put`, takes those in `remove` away; others stay. All or nothing.',
  })
  @ApiOkResponse({ type: ChangedSupplierItemsView })
  changeItems(@IdParam() id: string, @Body() body: ChangeSupplierItemsBody): Promise<ChangedSupplierItemsView> {
    const put = (body.put ?? []).map((item) => ({
      sku: item.sku,
      supplierSku: item.supplierSku ?? null,
      unitCost: item.unitCost,
      minQuantity: item.minQuantity ?? 1,
      packSize: item.packSize ?? 1,
      leadDays: item.leadDays ?? null,
      preferred: item.preferred ?? false,
    }));
    return this.commands.execute(new ChangeSupplierItemsCommand({ supplierId: id, put, remove: body.remove ?? [] }));
  }
}
