import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { sha256 } from '../../src/kernel/crypto/hashing';
import { newId, newSecret } from '../../src/kernel/ids/ids';
import type { Environment } from '../environment';
import { agentOf, drive, exchange } from '../load';
import type { Measure } from '../report';
import { superuserUrl, type World } from '../world';
import { checkoutOf, oversold } from './checkout';

/** As many at once as in the test that no deadlock reaches a caller. */
const SHOPPERS = 64;
const ARTICLES = 8;
const LINES = 4;
/** Milliseconds after which a connection of PostgreSQL tells what it counted, with the next thing that it does. */
const TOLD_MS = 1_100;

/**
 * Orders of four lines over eight articles, each order's lines in an order of its own, 64 at once: whoever locks in the order
 * of the lines dies of deadlocks here. What PostgreSQL counted of them is told; none may reach a shopper.
 */
export async function crossedOrders(environment: Environment, shop: World, orders: number): Promise<Measure> {
  const world: World = { ...shop, agent: agentOf(SHOPPERS) };
  const admin = new Client({ connectionString: superuserUrl(environment) });
  await admin.connect();
  try {
    return await race(environment, world, admin, await fillCarts(admin, world, orders));
  } finally {
    await admin.end();
  }
}

async function race(environment: Environment, world: World, admin: Client, carts: readonly string[]): Promise<Measure> {
  const before = await deadlocks(admin);
  const statuses = new Map<number, number>();
  const run = await drive(
    carts.map((cart, n) => async () => {
      const answer = await exchange(world.agent, checkoutOf(world, cart, 200_000 + n));
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
      return answer;
    }),
    SHOPPERS,
  );
  await pause(TOLD_MS);
  const url = `${world.url}/api/v1/products?limit=1`;
  await drive(
    Array.from({ length: 4 * SHOPPERS }, () => () => exchange(world.agent, { url, headers: world.guest })),
    SHOPPERS,
  );
  const found = (await deadlocks(admin)) - before;
  const placed = statuses.get(201) ?? 0;
  const refused = statuses.get(409) ?? 0;
  const sold = await oversold(environment);
  return {
    scenario: `crossed orders of ${LINES} lines, ${SHOPPERS} shoppers`,
    unit: 'orders/s',
    value: run.rate,
    p50: run.p50,
    p95: run.p95,
    p99: run.p99,
    aim: 'no deadlock reaches a shopper',
    met: placed === carts.length && sold === 0,
    note: `${placed} of ${carts.length} orders over ${ARTICLES} articles; ${found} deadlocks tried again; ${refused} refused; ${run.bad - refused} other bad answers; ${sold} oversold`,
  };
}

/** The articles of each order in a random sequence: the same in every run. */
function draws(orders: number, skus: readonly string[]): string[][] {
  let seed = 42;
  const next = (below: number): number => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) % below;
  return Array.from({ length: orders }, () => {
    const left = [...skus];
    return Array.from({ length: LINES }, () => left.splice(next(left.length), 1)[0]);
  });
}

/** Carts of guests with their lines, written as the API writes them: filling them by it would take longer than what is measured. @returns their secrets */
async function fillCarts(admin: Client, world: World, orders: number): Promise<string[]> {
  const carts = draws(orders, world.skus.slice(0, ARTICLES)).map((skus) => {
    const secret = newSecret();
    // Lines are in the order of their ids, which are made one after the other.
    const lines = skus.map((sku) => ({ id: newId(), sku }));
    return { id: newId(), secret, hash: sha256(secret).toString('hex'), lines };
  });
  await admin.query(
    `with cart as (
       select * from json_to_recordset($2::json) as c(id uuid, hash text, lines json)
     ), begun as (
       insert into orders.carts (tenant_id, id, secret_hash, expires_at, created_at, updated_at)
       select $1, id, decode(hash, 'hex'), now() + interval '30 days', now(), now() from cart returning id
     )
     insert into orders.cart_lines (tenant_id, id, cart_id, sku, quantity, added_at)
     select $1, l.id, b.id, l.sku, 1, now() from begun b join cart c on c.id = b.id
       cross join lateral json_to_recordset(c.lines) as l(id uuid, sku text)`,
    [world.tenantId, JSON.stringify(carts)],
  );
  return carts.map(({ secret }) => secret);
}

/** Deadlocks that PostgreSQL has seen in this database. */
async function deadlocks(admin: Client): Promise<number> {
  const { rows } = await admin.query<{ n: number }>(
    'select deadlocks::int as n from pg_stat_database where datname = current_database()',
  );
  return rows[0].n;
}
