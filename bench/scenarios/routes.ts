import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from '../environment';
import { exchange, type Target } from '../load';
import type { RouteCost } from '../report';
import { PASSWORD, type World } from '../world';
import { cartOf, checkoutOf } from './checkout';

interface OpenApi {
  paths: Record<string, { get?: { parameters?: { required?: boolean }[] } }>;
}

/** Every GET of the document that can be asked without knowing an id: the lists and the pages of settings. */
function lists(): string[] {
  const document = JSON.parse(readFileSync(path.join(ROOT, 'docs/openapi.json'), 'utf8')) as OpenApi;
  return Object.entries(document.paths)
    .filter(([route, { get }]) => get && route.startsWith('/api/v1/') && !/[{]|\/dev\//.test(route))
    .filter(([, { get }]) => !(get!.parameters ?? []).some(({ required }) => required))
    .map(([route]) => route);
}

/**
 * What each route asks of the database: trips, statements (those that open, close and set the tenant included) and commits,
 * as its `Server-Timing` field tells. Each is asked twice, and the second answer counts: caches are warm by then.
 */
export async function routes(world: World): Promise<RouteCost[]> {
  const { agent, owner, url } = world;
  const costs: RouteCost[] = [];
  const note = async (route: string, target: () => Promise<Target> | Target): Promise<void> => {
    await exchange(agent, await target());
    const { status, headers } = await exchange(agent, await target());
    // What refuses (another kind of caller is wanted) says nothing of the route.
    if (status >= 300) return;
    const found = /trips=(\d+) statements=(\d+) commits=(\d+)/.exec(String(headers['server-timing'] ?? ''));
    const [trips, statements, commits] = (found?.slice(1) ?? [0, 0, 0]).map(Number);
    costs.push({ route, trips, statements, commits });
  };
  for (const route of lists()) await note(`GET ${route}`, () => ({ url: url + route, headers: owner }));
  const api = `${url}/api/v1`;
  let n = 0;
  const [sku] = world.skus;
  const post = (route: string, body: object, headers = owner): Target => ({
    url: api + route,
    headers: { ...headers, 'idempotency-key': `bench-route-${process.pid}-${++n}` },
    body,
  });
  await note('GET /api/v1/products/:id', () => ({ url: `${api}/products/${world.productId}`, headers: owner }));
  await note('GET /api/v1/products?q=', () => ({ url: `${api}/products?q=product`, headers: owner }));
  await note('GET /api/v1/products as a guest', () => ({ url: `${api}/products`, headers: world.guest }));
  await note('POST /api/v1/auth/login', () => ({
    url: `${api}/auth/login`,
    body: { email: world.accounts[0], password: PASSWORD },
  }));
  await note('POST /api/v1/products', () =>
    post('/products', {
      name: `Route ${++n}`,
      variants: [{ sku: `R-${process.pid}-${n}`, price: { amount: 100, currency: 'EUR' } }],
    }),
  );
  await note('POST /api/v1/inventory/receipts', () => post('/inventory/receipts', { lines: [{ sku, quantity: 1 }] }));
  await note('POST /api/v1/carts', () => post('/carts', {}, world.guest));
  await note('POST /api/v1/carts/:id/lines', async () =>
    post(`/carts/${await cartOf(world, sku)}/lines`, { sku, quantity: 2 }, world.guest),
  );
  await note('POST /api/v1/carts/:id/checkout', async () => checkoutOf(world, await cartOf(world, sku), --n));
  const order = async (): Promise<string> => {
    const placed = await exchange(agent, checkoutOf(world, await cartOf(world, sku), ++n));
    return (JSON.parse(placed.body) as { order: { id: string } }).order.id;
  };
  await note('GET /api/v1/orders/:id', async () => ({ url: `${api}/orders/${await order()}`, headers: owner }));
  await note('POST /api/v1/orders/:id/cancel', async () => post(`/orders/${await order()}/cancel`, {}));
  await note('POST /api/v1/orders/:id/fulfil', async () => post(`/orders/${await order()}/fulfil`, {}));
  return costs.sort((a, b) => b.trips - a.trips || b.statements - a.statements || (a.route < b.route ? -1 : 1));
}
