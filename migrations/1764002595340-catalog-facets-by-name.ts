import type { MigrationInterface, QueryRunner } from 'typeorm';

const FACTS = 'category_id, price_from, price_currency, availability, active, publish_at, unpublish_at';

/** Products of a value by name, with what counts ask of them in the index alone. Each index is built and dropped in a transaction of its own: none waits for writers that wait for it. */
export class CatalogFacetsByName1764002595340 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create index product_facets_by_name on catalog.product_facets (tenant_id, facet, name_key, product_id)
      include (${FACTS})`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop index catalog.product_facets_by_name`);
  }
}
