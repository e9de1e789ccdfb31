import { Client } from 'pg';
import { loadConfig } from '../src/kernel/config/config';
import { attachEmbeddedPostgres, EMBEDDED_DATABASE } from '../src/kernel/database/embedded-postgres';
import { DEMO_SHOP } from '../src/seed/demo-shop';
import { clusterFolder } from '../src/start/database';
import { startProcess } from './environment';
import { fillLargeShop, type ShopSize } from './large-shop';

interface Reached {
  url: string;
  close(): Promise<void>;
}

/**
 * A superuser's way into the database: `DATABASE_URL`, else the embedded one of the data folder. Where nothing runs there,
 * Mainstay is started for the time being, and makes and fills a database that is not there yet.
 */
async function reach(say: (text: string) => void): Promise<Reached> {
  const { DATABASE_URL: given, PORT: _, ...env } = process.env;
  if (given) return { url: given, close: () => Promise.resolve() };
  const folder = clusterFolder(loadConfig());
  const open = async (): Promise<string | null> => {
    const running = await attachEmbeddedPostgres(folder);
    if (!running) return null;
    const url = new URL(running.superuserUrl);
    url.pathname = `/${EMBEDDED_DATABASE}`;
    return url.href;
  };
  const beside = await open();
  if (beside) return { url: beside, close: () => Promise.resolve() };
  say('Starting Mainstay ...');
  const product = await startProcess(
    'seed-large',
    'dist/main.js',
    env as Record<string, string>,
    '/health/ready',
    180_000,
  );
  const started = await open();
  if (started) return { url: started, close: () => product.stop() };
  await product.stop();
  throw new Error('Mainstay started without a database of its own. Set DATABASE_URL to its database, as a superuser.');
}

/**
 * `npm run seed:large -- [--organization=<slug>] [--products=100000] [--orders=1000000]`: fills an organization (default: the
 * demo shop) of the embedded database, or of the one that `DATABASE_URL` names as a superuser, with many products and orders.
 */
export async function seedLarge(
  slug: string = DEMO_SHOP.slug,
  size: ShopSize,
  say: (text: string) => void,
): Promise<void> {
  const { url, close } = await reach(say);
  const client = new Client({ connectionString: url });
  try {
    await client.connect();
    const { rows } = await client.query<{ id: string }>('select id from organizations.tenants where slug = $1', [slug]);
    if (rows.length === 0) throw new Error(`There is no organization "${slug}". Say which: --organization=<slug>.`);
    const there = await client.query(`select 1 from catalog.products where tenant_id = $1 and handle = 'large-1'`, [
      rows[0].id,
    ]);
    if (there.rows.length > 0) throw new Error(`"${slug}" is a large shop already.`);
    const from = process.hrtime.bigint();
    await fillLargeShop(client, rows[0].id, size, (what, done, total) =>
      say(`${done.toLocaleString('en')} of ${total.toLocaleString('en')} ${what}`),
    );
    say(`"${slug}" was filled in ${(Number(process.hrtime.bigint() - from) / 1e9).toFixed(0)} s.`);
  } finally {
    await client.end();
    await close();
  }
}
