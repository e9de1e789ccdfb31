import { QueryBus } from '@nestjs/cqrs';
import { Client } from 'pg';
import { fillLargeShop } from '../../bench/large-shop';
import { ListProductsQuery } from '../../src/commerce/catalog/queries/list-products';
import { ProductFacetsQuery } from '../../src/commerce/catalog/queries/product-facets';
import { UserIdsOfGroupQuery } from '../../src/commerce/customers/contracts/customer-groups';
import { GetCustomerQuery } from '../../src/commerce/customers/queries/get-customer';
import { ListCustomersQuery } from '../../src/commerce/customers/queries/list-customers';
import { ListOrdersQuery } from '../../src/commerce/orders/queries/list-orders';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import { LargeListQuery } from '../../src/kernel/http/pagination';
import { newId } from '../../src/kernel/ids/ids';
import { asTenant } from '../support/app';
import { OrderDesk } from '../support/order-desk';

const ROWS = 20_000;
const OTHERS = 500;
const asked = <T>(terms: object): T => Object.assign(new LargeListQuery(), { limit: 20 }, terms) as T;

/** Connections serve all shops: what is prepared where hardly anything is must serve where much is. */
describe('a statement that a small shop prepared', () => {
  let desk: OrderDesk;
  let admin: Client;
  const small = newId();
  const large = newId();
  const group = newId();

  beforeAll(async () => {
    desk = await OrderDesk.start();
    admin = new Client({ connectionString: desk.app.database.superuserUrl });
    await admin.connect();
    await fillLargeShop(admin, small, { products: 50, orders: 200 });
    await fillLargeShop(admin, large, { products: ROWS, orders: ROWS });
    await admin.query(`set session_replication_role = replica`);
    // Of the newest orders many came at once, so that the weeks before them are many orders away.
    await admin.query(
      `with n as (select id, row_number() over (order by placed_at desc, id desc) as nth from orders.orders where tenant_id = $1)
       update orders.orders o set placed_at = kernel.now() - n.nth * interval '1 second',
         customer_name = case when n.nth between 3000 and 3039 then 'Came lately' when n.nth between 4000 and 4009 then 'Came seldom' else customer_name end
       from n where o.tenant_id = $1 and o.id = n.id and n.nth <= 6000`,
      [large],
    );
    await admin.query(
      `update orders.orders set customer_name = 'Came seldom' where tenant_id = $1 and placed_at < kernel.now() - interval '1 year' and right(number, 3) = '777'`,
      [large],
    );
    for (const [tenant, customers] of [
      [small, 50],
      [large, ROWS],
    ] as const) {
      await admin.query(
        `insert into customers.customers (tenant_id, id, email, email_key, name, name_key, search_text, user_id, version, created_at, updated_at)
         select $1, gen_random_uuid(), 'guest-' || n || '@example.com', 'guest-' || n || '@example.com', 'Guest ' || n, 'guest ' || n, 'guest ' || n,
           gen_random_uuid(), 1, kernel.now(), kernel.now() from generate_series(1, $2::int) n`,
        [tenant, customers],
      );
      await admin.query(
        `insert into customers.group_members (tenant_id, id, group_id, customer_id, added_at)
         select $1, gen_random_uuid(), $2, id, kernel.now() from customers.customers where tenant_id = $1 and name_key like 'guest %7'
         order by name_key limit 300`,
        [tenant, group],
      );
    }
    // Among so many shops each is believed to be small.
    const crowded = ['customers.customers', 'orders.orders', 'catalog.products', 'catalog.product_facets'];
    for (const table of crowded) {
      const { rows: columns } = await admin.query<{ name: string; own: boolean }>(
        `select quote_ident(attname) as name, attname in ('tenant_id', 'id', 'product_id') as own from pg_attribute
         where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = '' order by attnum`,
        [table],
      );
      await admin.query(
        `insert into ${table} (${columns.map(({ name }) => name).join(', ')})
         select ${columns.map(({ name, own }) => (own ? 'gen_random_uuid()' : `t.${name}`)).join(', ')}
         from (select * from ${table} where tenant_id = $1 limit 1) t, generate_series(1, ${OTHERS})`,
        [small],
      );
    }
    await admin.query(`set session_replication_role = origin`);
    await admin.query(`vacuum (analyze) customers.group_members, ${crowded.join(', ')}`);
  }, 180_000);
  afterAll(async () => {
    await admin.end();
    await desk.app.close();
  });

  const TABLES = ['customers', 'group_members', 'orders', 'products', 'product_facets', 'variants'];

  /** Rows of the shop's large tables that the work looked at, and the connection that it ran on. */
  function look<T>(tenant: string, work: () => Promise<T>): Promise<{ rows: number; pid: number; found: T }> {
    return asTenant(tenant, () =>
      desk.app.get(UnitOfWork).run(async (tx) => {
        // A connection counts on from its transactions before.
        const counted = async () =>
          (
            await tx.query<{ rows: number; pid: number }>(
              `select sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::int as rows, pg_backend_pid() as pid from pg_stat_xact_user_tables
               where schemaname in ('orders', 'customers', 'catalog') and relname = any($1::text[])`,
              [TABLES],
            )
          )[0];
        const before = await counted();
        const found = await work();
        const { rows, pid } = await counted();
        return { rows: rows - before.rows, pid, found };
      }),
    );
  }
  const ask = <T>(query: object): Promise<T> => desk.app.get(QueryBus).execute(query as never);

  it.each<[string, () => object, number]>([
    ['customers by a part of their name', () => new ListCustomersQuery(asked({ q: 'guest 77' }), null), 1_000],
    ['customers of a group', () => new ListCustomersQuery(asked({ groupId: group }), null), 10_000],
    ['customers by their address', () => new ListCustomersQuery(asked({ email: 'guest-7@example.com' }), null), 50],
    ['users of a group', () => new UserIdsOfGroupQuery({ groupId: group, after: null, limit: 100 }), 10_000],
    [
      'users of a group, from one on',
      () => new UserIdsOfGroupQuery({ groupId: group, after: newId(), limit: 100 }),
      10_000,
    ],
    ['orders with a word', () => new ListOrdersQuery(asked({ q: 'buyer-77' }), null), 5_000],
    ['orders with a word that some have', () => new ListOrdersQuery(asked({ q: 'came lately' }), null), 5_000],
    [
      'orders with a word and of a state',
      () => new ListOrdersQuery(asked({ q: 'buyer-77', status: ['fulfilled'] }), null),
      5_000,
    ],
    ['orders with a SKU', () => new ListOrdersQuery(asked({ sku: 'LARGE-7' }), null), 500],
    ['products with a rare word', () => new ListProductsQuery(asked({ q: 'marmalade' }), false), 2_000],
    ['products with a word that all have', () => new ListProductsQuery(asked({ q: 'thing' }), false), 8_000],
    ['products of an attribute', () => new ListProductsQuery(asked({ attributes: ['colour:c3'] }), false), 6_000],
    // Where a transaction beside it keeps pages from being marked as seen by all, entries of an index are looked up once more.
    ['counts of all products', () => new ProductFacetsQuery(asked({}), false), 10_000],
    [
      'counts within filters',
      () =>
        new ProductFacetsQuery(
          asked({ attributes: ['colour:c3'], availability: ['in_stock'], price: { gte: 500 } }),
          false,
        ),
      10_000,
    ],
  ])('looks at few rows of a large one: %s', async (_, query, most) => {
    const pids = new Set<number>();
    // Five times a plan is made anew; then PostgreSQL judges whether one for all will do.
    for (let i = 0; i < 8; i++) pids.add((await look(small, () => ask(query()))).pid);
    const { rows, pid } = await look(large, () => ask(query()));
    pids.add(pid);
    expect(pids.size).toBe(1);
    expect(rows).toBeLessThan(most);
  });

  it('finds a customer by the id', async () => {
    const { rows: ids } = await admin.query<{ id: string; tenant_id: string }>(
      `select tenant_id, id from customers.customers where email_key = 'guest-7@example.com' and tenant_id = any($1)`,
      [[small, large]],
    );
    const idOf = (tenant: string): string => ids.find((it) => it.tenant_id === tenant)!.id;
    for (let i = 0; i < 8; i++) await look(small, () => ask(new GetCustomerQuery(idOf(small))));
    expect((await look(large, () => ask(new GetCustomerQuery(idOf(large))))).rows).toBeLessThan(10);
  });

  it.each(['came lately', 'came seldom', 'buyer-77', 'nobody at all'])(
    'finds the newest of its orders as a plain recount does: %s',
    async (q) => {
      const { rows: newest } = await admin.query<{ number: string }>(
        `select number from orders.orders where tenant_id = $1 and placed_at is not null
           and strpos(lower(number || ' ' || coalesce(email, '') || ' ' || coalesce(customer_name, '')), $2) > 0
         order by placed_at desc, id desc limit 20`,
        [large, q],
      );
      const page = await asTenant(large, () =>
        ask<{ data: { number: string }[] }>(new ListOrdersQuery(asked({ q }), null)),
      );
      expect(page.data.map(({ number }) => number)).toEqual(newest.map(({ number }) => number));
    },
  );
});
