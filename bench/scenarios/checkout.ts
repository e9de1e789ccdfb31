import { Client } from 'pg';
import type { Environment } from '../environment';
import { drive, exchange, type Exchange, type Target } from '../load';
import type { Measure } from '../report';
import { superuserUrl, type World } from '../world';

const SHOPPERS = 10;
const ADDRESS = { name: 'Sasha Shopper', line1: 'Quay 7', city: 'Porto', postalCode: '4000-001', country: 'PT' };

const json = (answer: Exchange): Record<string, never> => {
  if (answer.status >= 300) throw new Error(`${answer.status}: ${answer.body.slice(0, 400)}`);
  return JSON.parse(answer.body) as Record<string, never>;
};

/** A cart of one line, by a guest. */
export async function cartOf(world: World, sku: string): Promise<string> {
  const cart = json(await exchange(world.agent, { url: `${world.url}/api/v1/carts`, headers: world.guest, body: {} }));
  json(
    await exchange(world.agent, {
      url: `${world.url}/api/v1/carts/${cart.id}/lines`,
      headers: world.guest,
      body: { sku, quantity: 1 },
    }),
  );
  return cart.id;
}

export const checkoutOf = (world: World, cart: string, n: number): Target => ({
  url: `${world.url}/api/v1/carts/${cart}/checkout`,
  headers: { ...world.guest, 'idempotency-key': `bench-checkout-${cart.slice(-16)}-${n}` },
  body: {
    email: `buyer-${n}@example.com`,
    shippingAddress: ADDRESS,
    paymentMethod: { type: 'sandbox', token: 'success' },
  },
});

/** Ten shoppers check out prepared carts; beside the floor's single transaction of an order. Oversell is counted. */
export async function checkout(environment: Environment, world: World, orders: number): Promise<Measure[]> {
  const carts: string[] = [];
  for (let n = 0; n < orders; n++) carts.push(await cartOf(world, world.skus[n % world.skus.length]));
  const warm = carts.splice(0, 20);
  let sql = '';
  for (const [n, cart] of warm.entries()) {
    const answer = await exchange(world.agent, checkoutOf(world, cart, -1 - n));
    json(answer);
    sql = /desc="([^"]+)"/.exec(String(answer.headers['server-timing'] ?? ''))?.[1] ?? '';
  }
  const floorTask = (n: number) => (): Promise<Exchange> =>
    exchange(world.agent, {
      url: `${environment.floor.url}/checkout`,
      body: {
        tenant: world.tenantId,
        sku: world.skus[n % world.skus.length],
        quantity: 1,
        email: `buyer-${n}@example.com`,
      },
    });
  await drive(
    Array.from({ length: 50 }, (_, n) => floorTask(n)),
    SHOPPERS,
  );
  const product = await drive(
    carts.map((cart, n) => () => exchange(world.agent, checkoutOf(world, cart, n))),
    SHOPPERS,
  );
  const floor = await drive(
    carts.map((_, n) => floorTask(n)),
    SHOPPERS,
  );
  const ratio = product.rate / floor.rate;
  const race = await lastUnits(world);
  return [
    {
      scenario: `checkout, ${SHOPPERS} shoppers`,
      unit: 'orders/s',
      value: product.rate,
      p50: product.p50,
      p95: product.p95,
      p99: product.p99,
      floor: floor.rate,
      ratio,
      aim: 'ratio >= 0.2',
      met: ratio >= 0.2,
      note: `${sql}; ${race}; ${await oversold(environment)} oversold${product.bad ? `; ${product.bad} bad answers` : ''}`,
    },
  ];
}

const UNITS = 10;
const RIVALS = 50;

/** The last units of a product, fought for by five times as many carts at once. */
async function lastUnits(world: World): Promise<string> {
  const receipt = { lines: [{ sku: world.scarceSku, quantity: UNITS }] };
  const headers = { ...world.owner, 'idempotency-key': 'bench-last-units-0001' };
  json(await exchange(world.agent, { url: `${world.url}/api/v1/inventory/receipts`, headers, body: receipt }));
  const carts: string[] = [];
  for (let n = 0; n < RIVALS; n++) carts.push(await cartOf(world, world.scarceSku));
  const answers = await Promise.all(
    carts.map((cart, n) => exchange(world.agent, checkoutOf(world, cart, 100_000 + n))),
  );
  const count = (status: number): number => answers.filter((answer) => answer.status === status).length;
  if (count(201) !== UNITS || count(409) !== RIVALS - UNITS)
    throw new Error(`${RIVALS} carts for ${UNITS} units: ${count(201)} orders, ${count(409)} refusals.`);
  return `${RIVALS} carts for the last ${UNITS} units: ${count(201)} orders, ${count(409)} refused`;
}

/** Levels on which more is promised than there is; the count of a broken stock identity. */
export async function oversold(environment: Environment): Promise<number> {
  const admin = new Client({ connectionString: superuserUrl(environment) });
  await admin.connect();
  const { rows } = await admin.query<{ n: number }>(
    'select count(*)::int as n from inventory.stock_levels where on_hand - unavailable - reserved < 0',
  );
  await admin.end();
  return rows[0].n;
}
