import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ResourceLimits } from '../../kernel/limits/resource-limits';
import { ChangeCategoryHandler, CreateCategoryHandler, RemoveCategoryHandler } from './commands/change-categories';
import { ChangeProductHandler } from './commands/change-product';
import { CreateProductHandler } from './commands/create-product';
import { ImportProductFileHandler } from './commands/import-product-file';
import { ImportProductsHandler } from './commands/import-products';
import { CategoryRepository } from './data/category.repository';
import { ProductBatch } from './data/product-batch';
import { ProductRepository } from './data/product.repository';
import { Category } from './domain/category';
import { Product } from './domain/product';
import { Variant } from './domain/variant';
import { CategoriesController } from './http/categories.controller';
import { ProductFilesController } from './http/product-files.controller';
import { ProductsController } from './http/products.controller';
import { ExportProductsHandler } from './queries/export-products';
import { FindVariantsBySkuHandler } from './queries/find-variants-by-sku';
import { GetProductHandler } from './queries/get-product';
import { ListCategoriesHandler } from './queries/list-categories';
import { ListProductsHandler } from './queries/list-products';

/** Products with variants and prices, categories, search, import and export. */
@Module({
  imports: [TypeOrmModule.forFeature([Product, Variant, Category])],
  // Files before products: `products/export.csv` is no id.
  controllers: [ProductFilesController, ProductsController, CategoriesController],
  providers: [
    ProductRepository,
    ProductBatch,
    CategoryRepository,
    CreateProductHandler,
    ChangeProductHandler,
    ImportProductsHandler,
    ImportProductFileHandler,
    CreateCategoryHandler,
    ChangeCategoryHandler,
    RemoveCategoryHandler,
    FindVariantsBySkuHandler,
    ListCategoriesHandler,
    ListProductsHandler,
    GetProductHandler,
    ExportProductsHandler,
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
