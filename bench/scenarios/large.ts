import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import type { Environment } from '../environment';
import { fillLargeShop, openShop, sellOn, wholeReads, type OpenShop, type ShopSize } from '../large-shop';
import { agentOf, drive, exchange, type Exchange } from '../load';
import type { Measure } from '../report';
import { superuserUrl } from '../world';

const SMALL: ShopSize = { products: 1_000, orders: 10_000 };
const AT_ONCE = 2;
const MOST_RATIO = 3;
const AIM_MS = 100;

/** What the page of results says above the table. */
export const largeText = ({ products, orders }: ShopSize): string =>
  `${products.toLocaleString('en')} products and ${orders.toLocaleString('en')} orders beside ${SMALL.products.toLocaleString('en')} and ${SMALL.orders.toLocaleString('en')} ` +
  'in the same database, each with the changed orders of half an hour; the floor is the small shop, p95 of both. What says "grows" grows by its nature, and with what.';

/** How long a call may take before it is made less often. */
const SLOW_MS = 300;
const FEWER = 20;

/** Calls whose cost must not grow with the shop, or that say with what it grows. */
const CALLS: [name: string, path: string, grows?: string][] = [
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
  [
    'counts within filters',
    '/products/facets?availability=in_stock&attributes=colour:c3&price[gte]=500',
    'products that are counted, 2,000 at most',
  ],
  ['counts of a search', '/products/facets?q=marmalade'],
  ['counts of all products', '/products/facets'],
  ['list of orders', '/orders?limit=20'],
  ['orders of a state', '/orders?limit=20&status=allocated'],
  ['orders of a buyer', '/orders?limit=20&email=buyer-7@example.com'],
  ['orders of a payment state', '/orders?limit=20&paymentStatus=authorized'],
  ['orders of a fulfilment state', '/orders?limit=20&fulfilmentStatus=allocated'],
  ['orders with a SKU', '/orders?limit=20&sku=LARGE-77'],
  ['orders of a range of totals', '/orders?limit=20&total[gte]=45000&sort=-total'],
  ['orders with a word', '/orders?limit=20&q=buyer-77', 'matches, unless many orders have it'],
  ['orders with a word that many have', '/orders?limit=20&q=example'],
  ['sales by month', '/orders/analytics?groupBy=month'],
  ['best products', '/orders/analytics?groupBy=product&limit=20'],
  ['best products of a calendar month', '/orders/analytics?groupBy=product&limit=20&from={monthStart}&to={monthEnd}'],
  ['best products of the last thirty days', '/orders/analytics?groupBy=product&limit=20&from={monthAgo}'],
  [
    'best products of any ten days',
    '/orders/analytics?groupBy=product&limit=20&from={tenStart}&to={tenEnd}',
    'products sold in the time',
  ],
  ['best customers', '/orders/analytics?groupBy=customer&limit=20'],
  ['cohorts of a month', '/orders/analytics/cohorts?from={monthAgo}'],
  ['cohorts of a year', '/orders/analytics/cohorts?from={yearAgo}'],
  ['sales by day, a month', '/orders/analytics/days?from={monthAgo}'],
  ['carts to orders', '/orders/analytics/funnel'],
  ['list of customers', '/customers?limit=20'],
  ['search of customers', '/customers?limit=20&q=buyer%2077', 'matches, 1,000 at most'],
  ['orders of a customer', '/orders?limit=20&customerId={customer}'],
  ['levels of stock', '/inventory/levels?limit=20'],
  ['lots of a SKU', '/inventory/lots?sku=LARGE-77'],
  ['movements of a SKU', '/inventory/movements?limit=20&sku=LARGE-77'],
  ['report: turnover', '/inventory/analytics?report=turnover&limit=20'],
  ['report: cover', '/inventory/analytics?report=cover&limit=20'],
  ['report: ageing', '/inventory/analytics?report=ageing&limit=20'],
  ['report: expiring', '/inventory/analytics?report=expiring&limit=20'],
  [
    'report: dead stock',
    '/inventory/analytics?report=dead&limit=20',
    'articles that sell, until a page of others is found',
  ],
  ['report: shrinkage', '/inventory/analytics?report=shrinkage&limit=20'],
  ['report: valuation', '/inventory/analytics?report=valuation&limit=20'],
];

/** Waits until workers have added up sales and carts, and has some orders change after that. */
async function folded(
  admin: Client,
  shops: readonly { id: string; size: ShopSize }[],
  say: (text: string) => void,
): Promise<void> {
  for (let second = 0; ; second += 1) {
    const { rows } = await admin.query<{ days: number; folded: number }>(
      `select (select count(distinct (tenant_id, day))::int from orders.sales_marks where tenant_id = any($1::uuid[])) as days,
         (select count(*)::int from orders.funnel_folds f where tenant_id = any($1::uuid[]) and recent > '-infinity'
            and not exists (select from orders.funnel_marks m where m.tenant_id = f.tenant_id and m.carts = 0)) as folded`,
      [shops.map(({ id }) => id)],
    );
    if (rows[0].days === 0 && rows[0].folded === shops.length) break;
    if (second % 10 === 0) say(`  Sales of ${rows[0].days} days are still to be added up.`);
    await pause(1_000);
  }
  for (const { id, size } of shops) await sellOn(admin, id, size);
  // As autovacuum would: the marks are gone by now, and plans were made for as many.
  await admin.query(
    'vacuum (analyze) orders.sales_rollups, orders.sales_marks, orders.funnel_days, orders.funnel_marks',
  );
}

/** Whether an answer has anything in it: a measure of nothing says nothing. */
function isFilled(body: string): boolean {
  const found = JSON.parse(body) as Record<string, unknown>;
  const lists = Object.values(found).filter((value) => Array.isArray(value)) as unknown[][];
  return lists.length > 0
    ? lists.some((list) => list.length > 0)
    : Object.values(found).some((value) => Number(value) > 0);
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
  add: (measure: Measure) => void,
): Promise<void> {
  const admin = new Client({ connectionString: superuserUrl({ product, ...environment }) });
  await admin.connect();
  try {
    const shops: (OpenShop & { category: string; customer: string; size: ShopSize })[] = [];
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
      const [{ id: customer }] = (
        await admin.query<{ id: string }>('select id from customers.customers where tenant_id = $1 and name = $2', [
          shop.id,
          'Buyer 77',
        ])
      ).rows;
      shops.push({ ...shop, category: rows[0].id, customer, size: its });
    }
    await folded(admin, shops, say);
    say('  Sales are added up.');
    const day = (moment: string): string => `to_char(${moment}, 'YYYY-MM-DD')`;
    const lastMonth = `date_trunc('month', kernel.now() at time zone 'UTC') - interval '1 month'`;
    const [times] = (
      await admin.query<Record<'monthAgo' | 'yearAgo' | 'monthStart' | 'monthEnd' | 'tenStart' | 'tenEnd', string>>(
        `select ${day(`kernel.now() - interval '30 days'`)} as "monthAgo", ${day(`kernel.now() - interval '1 year'`)} as "yearAgo",
           ${day(lastMonth)} as "monthStart", ${day(`${lastMonth} + interval '1 month'`)} as "monthEnd",
           ${day(`kernel.now() - interval '50 days'`)} as "tenStart", ${day(`kernel.now() - interval '40 days'`)} as "tenEnd"`,
      )
    ).rows;
    const agent = agentOf(AT_ONCE);
    const before = await wholeReads(admin);
    for (const [name, path, grows] of CALLS) {
      for (const shop of shops) await shop.renew();
      const call = (shop: (typeof shops)[number]) => {
        const known = { category: shop.category, customer: shop.customer, ...times };
        const filled = path.replace(/\{(\w+)\}/g, (_, word: keyof typeof known) => known[word]);
        return (): Promise<Exchange> =>
          exchange(agent, { url: `${product.url}/api/v1${filled}`, headers: shop.headers });
      };
      const tasks = (shop: (typeof shops)[number], count: number) => Array.from({ length: count }, () => call(shop));
      const empty: string[] = [];
      for (const [i, shop] of shops.entries()) {
        const { status, body } = await call(shop)();
        if (status >= 300) throw new Error(`${path}: ${status} ${body.slice(0, 500)}`);
        if (!isFilled(body)) empty.push(i === 0 ? 'the small shop' : 'the large shop');
      }
      // The first calls of each make plans and warm pages.
      const [, warm] = [await drive(tasks(shops[0], 5), 1), await drive(tasks(shops[1], 5), 1)];
      const count = warm.p50 > SLOW_MS ? Math.min(FEWER, calls) : calls;
      const [few, many] = [await drive(tasks(shops[0], count), AT_ONCE), await drive(tasks(shops[1], count), AT_ONCE)];
      const ratio = many.p95 / few.p95;
      const bad = few.bad + many.bad;
      const notes = [
        ...(grows ? [`grows with ${grows}`] : []),
        ...(bad > 0 ? [`${bad} bad answers`] : []),
        ...(empty.length > 0 ? [`EMPTY in ${empty.join(' and ')}`] : []),
      ];
      add({
        scenario: `large: ${name}`,
        unit: 'ms p95',
        value: many.p95,
        p50: many.p50,
        p95: many.p95,
        p99: many.p99,
        floor: few.p95,
        ratio,
        aim: `ratio <= ${MOST_RATIO}, p95 < ${AIM_MS}`,
        met: ratio <= MOST_RATIO && many.p95 < AIM_MS && bad === 0 && empty.length === 0,
        note: notes.join('; '),
      });
    }
    // Backends hand their counts on about once a second.
    await pause(2_000);
    const scanned = [...(await wholeReads(admin))].filter(([name, scans]) => scans > (before.get(name) ?? 0));
    add({
      scenario: 'large: tables read as a whole',
      unit: 'tables',
      value: scanned.length,
      aim: '0',
      met: scanned.length === 0,
      note: scanned.map(([name]) => name).join(', '),
    });
  } finally {
    await admin.end();
  }
}
