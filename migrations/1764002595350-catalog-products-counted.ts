import type { MigrationInterface, QueryRunner } from 'typeorm';

const FACTS = 'category_id, price_from, price_currency, availability, active, publish_at, unpublish_at';

/** All products by name, with what counts ask of them in the index alone. */
export class CatalogProductsCounted1764002595350 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `create index products_counted on catalog.products (tenant_id, name_key, id) include (${FACTS})`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop index catalog.products_counted`);
  }
}
