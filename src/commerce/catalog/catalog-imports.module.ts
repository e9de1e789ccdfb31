import { Module } from '@nestjs/common';
import {
  ChangeImportProfileHandler,
  CreateImportProfileHandler,
  RemoveImportProfileHandler,
} from './commands/import-profiles';
import { CancelImportHandler, RunImportHandler } from './commands/run-import';
import { StartImportHandler } from './commands/start-import';
import { ImportRepository } from './data/import.repository';
import { ImportProfilesController } from './http/import-profiles.controller';
import { ProductImportsController } from './http/product-imports.controller';
import { ImportRetention } from './jobs/import-retention';
import { RunImport } from './jobs/run-import';
import { ListImportProfilesHandler } from './queries/import-profiles';
import { GetImportHandler, ListImportsHandler } from './queries/imports';

/** Imports of products that run on their own, and the mapping profiles that a shop keeps for them. */
@Module({
  controllers: [ProductImportsController, ImportProfilesController],
  providers: [
    ImportRepository,
    StartImportHandler,
    RunImportHandler,
    CancelImportHandler,
    GetImportHandler,
    ListImportsHandler,
    CreateImportProfileHandler,
    ChangeImportProfileHandler,
    RemoveImportProfileHandler,
    ListImportProfilesHandler,
    RunImport,
    ImportRetention,
  ],
})
export class CatalogImportsModule {}
