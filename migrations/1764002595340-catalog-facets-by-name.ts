import type { MigrationInterface, QueryRunner } from 'typeorm';

const FACTS = 'category_id, price_from, price_currency, availability, active, publish_at, unpublish_at';

/** Products of a value, and all products, by name, with what counts ask of them in the index alone; in place of two without it. */
export class CatalogFacetsByName1764002595340 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create index product_facets_by_name on catalog.product_facets (tenant_id, facet, name_key, product_id)
      include (${FACTS})`);
    await runner.query(
      `create index products_counted on catalog.products (tenant_id, name_key, id) include (${FACTS})`,
    );
    await runner.query(`drop index catalog.product_facets_by_value, catalog.products_by_name`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`create index product_facets_by_value on catalog.product_facets (tenant_id, facet, product_id)`);
    await runner.query(`create index products_by_name on catalog.products (tenant_id, name_key, id)`);
    await runner.query(`drop index catalog.product_facets_by_name, catalog.products_counted`);
  }
}
