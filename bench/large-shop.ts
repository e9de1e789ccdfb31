import type { Client } from 'pg';
import { agentOf, exchange, type Target } from './load';
import { CARTS, CUSTOMER_OF, CUSTOMERS, idOf, LOCATION, momentOf, RECEIPTS, SHIPMENTS, STOCK } from './large-stock';
import { EMAIL, PASSWORD } from './world';

export interface ShopSize {
  products: number;
  orders: number;
}

const BATCH = 10_000;

/** A shop of its own whose owner is signed in. */
export interface OpenShop {
  id: string;
  /** Of a request; `renew` changes them. */
  headers: Record<string, string>;
  /** Signs in anew where the access token, which lives ten minutes, is old. */
  renew(): Promise<void>;
}

const RENEW_MS = 300_000;

/** Opens a shop. */
export async function openShop(url: string, name: string): Promise<OpenShop> {
  const agent = agentOf(1);
  const call = async (target: Target): Promise<Record<string, string>> => {
    const answer = await exchange(agent, { ...target, url: `${url}/api/v1${target.url}` });
    if (answer.status >= 300) throw new Error(`${answer.status}: ${answer.body.slice(0, 500)}`);
    return JSON.parse(answer.body) as Record<string, string>;
  };
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  const login = async () =>
    bearer((await call({ url: '/auth/login', body: { email: EMAIL, password: PASSWORD } })).accessToken);
  const first = await login();
  const { id, slug } = await call({ url: '/organizations', headers: first, body: { name } });
  const within = async (headers: Record<string, string>) =>
    bearer((await call({ url: '/auth/switch', headers, body: { organization: slug } })).accessToken);
  const headers: Record<string, string> = await within(first);
  let since = performance.now();
  const renew = async (): Promise<void> => {
    if (performance.now() - since < RENEW_MS) return;
    Object.assign(headers, await within(await login()));
    since = performance.now();
  };
  return { id, headers, renew };
}

/**
 * Fills a shop with products of one variant each and paid orders of one line each, made by the database itself
 * (`generate_series`): categories, attributes, words that are common and rare; two years of orders, one in twenty of them by a new
 * customer; carts of a month, one for each twenty orders; stock in two lots a product, with a movement for each line that was shipped.
 * How many products a buyer, orders a product and movements a SKU there are, is the same for any size.
 * @param client a superuser; rows are written past the wall, each with the tenant
 * @param onProgress called after each batch with what is done and what there is to do
 */
export async function fillLargeShop(
  client: Client,
  tenantId: string,
  { products, orders }: ShopSize,
  onProgress: (what: string, done: number, total: number) => void = () => undefined,
): Promise<void> {
  // The rows fit by how they are made; asking for each of them doubles the time.
  await client.query(`set session_replication_role = replica`);
  await client.query(
    `insert into catalog.categories (tenant_id, id, name, name_key, slug, version, created_at, updated_at)
     select $1, gen_random_uuid(), 'Shelf ' || n, 'shelf ' || n, 'shelf-' || n, 1, kernel.now(), kernel.now() from generate_series(1, 50) n`,
    [tenantId],
  );
  await client.query(
    `insert into catalog.attributes (tenant_id, id, code, name, type, filterable, version, created_at, updated_at)
     values ($1, gen_random_uuid(), 'colour', 'Colour', 'text', true, 1, kernel.now(), kernel.now())`,
    [tenantId],
  );
  for (let from = 1; from <= products; from += BATCH) {
    const to = Math.min(from + BATCH - 1, products);
    await client.query(PRODUCTS, [tenantId, from, to]);
    onProgress('products', to, products);
  }
  await client.query(FACETS, [tenantId]);
  await client.query(VARIANTS, [tenantId]);
  const inBatches = async (what: string, first: number, last: number, text: string, more: number[] = []) => {
    for (let from = first; from <= last; from += BATCH) {
      const to = Math.min(from + BATCH - 1, last);
      await client.query(text, [tenantId, from, to, ...more]);
      onProgress(what, to, last);
    }
  };
  await inBatches('customers', 0, Math.floor(orders / 20), CUSTOMERS);
  await inBatches('orders', 1, orders, ORDERS, [products, orders]);
  await client.query('analyze orders.orders, orders.order_lines');
  await client.query(CARTS, [tenantId, 1, Math.ceil(orders / 20), orders, products]);
  // Triggers slept: the days are marked here, so that workers add them up while the stock is made, and the carts with them.
  await client.query(
    `insert into orders.sales_marks (tenant_id, id, day)
     select $1, gen_random_uuid(), day from (
       select distinct (placed_at at time zone 'UTC')::date as day from orders.orders where tenant_id = $1) as sold`,
    [tenantId],
  );
  await client.query(LOCATION, [tenantId]);
  await inBatches('articles in stock', 1, products, STOCK);
  await inBatches('movements', 1, orders, SHIPMENTS, [products, orders]);
  // Without figures of it the planner looks at each movement for each lot.
  await client.query('analyze inventory.stock_movements, inventory.stock_lots');
  await client.query(RECEIPTS, [tenantId]);
  await client.query(`set session_replication_role = origin`);
  // As autovacuum would: until then the index of words has a list of what came last beside it, which costs a search.
  for (const { name } of (await client.query<{ name: string }>(TABLES)).rows)
    await client.query(`vacuum (analyze) ${name}`);
}

/** Changes the newest orders of a filled shop, as many as are placed in half an hour: they are not added up yet when it is measured. */
export async function sellOn(client: Client, tenantId: string, { orders }: ShopSize): Promise<void> {
  await client.query(
    `update orders.orders set refunded_total = refunded_total + 1 where tenant_id = $1 and id in (
       select id from orders.orders where tenant_id = $1 and payment_status = 'paid' order by placed_at desc limit $2)`,
    [tenantId, Math.ceil(orders / 730 / 48)],
  );
}

const PRODUCTS = `insert into catalog.products (tenant_id, id, handle, name, name_key, description, category_id, active, search_text,
    detail_text, attributes, price_from, price_currency, availability, version, created_at, updated_at)
  select $1, gen_random_uuid(), 'large-' || n, 'Thing ' || n, 'thing ' || lpad(n::text, 8, '0'), 'Useful in the house.', c.ids[1 + n % 50], true,
    'thing ' || n || ' large ' || n || case when n % 997 = 0 then ' marmalade' else '' end, 'useful in the house',
    jsonb_build_object('colour', 'c' || n % 12), 100 + n % 9000, 'EUR', case when n % 20 = 0 then 'out_of_stock' when n % 30 = 1 then 'backorder' else 'in_stock' end, 1,
    kernel.now() - make_interval(secs => n), kernel.now()
  from generate_series($2::int, $3::int) n, (select array_agg(id) as ids from catalog.categories where tenant_id = $1) c`;

/** What their trigger, which sleeps, would copy of the product is said here. */
const FACETS = `insert into catalog.product_facets (tenant_id, id, product_id, facet, value, name_key, category_id, price_from, price_currency, availability, active)
  select $1, gen_random_uuid(), id, 'colour:' || (attributes ->> 'colour'), attributes ->> 'colour', name_key, category_id, price_from, price_currency, availability, active
  from catalog.products where tenant_id = $1 and handle like 'large-%'`;

const VARIANTS = `insert into catalog.variants (tenant_id, id, product_id, sku, position, price_amount, price_currency, active, created_at, updated_at)
  select $1, gen_random_uuid(), id, 'LARGE-' || substr(handle, 7), 0, price_from, 'EUR', true, kernel.now(), kernel.now()
  from catalog.products where tenant_id = $1 and handle like 'large-%'`;

/** One line an order, so that the sums are right; $4 products, $5 orders in all. */
const ORDERS = `with made as (
    select ${idOf('order', 'n')} as id, n, ${CUSTOMER_OF} as k, 1 + n % 5 as quantity, 100 + n % 9000 as price, ${momentOf('$5')} as at
    from generate_series($2::int, $3::int) n
  ), placed as (
    insert into orders.orders (tenant_id, id, number, channel, customer_id, email, customer_name, currency, subtotal, discount_total, shipping_total,
      tax_total, total, payment_status, fulfilment_status, return_status, placed_at, paid_at, fulfilled_at, created_at, updated_at)
    select $1, id, 'L' || n, 'import', ${idOf('customer', 'k')}, 'buyer-' || k || '@example.com', 'Buyer ' || k, 'EUR', quantity * price, 0, 0, 0,
      quantity * price, case when n % 500 = 0 then 'authorized' else 'paid' end, case when n % 10 = 0 then 'allocated' else 'fulfilled' end, 'none', at, case when n % 500 = 0 then null else at end,
      case when n % 10 = 0 then null else at end, at, at from made
  )
  insert into orders.order_lines (tenant_id, id, order_id, position, sku, product_name, quantity, unit_price, total)
  select $1, gen_random_uuid(), id, 0, 'LARGE-' || 1 + n % $4::int, 'Thing ' || 1 + n % $4::int, quantity, price, quantity * price from made`;

const TABLES = `select format('%I.%I', schemaname, relname) as name from pg_stat_user_tables where schemaname in ('catalog', 'orders', 'customers', 'inventory')`;

/** How often each large table of catalogue, orders, customers and stock was read as a whole so far. */
export async function wholeReads(client: Client): Promise<Map<string, number>> {
  const { rows } = await client.query<{ name: string; scans: string }>(
    `select s.schemaname || '.' || s.relname as name, s.seq_scan as scans from pg_stat_user_tables s join pg_class c on c.oid = s.relid
     where s.schemaname in ('catalog', 'orders', 'customers', 'inventory') and c.reltuples >= 1000`,
  );
  return new Map(rows.map(({ name, scans }) => [name, Number(scans)]));
}
