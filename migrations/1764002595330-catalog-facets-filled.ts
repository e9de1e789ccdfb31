import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Values of attributes from before say what counts ask of their products. Few products at a time: who changes one of them waits for these. */
export class CatalogFacetsFilled1764002595330 implements MigrationInterface {
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    // The owner sees all rows, and changes those of the tenant that is set. What somebody else filled meanwhile stays.
    await runner.query(`do $$
      declare tenant uuid; last uuid; upto uuid;
      begin
        for tenant in select distinct tenant_id from catalog.product_facets where name_key is null loop
          last := '00000000-0000-0000-0000-000000000000';
          loop
            perform set_config('app.tenant_id', tenant::text, true);
            upto := (select n.product_id from (
              select x.product_id from catalog.product_facets x where x.tenant_id = tenant and x.product_id > last order by x.product_id limit 2000
            ) n order by n.product_id desc limit 1);
            exit when upto is null;
            update catalog.product_facets f set name_key = left(p.name_key, 100), category_id = p.category_id, price_from = p.price_from,
              price_currency = p.price_currency, availability = p.availability, active = p.active, publish_at = p.publish_at,
              unpublish_at = p.unpublish_at
            from catalog.products p
            where f.tenant_id = tenant and f.product_id > last and f.product_id <= upto and f.name_key is null
              and p.tenant_id = tenant and p.id = f.product_id;
            commit;
            last := upto;
          end loop;
        end loop;
      end $$`);
  }

  /** The columns go with the migration before. */
  async down(): Promise<void> {}
}
