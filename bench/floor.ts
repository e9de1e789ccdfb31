import { hash, verify } from '@node-rs/argon2';
import fastify from 'fastify';
import { Pool } from 'pg';
import { randomUUID } from 'node:crypto';

/**
 * The floor: what the same work costs with nothing around it. Bare Fastify, bare `pg`, prepared statements, no tenant,
 * no rights, no validation, no events. It runs on Mainstay's own tables with a role that row-level security does not bind.
 */
const pool = new Pool({ connectionString: process.env.DATABASE_URL, max: 10 });
const app = fastify();

// The same representation as the product's: what differs is then what stands around it.
const COLUMNS = `p.id, p.handle, p.name, p.description, p.category_id, p.active, p.tax_category, p.options, p.attributes,
  p.images, p.publish_at, p.unpublish_at, p.version, p.created_at, p.updated_at`;
const VARIANTS = `left join lateral (
    select json_agg(json_build_object('id', v.id, 'sku', v.sku, 'name', v.name,
      'price', json_build_object('amount', v.price_amount, 'currency', v.price_currency), 'active', v.active,
      'taxCategory', v.tax_category, 'weightGrams', v.weight_grams, 'backorder', v.backorder, 'optionValues', v.option_values)
      order by v.position, v.id) as variants
    from catalog.variants v where v.tenant_id = p.tenant_id and v.product_id = p.id
  ) w on true left join catalog.categories c on c.tenant_id = p.tenant_id and c.id = p.category_id`;
const LIST = `select ${COLUMNS}, c.name as category_name, w.variants
  from (select * from catalog.products where tenant_id = $1 order by name_key, id limit 21) p ${VARIANTS} order by p.name_key, p.id`;
const ONE = `select ${COLUMNS}, c.name as category_name, w.variants from catalog.products p ${VARIANTS} where p.tenant_id = $1 and p.id = $2`;

app.get('/health', () => ({ status: 'ok' }));

app.get<{ Params: { tenant: string } }>('/products/:tenant', async ({ params }) => {
  const { rows } = await pool.query({ name: 'list', text: LIST, values: [params.tenant] });
  return { data: rows.slice(0, 20), page: { limit: 20, nextCursor: null, hasMore: rows.length > 20 } };
});

app.get<{ Params: { tenant: string; id: string } }>('/products/:tenant/:id', async ({ params }) => {
  const { rows } = await pool.query<object>({ name: 'one', text: ONE, values: [params.tenant, params.id] });
  return rows[0];
});

const known = hash('correct horse battery staple', { memoryCost: 19_456, timeCost: 2, parallelism: 1 });
app.post<{ Body: { email: string; password: string } }>('/login', async ({ body }) => {
  const { rows } = await pool.query<object>({
    name: 'user',
    text: 'select id from identity.users where email = $1',
    values: [body.email],
  });
  const ok = await verify(await known, body.password);
  return { ok, user: rows[0] };
});

// The least that a shop does for an order: take the stock conditionally, write order, line and payment, one commit.
app.post<{ Body: { tenant: string; sku: string; quantity: number; email: string } }>(
  '/checkout',
  async ({ body }, reply) => {
    const client = await pool.connect();
    try {
      await client.query('begin');
      const taken = await client.query({
        name: 'take',
        text: 'update floor.stock set reserved = reserved + $2 where sku = $1 and on_hand - reserved >= $2',
        values: [body.sku, body.quantity],
      });
      if (taken.rowCount === 0) {
        await client.query('rollback');
        return await reply.code(409).send({ code: 'out-of-stock' });
      }
      const id = randomUUID();
      await client.query({
        name: 'order',
        text: `insert into floor.orders (id, email, status, total) values ($1, $2, 'paid', 1000)`,
        values: [id, body.email],
      });
      await client.query({
        name: 'line',
        text: 'insert into floor.lines (id, order_id, sku, quantity, price) values ($1, $2, $3, $4, 1000)',
        values: [randomUUID(), id, body.sku, body.quantity],
      });
      await client.query({
        name: 'pay',
        text: `insert into floor.payments (id, order_id, status, amount) values ($1, $2, 'captured', 1000)`,
        values: [randomUUID(), id],
      });
      await client.query('commit');
      return await reply.code(201).send({ id, status: 'paid' });
    } catch (error) {
      await client.query('rollback');
      throw error;
    } finally {
      client.release();
    }
  },
);

process.once('SIGTERM', () => void app.close().then(() => pool.end()));
void app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' });
