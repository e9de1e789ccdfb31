import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import type { Environment } from '../environment';
import { fillLargeShop, openShop, wholeReads, type ShopSize } from '../large-shop';
import { agentOf, drive, exchange, type Exchange } from '../load';
import type { Measure } from '../report';
import { superuserUrl } from '../world';

const SMALL: ShopSize = { products: 1_000, orders: 10_000 };
const AT_ONCE = 2;
const MOST_RATIO = 3;
const AIM_MS = 100;

/** Calls whose cost must not grow with the shop. */
const CALLS: [string, string][] = [
  ['list of products', '/products?limit=20'],
  ['products by price, falling', '/products?limit=20&sort=-price'],
  ['products of a category', '/products?limit=20&categoryId={category}'],
  ['products by attribute', '/products?limit=20&attributes=colour:c3'],
  ['search, rare word', '/products?limit=20&q=marmalade'],
  ['search, word of all products', '/products?limit=20&q=thing'],
  ['search, typing error', '/products?limit=20&q=marmelade'],
  ['search with filters', '/products?limit=20&q=thing&attributes=colour:c3&price[gte]=500'],
  ['products that can be had', '/products?limit=20&availability=in_stock'],
  ['products that are rarely so, by price', '/products?limit=20&availability=backorder&sort=price'],
  ['search of what can be had', '/products?limit=20&q=thing&availability=in_stock&categoryId={category}'],
  ['counts within filters', '/products/facets?availability=in_stock&attributes=colour:c3&price[gte]=500'],
  ['counts of a search', '/products/facets?q=marmalade'],
  ['counts of all products', '/products/facets'],
  ['list of orders', '/orders?limit=20'],
  ['orders of a state', '/orders?limit=20&status=allocated'],
  ['orders of a buyer', '/orders?limit=20&email=buyer-7@example.com'],
  ['orders of a payment state', '/orders?limit=20&paymentStatus=authorized'],
  ['orders of a fulfilment state', '/orders?limit=20&fulfilmentStatus=allocated'],
  ['orders with a SKU', '/orders?limit=20&sku=LARGE-77'],
  ['orders of a range of totals', '/orders?limit=20&total[gte]=45000&sort=-total'],
  ['orders with a word', '/orders?limit=20&q=buyer-77'],
  ['sales by month', '/orders/analytics?groupBy=month'],
  ['best products', '/orders/analytics?groupBy=product&limit=20'],
  ['best products of this month', '/orders/analytics?groupBy=product&limit=20&from={monthAgo}'],
  ['best customers', '/orders/analytics?groupBy=customer&limit=20'],
  ['cohorts', '/orders/analytics/cohorts?from={monthAgo}'],
  ['sales by day, a month', '/orders/analytics/days?from={monthAgo}'],
  ['carts to orders', '/orders/analytics/funnel'],
];

/** Waits until workers have added up the sales of all days that are over. */
async function folded(admin: Client, shops: readonly { id: string }[]): Promise<void> {
  for (;;) {
    const { rows } = await admin.query(
      `select from orders.sales_marks where tenant_id = any($1::uuid[]) and day < (kernel.now() at time zone 'UTC')::date limit 1`,
      [shops.map(({ id }) => id)],
    );
    if (rows.length === 0) break;
    await pause(1_000);
  }
  await admin.query('analyze orders.sales_rollups');
}

/**
 * Lists, searches and counts of a large shop beside a small one in the same database: p95 of both, alternating, and
 * whether any large table was read as a whole.
 */
export async function large(
  { product, ...environment }: Environment,
  size: ShopSize,
  calls: number,
  say: (text: string) => void,
): Promise<Measure[]> {
  const admin = new Client({ connectionString: superuserUrl({ product, ...environment }) });
  await admin.connect();
  try {
    const shops: { id: string; headers: Record<string, string>; category: string }[] = [];
    for (const [name, its] of [
      ['Small shop', SMALL],
      ['Large shop', size],
    ] as const) {
      const shop = await openShop(product.url, name);
      await fillLargeShop(admin, shop.id, its, (what, done, total) => {
        if (done === total || done % 100_000 === 0) say(`  ${name}: ${done.toLocaleString('en')} ${what}`);
      });
      const { rows } = await admin.query<{ id: string }>(
        'select id from catalog.categories where tenant_id = $1 order by name limit 1',
        [shop.id],
      );
      shops.push({ ...shop, category: rows[0].id });
    }
    await folded(admin, shops);
    say('  Sales are added up.');
    const [{ monthAgo }] = (
      await admin.query<{ monthAgo: string }>(
        `select to_char(kernel.now() - interval '30 days', 'YYYY-MM-DD') as "monthAgo"`,
      )
    ).rows;
    const agent = agentOf(AT_ONCE);
    const before = await wholeReads(admin);
    const measures: Measure[] = [];
    for (const [name, path] of CALLS) {
      const tasks = (shop: (typeof shops)[number]) => {
        const url = `${product.url}/api/v1${path.replace('{category}', shop.category).replace('{monthAgo}', monthAgo)}`;
        return Array.from(
          { length: calls },
          () => (): Promise<Exchange> => exchange(agent, { url, headers: shop.headers }),
        );
      };
      // The first calls of each make plans and warm pages.
      for (const shop of shops) await drive(tasks(shop).slice(0, 5), 1);
      const [few, many] = [await drive(tasks(shops[0]), AT_ONCE), await drive(tasks(shops[1]), AT_ONCE)];
      const ratio = many.p95 / few.p95;
      measures.push({
        scenario: `large: ${name}`,
        unit: 'ms p95',
        value: many.p95,
        p50: many.p50,
        p95: many.p95,
        p99: many.p99,
        floor: few.p95,
        ratio,
        aim: `ratio <= ${MOST_RATIO}, p95 < ${AIM_MS}`,
        met: ratio <= MOST_RATIO && many.p95 < AIM_MS,
        note: `floor: ${SMALL.products.toLocaleString('en')} products${few.bad + many.bad > 0 ? `; ${few.bad + many.bad} bad answers` : ''}`,
      });
    }
    // Backends hand their counts on about once a second.
    await pause(2_000);
    const scanned = [...(await wholeReads(admin))].filter(([name, scans]) => scans > (before.get(name) ?? 0));
    measures.push({
      scenario: 'large: tables read as a whole',
      unit: 'tables',
      value: scanned.length,
      aim: '0',
      met: scanned.length === 0,
      note: scanned.map(([name]) => name).join(', '),
    });
    return measures;
  } finally {
    await admin.end();
  }
}
