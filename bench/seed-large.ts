import { Client } from 'pg';
import { fillLargeShop, type ShopSize } from './large-shop';

/**
 * `npm run seed:large -- --organization=<slug> [--products=100000] [--orders=1000000]`: fills an organization of the
 * database that `DATABASE_URL` names (a superuser's) with many products and orders.
 */
export async function seedLarge(slug: string, size: ShopSize, say: (text: string) => void): Promise<void> {
  const { DATABASE_URL: connectionString } = process.env;
  if (!connectionString) throw new Error('Set DATABASE_URL to the database, as a superuser of it.');
  const client = new Client({ connectionString });
  await client.connect();
  try {
    const { rows } = await client.query<{ id: string }>('select id from organizations.organizations where slug = $1', [
      slug,
    ]);
    if (rows.length === 0) throw new Error(`There is no organization "${slug}".`);
    const there = await client.query(`select 1 from catalog.products where tenant_id = $1 and handle = 'large-1'`, [
      rows[0].id,
    ]);
    if (there.rows.length > 0) throw new Error(`"${slug}" is a large shop already.`);
    await fillLargeShop(client, rows[0].id, size, (what, done, total) =>
      say(`${done.toLocaleString('en')} of ${total.toLocaleString('en')} ${what}`),
    );
  } finally {
    await client.end();
  }
}
