import { Body, Controller, Get, Headers, Patch, Post, Query, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Allow, CurrentPrincipal, Public } from '../../../kernel/auth/decorators';
import { hasPermission, type Principal } from '../../../kernel/auth/principal';
import { IdParam, Idempotent, Problems } from '../../../kernel/http/decorators';
import { etagOf, versionOfIfMatch } from '../../../kernel/http/etag';
import { pageOf, type Page } from '../../../kernel/http/pagination';
import { ChangeProductCommand } from '../commands/change-product';
import { CreateProductCommand } from '../commands/create-product';
import { GetProductQuery } from '../queries/get-product';
import { ListProductsQuery } from '../queries/list-products';
import { ListPriceChangesQuery } from '../queries/price-lists';
import { PriceChangeDetailsView, PricesOfSkuParams } from './prices.dto';
import { ChangeProductBody, CreateProductBody } from './product-bodies.dto';
import { ListProductsParams, ProductDetailsView } from './products.dto';

/** Who keeps the catalogue also sees what is withdrawn; everybody else sees what is on sale. */
const seesSaleOnly = (principal: Principal): boolean => !hasPermission(principal, 'products:write');

@ApiTags('products')
@Controller('products')
export class ProductsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Public({ tenant: 'required' })
  @ApiOperation({
    operationId: 'listProducts',
    summary: 'List and search products',
    description:
      'Open to the shop’s visitors (X-Tenant names the shop). Sorts: name (default), createdAt, updatedAt; with `q` also relevance (default).',
  })
  @ApiOkResponse({ type: pageOf(ProductDetailsView) })
  list(
    @Query() query: ListProductsParams,
    @CurrentPrincipal() principal: Principal,
  ): Promise<Page<ProductDetailsView>> {
    return this.queries.execute(new ListProductsQuery(query, seesSaleOnly(principal)));
  }

  @Get(':id')
  @Public({ tenant: 'required' })
  @Problems('catalog.product-not-found')
  @ApiOperation({ operationId: 'getProduct', summary: 'Read a product with its variants' })
  async get(
    @IdParam() id: string,
    @CurrentPrincipal() principal: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ProductDetailsView> {
    const product = await this.queries.execute(new GetProductQuery(id, seesSaleOnly(principal)));
    void reply.header('etag', etagOf(product.version));
    return product;
  }

  @Get(':id/price-changes')
  @Allow('prices:read')
  @Problems('catalog.product-not-found')
  @ApiOperation({
    operationId: 'listPriceChanges',
    summary: 'What the prices of a product were',
    description:
      'Own prices and those of price lists, latest first. A price that never changed is not in it. Sorts: at.',
  })
  @ApiOkResponse({ type: pageOf(PriceChangeDetailsView) })
  priceChanges(@IdParam() id: string, @Query() query: PricesOfSkuParams): Promise<Page<PriceChangeDetailsView>> {
    return this.queries.execute(new ListPriceChangesQuery(id, query));
  }

  @Post()
  @Allow('products:write')
  @Idempotent()
  @Problems('catalog.sku-taken', 'catalog.handle-taken', 'catalog.bundle-cycle', 'catalog.bundle-too-large', {
    'catalog.unknown-sku': 400,
    'catalog.component-invalid': 400,
    'plan.limit-reached': 403,
    'catalog.unknown-category': 400,
    'catalog.sku-twice': 400,
  })
  @ApiOperation({ operationId: 'createProduct', summary: 'Create a product with its variants' })
  create(@Body() body: CreateProductBody): Promise<ProductDetailsView> {
    return this.commands.execute(new CreateProductCommand(body));
  }

  @Patch(':id')
  @Allow('products:write')
  @Idempotent()
  @Problems('catalog.product-not-found', 'catalog.sku-taken', 'catalog.handle-taken', 'catalog.bundle-cycle', {
    'catalog.bundle-too-large': 409,
    'catalog.unknown-sku': 400,
    'catalog.component-invalid': 400,
    'catalog.stale-product': 412,
    'catalog.unknown-category': 400,
    'catalog.sku-twice': 400,
    'catalog.price-required': 400,
  })
  @ApiOperation({
    operationId: 'changeProduct',
    summary: 'Change a product',
    description: 'What is not named stays as it is. With If-Match only when nobody changed it since that version.',
  })
  @ApiHeader({ name: 'If-Match', required: false, description: 'ETag of the version that you read.' })
  async change(
    @IdParam() id: string,
    @Body() body: ChangeProductBody,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Headers('if-match') ifMatch?: string,
  ): Promise<ProductDetailsView> {
    const product = await this.commands.execute(new ChangeProductCommand(id, body, versionOfIfMatch(ifMatch)));
    void reply.header('etag', etagOf(product.version));
    return product;
  }
}
