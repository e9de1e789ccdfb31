import type { Environment } from '../environment';
import { drive, exchange, load, type Load, type Target } from '../load';
import type { Measure } from '../report';
import { PASSWORD, type World } from '../world';

const ROUNDS = 3;
const CONNECTIONS = 20;

/** Alternates product and floor, so that what else the machine does meets both, and takes the median round of each. */
async function compare(
  product: Target,
  floor: Target,
  seconds: number,
  connections = CONNECTIONS,
): Promise<{ product: Load; floor: Load }> {
  const rounds: { product: Load; floor: Load }[] = [];
  for (let i = 0; i < ROUNDS; i++)
    rounds.push({ product: await load(product, connections, seconds), floor: await load(floor, connections, seconds) });
  const median = (pick: (round: (typeof rounds)[number]) => Load): Load =>
    rounds.map(pick).sort((a, b) => a.rate - b.rate)[Math.floor(ROUNDS / 2)];
  return { product: median((round) => round.product), floor: median((round) => round.floor) };
}

function measure(scenario: string, both: { product: Load; floor: Load }, aim: number | undefined, note = ''): Measure {
  const { product, floor } = both;
  const ratio = product.rate / floor.rate;
  return {
    scenario,
    unit: 'req/s',
    value: product.rate,
    p50: product.p50,
    p95: product.p95,
    p99: product.p99,
    floor: floor.rate,
    ratio,
    aim: aim === undefined ? undefined : `ratio >= ${aim}`,
    met: aim === undefined ? undefined : ratio >= aim,
    note: [note, product.bad + floor.bad > 0 ? `${product.bad} and ${floor.bad} bad answers` : '']
      .filter(Boolean)
      .join('; '),
  };
}

/** What one request of a route asked of the database, from its `Server-Timing` field. */
export async function sqlOf(target: Target): Promise<string> {
  const answer = await fetch(target.url, {
    headers: target.headers,
    method: target.method,
    body: target.body ? JSON.stringify(target.body) : undefined,
  });
  await answer.arrayBuffer();
  return /desc="([^"]+)"/.exec(answer.headers.get('server-timing') ?? '')?.[1] ?? 'no SQL';
}

/** Health, a list of 20 products, one product: each beside the floor. */
export async function reads({ product, floor }: Environment, world: World, seconds: number): Promise<Measure[]> {
  const api = `${product.url}/api/v1`;
  const list = { url: `${api}/products?limit=20`, headers: world.owner };
  const one = { url: `${api}/products/${world.productId}`, headers: world.owner };
  return [
    measure(
      'health',
      await compare({ url: `${product.url}/health/live` }, { url: `${floor.url}/health` }, seconds),
      undefined,
      'no database on either side',
    ),
    measure(
      'list 20 products, authorised',
      await compare(list, { url: `${floor.url}/products/${world.tenantId}` }, seconds),
      0.6,
      await sqlOf(list),
    ),
    measure(
      'product by id, authorised',
      await compare(one, { url: `${floor.url}/products/${world.tenantId}/${world.productId}` }, seconds),
      0.6,
      await sqlOf(one),
    ),
  ];
}

/** Sign-in beside the floor's bare verification of a password. */
export async function login({ product, floor }: Environment, world: World, seconds: number): Promise<Measure[]> {
  return [await logins(product.url, floor.url, world, seconds * 40)];
}

const AT_ONCE = 8;

/** Sign-in of twelve people, eight at a time: on both sides the cost of one argon2id verification should be what counts. */
async function logins(product: string, floor: string, { agent, accounts }: World, count: number): Promise<Measure> {
  const task = (url: string) => (_: unknown, n: number) => () =>
    exchange(agent, { url, body: { email: accounts[n % accounts.length], password: PASSWORD } });
  const rounds: { product: Load; floor: Load }[] = [];
  for (let i = 0; i < ROUNDS; i++) {
    rounds.push({
      product: await drive(Array.from({ length: count }, task(`${product}/api/v1/auth/login`)), AT_ONCE),
      floor: await drive(Array.from({ length: count }, task(`${floor}/login`)), AT_ONCE),
    });
  }
  const median = (pick: (round: (typeof rounds)[number]) => Load): Load =>
    rounds.map(pick).sort((a, b) => a.rate - b.rate)[1];
  return measure(
    'login (argon2id), 8 at once',
    { product: median((round) => round.product), floor: median((round) => round.floor) },
    0.9,
    await sqlOf({
      url: `${product}/api/v1/auth/login`,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: { email: accounts[0], password: PASSWORD },
    }),
  );
}
