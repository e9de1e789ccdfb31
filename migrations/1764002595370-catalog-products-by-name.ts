import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What counts ask of products by name serves for the index of names alone. */
export class CatalogProductsByName1764002595370 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`drop index catalog.products_by_name`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`create index products_by_name on catalog.products (tenant_id, name_key, id)`);
  }
}
