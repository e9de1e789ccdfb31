import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Values are found by name, which serves for the index without it. */
export class CatalogFacetsByValue1764002595360 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`drop index catalog.product_facets_by_value`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`create index product_facets_by_value on catalog.product_facets (tenant_id, facet, product_id)`);
  }
}
