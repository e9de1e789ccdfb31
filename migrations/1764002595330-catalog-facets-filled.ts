import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Values of attributes from before say what counts ask of their products. Nothing but these rows is locked. */
export class CatalogFacetsFilled1764002595330 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // The owner sees all rows, and changes those of the tenant that is set. What somebody else filled meanwhile stays.
    await runner.query(`do $$
      declare tenant uuid;
      begin
        for tenant in select distinct tenant_id from catalog.product_facets loop
          perform set_config('app.tenant_id', tenant::text, true);
          update catalog.product_facets f set name_key = left(p.name_key, 100), category_id = p.category_id, price_from = p.price_from,
            price_currency = p.price_currency, availability = p.availability, active = p.active, publish_at = p.publish_at,
            unpublish_at = p.unpublish_at
          from catalog.products p
          where f.tenant_id = tenant and f.name_key is null and p.tenant_id = tenant and p.id = f.product_id;
        end loop;
        perform set_config('app.tenant_id', '', true);
      end $$`);
  }

  /** The columns go with the migration before. */
  async down(): Promise<void> {}
}
