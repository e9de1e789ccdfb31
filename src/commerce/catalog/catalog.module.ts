import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ChangeCategoryHandler, CreateCategoryHandler, RemoveCategoryHandler } from './commands/change-categories';
import { ChangeProductHandler } from './commands/change-product';
import { CreateProductHandler } from './commands/create-product';
import { ImportProductsHandler } from './commands/import-products';
import { CategoryRepository } from './data/category.repository';
import { ProductBatch } from './data/product-batch';
import { ProductRepository } from './data/product.repository';
import { Category } from './domain/category';
import { Product } from './domain/product';
import { Variant } from './domain/variant';
import { FindVariantsBySkuHandler } from './queries/find-variants-by-sku';
import { ListCategoriesHandler } from './queries/list-categories';

/** Products with variants and prices, categories, search, import and export. */
@Module({
  imports: [TypeOrmModule.forFeature([Product, Variant, Category])],
  providers: [
    ProductRepository,
    ProductBatch,
    CategoryRepository,
    CreateProductHandler,
    ChangeProductHandler,
    ImportProductsHandler,
    CreateCategoryHandler,
    ChangeCategoryHandler,
    RemoveCategoryHandler,
    FindVariantsBySkuHandler,
    ListCategoriesHandler,
  ],
})
export class CatalogModule {}
