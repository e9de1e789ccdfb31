import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Values of attributes from before say what counts ask of their products. Few products at a time: who changes one of them waits for these. */
export class CatalogFacetsFilled1764002595330 implements MigrationInterface {
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    // The owner sees all rows, and changes those of the tenant that is set. What somebody else filled meanwhile stays.
    await runner.query(`do $$
      declare tenant uuid; filled bigint;
      begin
        for tenant in select distinct tenant_id from catalog.product_facets where name_key is null loop
          loop
            perform set_config('app.tenant_id', tenant::text, true);
            update catalog.product_facets f set name_key = left(p.name_key, 100), category_id = p.category_id, price_from = p.price_from,
              price_currency = p.price_currency, availability = p.availability, active = p.active, publish_at = p.publish_at,
              unpublish_at = p.unpublish_at
            from catalog.products p
            where f.tenant_id = tenant and f.name_key is null and p.tenant_id = tenant and p.id = f.product_id and f.product_id in (
              select x.product_id from catalog.product_facets x where x.tenant_id = tenant and x.name_key is null limit 2000);
            get diagnostics filled = row_count;
            commit;
            exit when filled = 0;
          end loop;
        end loop;
      end $$`);
  }

  /** The columns go with the migration before. */
  async down(): Promise<void> {}
}
