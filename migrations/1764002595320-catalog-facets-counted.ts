import type { MigrationInterface, QueryRunner } from 'typeorm';

const FACTS = ['category_id', 'price_from', 'price_currency', 'availability', 'active', 'publish_at', 'unpublish_at'];
const of = (row: string): string => ['name_key', ...FACTS].map((column) => `${row}.${column}`).join(', ');
/** A long name is told by its beginning: an entry of an index has an end. */
const said = (row: string): string => [`left(${row}.name_key, 100)`, ...FACTS.map((it) => `${row}.${it}`)].join(', ');

/**
 * Values of attributes have beside them what counts ask of their products, so that these are read by the value alone, by
 * name. Triggers keep it: whoever writes products or values need not know. Those that are there follow in the next migration.
 */
export class CatalogFacetsCounted1764002595320 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // In the order in which writers take them: products, then their values.
    await runner.query(`lock table catalog.products in share row exclusive mode`);
    await runner.query(`alter table catalog.product_facets add column name_key text collate "C", add column category_id uuid,
      add column price_from bigint, add column price_currency char(3) collate "C", add column availability text collate "C",
      add column active boolean, add column publish_at timestamptz, add column unpublish_at timestamptz`);
    await runner.query(`create function catalog.facet_of_product() returns trigger language plpgsql set search_path = pg_catalog as $$
      begin
        select ${said('p')} into ${of('new')} from catalog.products p where p.tenant_id = new.tenant_id and p.id = new.product_id;
        return new;
      end $$`);
    await runner.query(`create trigger of_product before insert on catalog.product_facets for each row
      execute function catalog.facet_of_product()`);
    await runner.query(`create function catalog.facets_follow_product() returns trigger language plpgsql set search_path = pg_catalog as $$
      begin
        update catalog.product_facets f set (${['name_key', ...FACTS].join(', ')}) = row(${said('new')})
        where f.tenant_id = new.tenant_id and f.product_id = new.id;
        return null;
      end $$`);
    await runner.query(`create trigger facets_follow after update on catalog.products for each row
      when ((${of('old')}) is distinct from (${of('new')})) execute function catalog.facets_follow_product()`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop trigger facets_follow on catalog.products`);
    await runner.query(`drop function catalog.facets_follow_product()`);
    await runner.query(`drop trigger of_product on catalog.product_facets`);
    await runner.query(`drop function catalog.facet_of_product()`);
    await runner.query(
      `alter table catalog.product_facets ${['name_key', ...FACTS].map((it) => `drop column ${it}`).join(', ')}`,
    );
  }
}
