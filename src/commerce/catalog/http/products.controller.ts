import { Body, Controller, Get, Headers, HttpCode, Patch, Post, Put, Query, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Allow, CurrentPrincipal, Public } from '../../../kernel/auth/decorators';
import { hasPermission, type Principal } from '../../../kernel/auth/principal';
import { IdParam, Idempotent, Problems } from '../../../kernel/http/decorators';
import { etagOf, versionOfIfMatch } from '../../../kernel/http/etag';
import { pageOf, type Page } from '../../../kernel/http/pagination';
import { ChangeProductCommand } from '../commands/change-product';
import { CompleteVariantsCommand } from '../commands/complete-variants';
import { CreateProductCommand } from '../commands/create-product';
import { RelateProductsCommand } from '../commands/relate-products';
import { GetProductByHandleQuery, GetProductQuery, ListRelatedProductsQuery } from '../queries/get-product';
import { ListProductsQuery } from '../queries/list-products';
import { ProductAvailabilityQuery } from '../queries/product-availability';
import { ProductFacetsQuery } from '../queries/product-facets';
import { ListPriceChangesQuery } from '../queries/price-lists';
import { PriceChangeDetailsView, PricesOfSkuParams } from './prices.dto';
import {
  ChangeProductBody,
  CompleteVariantsBody,
  CreateProductBody,
  ProductFields,
  RelateProductsBody,
} from './product-bodies.dto';
import {
  ListProductsParams,
  ProductAvailabilityView,
  ProductDetailsView,
  ProductFacetsDetailsView,
  ProductHandleParams,
  RelatedProductsView,
} from './products.dto';

/** Who keeps the catalogue also sees what is withdrawn; everybody else sees what is on sale. */
const seesSaleOnly = (principal: Principal): boolean => !hasPermission(principal, 'products:write');

const date = (text: string | null | undefined): Date | null | undefined => (text ? new Date(text) : (text as null));

/** A body with its times as times, what an image does not name as null, and ids of files as files spells them. */
const presented = <B extends ProductFields>(body: B) => ({
  ...body,
  publishAt: date(body.publishAt),
  unpublishAt: date(body.unpublishAt),
  images: body.images?.map(({ url = null, fileId = null, alt = null, sku = null }) => ({
    url,
    fileId: fileId?.toLowerCase() ?? null,
    alt,
    sku,
  })),
});

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
      'Open to the shop’s visitors (X-Tenant names the shop). Sorts: name (default), price, createdAt, updatedAt; with `q` also relevance (default).',
  })
  @ApiOkResponse({ type: pageOf(ProductDetailsView) })
  list(
    @Query() query: ListProductsParams,
    @CurrentPrincipal() principal: Principal,
  ): Promise<Page<ProductDetailsView>> {
    return this.queries.execute(new ListProductsQuery(query, seesSaleOnly(principal)));
  }

  @Get('facets')
  @Public({ tenant: 'required' })
  @ApiOperation({
    operationId: 'countProductFacets',
    summary: 'Count what a list or search of products can be narrowed by',
    description:
      'Takes the filters of the list. Each kind is counted without its own filter, so that one more value of it can be chosen.',
  })
  facets(
    @Query() query: ListProductsParams,
    @CurrentPrincipal() principal: Principal,
  ): Promise<ProductFacetsDetailsView> {
    return this.queries.execute(new ProductFacetsQuery(query, seesSaleOnly(principal)));
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

  @Get('by-handle')
  @Public({ tenant: 'required' })
  @Problems('catalog.product-not-found')
  @ApiOperation({
    operationId: 'getProductByHandle',
    summary: 'Read a product by its name in addresses',
    description:
      'A handle that the product had before finds it too: where the answer’s `handle` is another one, the address has moved, and `Link: rel="canonical"` names the present one.',
  })
  async byHandle(
    @Query() { handle }: ProductHandleParams,
    @CurrentPrincipal() principal: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ProductDetailsView> {
    const product = await this.queries.execute(new GetProductByHandleQuery(handle, seesSaleOnly(principal)));
    void reply.header('etag', etagOf(product.version));
    if (product.handle !== handle)
      void reply.header(
        'link',
        `</api/v1/products/by-handle?handle=${encodeURIComponent(product.handle)}>; rel="canonical"`,
      );
    return product;
  }

  @Get(':id/availability')
  @Public({ tenant: 'required' })
  @Problems('catalog.product-not-found')
  @ApiOperation({
    operationId: 'getProductAvailability',
    summary: 'Say what of a product can be had',
    description: 'Bundles by their parts. Numbers of pieces are for staff alone.',
  })
  async availability(
    @IdParam() id: string,
    @CurrentPrincipal() principal: Principal,
  ): Promise<ProductAvailabilityView> {
    return { data: await this.queries.execute(new ProductAvailabilityQuery(id, seesSaleOnly(principal))) };
  }

  @Get(':id/related')
  @Public({ tenant: 'required' })
  @Problems('catalog.product-not-found')
  @ApiOperation({ operationId: 'listRelatedProducts', summary: 'Products that are shown beside one' })
  async related(@IdParam() id: string, @CurrentPrincipal() principal: Principal): Promise<RelatedProductsView> {
    return { data: await this.queries.execute(new ListRelatedProductsQuery(id, seesSaleOnly(principal))) };
  }

  @Put(':id/related')
  @HttpCode(204)
  @Allow('products:write')
  @Problems('catalog.product-not-found', { 'catalog.unknown-product': 400 })
  @ApiOperation({ operationId: 'relateProducts', summary: 'Set which products are shown beside one, in this order' })
  async relate(@IdParam() id: string, @Body() body: RelateProductsBody): Promise<void> {
    await this.commands.execute(new RelateProductsCommand(id, body.productIds));
  }

  @Post(':id/variants/complete')
  @HttpCode(200)
  @Allow('products:write')
  @Idempotent()
  @Problems('catalog.product-not-found', 'catalog.sku-taken', 'catalog.too-many-variants', {
    'catalog.options-invalid': 400,
    'catalog.sku-twice': 400,
  })
  @ApiOperation({
    operationId: 'completeVariants',
    summary: 'Add a variant for every combination of option values that has none',
  })
  complete(@IdParam() id: string, @Body() body: CompleteVariantsBody): Promise<ProductDetailsView> {
    return this.commands.execute(new CompleteVariantsCommand(id, body));
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
    'catalog.options-invalid': 400,
    'catalog.attributes-invalid': 400,
    'catalog.images-invalid': 400,
    'files.file-not-found': 404,
    'files.not-clean': 409,
    'catalog.publication-invalid': 400,
    'plan.limit-reached': 403,
    'catalog.unknown-category': 400,
    'catalog.sku-twice': 400,
  })
  @ApiOperation({ operationId: 'createProduct', summary: 'Create a product with its variants' })
  create(@Body() body: CreateProductBody): Promise<ProductDetailsView> {
    return this.commands.execute(new CreateProductCommand(presented(body)));
  }

  @Patch(':id')
  @Allow('products:write')
  @Idempotent()
  @Problems('catalog.product-not-found', 'catalog.sku-taken', 'catalog.handle-taken', 'catalog.bundle-cycle', {
    'catalog.bundle-too-large': 409,
    'catalog.unknown-sku': 400,
    'catalog.component-invalid': 400,
    'catalog.options-invalid': 400,
    'catalog.attributes-invalid': 400,
    'catalog.images-invalid': 400,
    'files.file-not-found': 404,
    'files.not-clean': 409,
    'catalog.publication-invalid': 400,
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
    const product = await this.commands.execute(
      new ChangeProductCommand(id, presented(body), versionOfIfMatch(ifMatch)),
    );
    void reply.header('etag', etagOf(product.version));
    return product;
  }
}
