import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ResourceLimits } from '../../kernel/limits/resource-limits';
import { ChangeAttributeHandler, CreateAttributeHandler } from './commands/attributes';
import { ChangeCategoryHandler, CreateCategoryHandler, RemoveCategoryHandler } from './commands/change-categories';
import { ChangeProductHandler } from './commands/change-product';
import { CompleteVariantsHandler } from './commands/complete-variants';
import { CreateProductHandler } from './commands/create-product';
import { ImageFiles } from './commands/image-files';
import { ImportProductFileHandler } from './commands/import-product-file';
import { ImportProductsHandler } from './commands/import-products';
import {
  ChangePriceListHandler,
  CreatePriceListHandler,
  RemovePriceListHandler,
  SetListPricesHandler,
} from './commands/price-lists';
import { AskToFollowStockHandler } from './commands/ask-to-follow-stock';
import { FollowAllStockHandler } from './commands/follow-all-stock';
import { StockFollowRepository } from './data/stock-follow.repository';
import { FollowAllStock } from './jobs/follow-all-stock';
import { FollowSchedule } from './jobs/follow-schedule';
import { StockFollower } from './commands/stock-follower';
import { RelateProductsHandler } from './commands/relate-products';
import { AvailabilityRepository } from './data/availability.repository';
import { BundleRepository } from './data/bundle.repository';
import { CategoryRepository } from './data/category.repository';
import { PriceChanges } from './data/price-changes';
import { PriceListRepository } from './data/price-list.repository';
import { ProductBatch } from './data/product-batch';
import { ProductRepository } from './data/product.repository';
import { Attribute } from './domain/attribute';
import { Category } from './domain/category';
import { PriceList } from './domain/price-list';
import { Product } from './domain/product';
import { Variant } from './domain/variant';
import { AttributesController } from './http/attributes.controller';
import { CategoriesController } from './http/categories.controller';
import { PriceListsController, PricesController } from './http/prices.controller';
import { ProductFilesController } from './http/product-files.controller';
import { ProductsController } from './http/products.controller';
import { ListAttributesHandler } from './queries/attributes';
import { ExportProductsHandler } from './queries/export-products';
import { FindOffersHandler, FindVariantsBySkuHandler } from './queries/find-variants-by-sku';
import { GetProductByHandleHandler, GetProductHandler, ListRelatedProductsHandler } from './queries/get-product';
import { ImportProfileHandler } from './queries/import-profiles';
import { GetCategoryBySlugHandler, GetCategoryHandler, ListCategoriesHandler } from './queries/list-categories';
import { ListProductsHandler } from './queries/list-products';
import { ProductAvailabilityHandler } from './queries/product-availability';
import { ProductFacetsHandler } from './queries/product-facets';
import {
  GetPriceListHandler,
  ListPriceChangesHandler,
  ListPriceListsHandler,
  ListPricesOfListHandler,
} from './queries/price-lists';
import { ResolvePricesHandler } from './queries/resolve-prices';
import { ShownProducts } from './queries/shown-products';
import {
  FollowStockWhenAlertRaised,
  FollowStockWhenBundleChanged,
  FollowStockWhenStockChanged,
} from './reactions/follow-stock';
import { CloseListsWhenGroupRemoved } from './reactions/close-lists-when-group-removed';

/** Products with variants and prices, categories, search, import and export. */
@Module({
  imports: [TypeOrmModule.forFeature([Product, Variant, Category, PriceList, Attribute])],
  // Files before products: `products/export.csv` is no id.
  controllers: [
    ProductFilesController,
    ProductsController,
    CategoriesController,
    PriceListsController,
    PricesController,
    AttributesController,
  ],
  providers: [
    ProductRepository,
    ImageFiles,
    ShownProducts,
    ProductBatch,
    CategoryRepository,
    AvailabilityRepository,
    StockFollower,
    StockFollowRepository,
    AskToFollowStockHandler,
    FollowAllStockHandler,
    FollowAllStock,
    FollowSchedule,
    FollowStockWhenStockChanged,
    FollowStockWhenAlertRaised,
    FollowStockWhenBundleChanged,
    ProductAvailabilityHandler,
    BundleRepository,
    PriceChanges,
    PriceListRepository,
    CreateProductHandler,
    ChangeProductHandler,
    ImportProductsHandler,
    ImportProductFileHandler,
    ImportProfileHandler,
    CreateCategoryHandler,
    ChangeCategoryHandler,
    RemoveCategoryHandler,
    FindOffersHandler,
    FindVariantsBySkuHandler,
    ListCategoriesHandler,
    ListProductsHandler,
    GetProductHandler,
    ExportProductsHandler,
    ProductFacetsHandler,
    CompleteVariantsHandler,
    RelateProductsHandler,
    CreateAttributeHandler,
    ChangeAttributeHandler,
    ListAttributesHandler,
    GetProductByHandleHandler,
    ListRelatedProductsHandler,
    GetCategoryHandler,
    GetCategoryBySlugHandler,
    CreatePriceListHandler,
    ChangePriceListHandler,
    RemovePriceListHandler,
    SetListPricesHandler,
    GetPriceListHandler,
    ListPriceListsHandler,
    ListPricesOfListHandler,
    ListPriceChangesHandler,
    ResolvePricesHandler,
    CloseListsWhenGroupRemoved,
  ],
})
export class CatalogModule {
  constructor(limits: ResourceLimits) {
    limits.register({
      name: 'products',
      count: 'select count(*)::int as used from catalog.products where tenant_id = $1 and created_at >= $2',
    });
  }
}
