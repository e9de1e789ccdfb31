/**
 * What a large shop has beside products and orders, as statements over `generate_series`: $1 is the tenant, $2 and $3 the
 * first and last number. Ids are made of the numbers, so that statements find each other's rows without looking.
 */
export const idOf = (kind: string, number: string): string => `md5($1::uuid::text || '${kind}' || ${number})::uuid`;

/** When order `n` was placed: they spread over two years, the last of them are the newest. */
export const momentOf = (orders: string): string =>
  `kernel.now() - make_interval(secs => (63072000.0 / greatest(${orders}::int, 1) * (${orders}::int - n))::float8 + 60)`;

/** The customer of order `n`: every twentieth order is the first of a new one, the others are of those who came before. */
export const CUSTOMER_OF = `case when n % 20 = 0 then n / 20 else (n::bigint * 7919 % (n / 20 + 1))::int end`;

export const CUSTOMERS = `insert into customers.customers (tenant_id, id, email, email_key, name, name_key, search_text, version, created_at, updated_at)
  select $1, ${idOf('customer', 'k')}, 'buyer-' || k || '@example.com', 'buyer-' || k || '@example.com', 'Buyer ' || k, 'buyer ' || k,
    'buyer ' || k, 1, kernel.now(), kernel.now() from generate_series($2::int, $3::int) k`;

/** Carts of the last 30 days: a tenth empty, a third of the others ordered; $4 orders, $5 products. */
export const CARTS = `with made as (
    select n, ${idOf('cart', 'n')} as id, kernel.now() - make_interval(secs => 60 + 2500000.0 * n / greatest($3::int, 1)) as at
    from generate_series($2::int, $3::int) n
  ), begun as (
    insert into orders.carts (tenant_id, id, secret_hash, order_id, expires_at, created_at, updated_at)
    select $1, id, sha256(id::text::bytea), case when n % 10 in (1, 2, 3) then ${idOf('order', '($4::int - n / 10)')} end,
      at + interval '30 days', at, at from made
  )
  insert into orders.cart_lines (tenant_id, id, cart_id, sku, quantity, added_at)
  select $1, gen_random_uuid(), id, 'LARGE-' || 1 + n % $5::int, 1 + n % 3, at from made where n % 10 <> 0`;

export const LOCATION = `insert into inventory.locations (tenant_id, id, code, name, is_default, created_at)
  values ($1, ${idOf('location', "''")}, 'large', 'Large house', true, kernel.now()) on conflict do nothing`;
const PLACE = `(select id from inventory.locations where tenant_id = $1 and is_default)`;
const FIRST = '(10 + p % 50)';
const SECOND = '5';

/** Two lots a product beside the nameless one: an old one that orders were shipped from, some with a day to be gone by, and a new one. */
export const STOCK = `with made as (select p, 'LARGE-' || p as sku, ${PLACE} as place from generate_series($2::int, $3::int) p),
  levels as (
    insert into inventory.stock_levels (tenant_id, id, sku, location_id, on_hand, updated_at)
    select $1, ${idOf('level', 'p')}, sku, place, ${FIRST} + ${SECOND}, kernel.now() from made
  ), lots as (
    insert into inventory.stock_lots (tenant_id, id, level_id, sku, location_id, number, received_at, remove_at, on_hand, unit_cost, cost_currency)
    select $1, ${idOf('level', 'p')}, ${idOf('level', 'p')}, sku, place, null, kernel.now() - interval '732 days', null, 0, null, null from made
    union all
    select $1, ${idOf('lot', 'p')}, ${idOf('level', 'p')}, sku, place, 'OLD-' || p, kernel.now() - interval '732 days',
      case when p % 3 = 0 then kernel.now() + make_interval(days => p % 400) end, ${FIRST}, 50 + p % 3000, 'EUR' from made
    union all
    select $1, ${idOf('new', 'p')}, ${idOf('level', 'p')}, sku, place, 'NEW-' || p, kernel.now() - make_interval(days => 1 + p % 60),
      null, ${SECOND}, 60 + p % 3000, 'EUR' from made
  )
  insert into inventory.stock_movements (tenant_id, id, level_id, sku, location_id, kind, quantity, on_hand_after, document_type, document_id,
    reason, idempotency_key, at, lot_id, unit_cost, cost_currency)
  select $1, gen_random_uuid(), ${idOf('level', 'p')}, sku, place, 'receipt', ${SECOND} + (p % 25 = 0)::int, ${FIRST} + ${SECOND}, 'receipt',
    'large', 'large', 'large-new:' || p, kernel.now() - make_interval(days => 1 + p % 60), ${idOf('new', 'p')}, 60 + p % 3000, 'EUR' from made
  union all
  select $1, gen_random_uuid(), ${idOf('level', 'p')}, sku, place, 'count', -1, ${FIRST} + ${SECOND}, 'count',
    'large', 'large', 'large-count:' || p, kernel.now() - interval '10 hours', ${idOf('new', 'p')}, 60 + p % 3000, 'EUR' from made where p % 25 = 0`;

/** A shipment for each line of the orders that were fulfilled; $4 products, $5 orders in all. */
export const SHIPMENTS = `insert into inventory.stock_movements (tenant_id, id, level_id, sku, location_id, kind, quantity, on_hand_after,
    document_type, document_id, reason, idempotency_key, at, lot_id, unit_cost, cost_currency)
  select $1, gen_random_uuid(), ${idOf('level', 'p')}, 'LARGE-' || p, ${PLACE}, 'shipment', -(1 + n % 5), 0, 'order', 'L' || n, 'large', 'large-order:' || n,
    ${momentOf('$5')}, ${idOf('lot', 'p')}, 50 + p % 3000, 'EUR'
  from generate_series($2::int, $3::int) n cross join lateral (select 1 + n % $4::int as p) x where n % 10 <> 0`;

/** What the old lots had come with: all that was shipped of them and what lies there. */
export const RECEIPTS = `insert into inventory.stock_movements (tenant_id, id, level_id, sku, location_id, kind, quantity, on_hand_after,
    document_type, document_id, reason, idempotency_key, at, lot_id, unit_cost, cost_currency)
  select $1, gen_random_uuid(), t.level_id, t.sku, t.location_id, 'receipt', t.on_hand + coalesce(m.shipped, 0), t.on_hand + coalesce(m.shipped, 0), 'receipt',
    'large', 'large', 'large-old:' || t.sku, t.received_at, t.id, t.unit_cost, t.cost_currency
  from inventory.stock_lots t left join (select lot_id, -sum(quantity) as shipped from inventory.stock_movements
    where tenant_id = $1 and kind = 'shipment' group by lot_id) m on m.lot_id = t.id
  where t.tenant_id = $1 and t.number like 'OLD-%'`;
