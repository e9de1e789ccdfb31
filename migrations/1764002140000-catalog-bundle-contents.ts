import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What a bundle is made of, as a function: a subquery in its place is set up by every read of any product, and this is
 * entered for bundles only. It runs with the rights of its caller, behind the same wall.
 */
export class CatalogBundleContents1764002140000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create function catalog.bundle_contents(tenant uuid, bundle uuid) returns json
      language sql stable parallel safe as $$
        select json_agg(json_build_object('sku', v.sku, 'quantity', b.quantity) order by b.position)
        from catalog.bundle_components b
        join catalog.variants v on v.tenant_id = b.tenant_id and v.id = b.component_id
        where b.tenant_id = bundle_contents.tenant and b.bundle_id = bundle_contents.bundle
      $$`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function catalog.bundle_contents(uuid, uuid)');
  }
}
