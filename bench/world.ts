import type { Agent } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import type { Environment } from './environment';
import { agentOf, exchange, type Exchange, type Target } from './load';

export const EMAIL = 'bench@example.com';
export const PASSWORD = 'correct horse battery staple';
const PRODUCTS = 200;
const ACCOUNTS = 12;

/** A shop to measure with: 200 products of two variants, plenty of stock. */
export interface World {
  agent: Agent;
  url: string;
  tenantId: string;
  slug: string;
  /** Header fields of the signed-in owner, and of a guest. */
  owner: Record<string, string>;
  guest: Record<string, string>;
  productId: string;
  skus: string[];
  /** One that nothing of is in stock. */
  scarceSku: string;
  /** Verified accounts with `PASSWORD`: sign-in is measured over many, since one account's tries at once are limited. */
  accounts: string[];
}

/** Registers an account and follows the link of its mail. */
async function signUp(call: (target: Target) => Promise<Record<string, never>>, email: string): Promise<string> {
  await call({
    url: '/auth/register',
    body: { email, password: PASSWORD, name: 'Bench', organizationName: `Shop of ${email}` },
  });
  for (let i = 0; i < 400; i++) {
    const { data } = await call({ url: `/dev/mailbox?to=${encodeURIComponent(email)}` });
    const token = /\/verify-email\/([\w-]+)/.exec((data as { text: string }[])[0]?.text ?? '')?.[1];
    if (token) {
      await call({ url: `/auth/verify-email/${token}`, method: 'POST' });
      return email;
    }
    await pause(25);
  }
  throw new Error(`No mail came to ${email}.`);
}

const must = (answer: Exchange): Record<string, never> => {
  if (answer.status >= 300) throw new Error(`${answer.status}: ${answer.body.slice(0, 500)}`);
  return JSON.parse(answer.body || '{}') as Record<string, never>;
};

/** Fills the product through its API, and the floor's few tables beside it. */
export async function makeWorld(environment: Environment): Promise<World> {
  const agent = agentOf(20);
  const { url } = environment.product;
  const call = async (target: Target): Promise<Record<string, never>> =>
    must(await exchange(agent, { ...target, url: `${url}/api/v1${target.url}` }));
  const first = await call({ url: '/auth/login', body: { email: EMAIL, password: PASSWORD } });
  const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });
  const shop = await call({ url: '/organizations', headers: bearer(first.accessToken), body: { name: 'Bench shop' } });
  const login = await call({
    url: '/auth/switch',
    headers: bearer(first.accessToken),
    body: { organization: shop.slug },
  });
  const owner = bearer(login.accessToken);
  const skus: string[] = [];
  let productId = '';
  for (let n = 0; n < PRODUCTS; n++) {
    const variants = ['S', 'L'].map((size) => ({
      sku: `B-${n}-${size}`,
      name: size,
      price: { amount: 1_000 + n, currency: 'EUR' },
    }));
    const made = await call({
      url: '/products',
      headers: owner,
      body: { name: `Product ${String(n).padStart(3, '0')}`, description: 'A thing to list.', variants },
    });
    productId ||= made.id;
    skus.push(...variants.map(({ sku }) => sku));
  }
  await call({
    url: '/inventory/receipts',
    headers: { ...owner, 'idempotency-key': 'bench-receipt-0001' },
    body: { lines: skus.slice(0, 100).map((sku) => ({ sku, quantity: 1_000_000 })) },
  });
  await floorTables(environment, skus);
  const accounts: string[] = [];
  for (let n = 0; n < ACCOUNTS; n++) accounts.push(await signUp(call, `login-${n}@example.com`));
  return {
    accounts,
    agent,
    url,
    tenantId: shop.id,
    slug: shop.slug,
    owner,
    guest: { 'x-tenant': shop.slug },
    productId,
    skus: skus.slice(0, 100),
    scarceSku: skus[100],
  };
}

async function floorTables(environment: Environment, skus: string[]): Promise<void> {
  const admin = new Client({ connectionString: superuserUrl(environment) });
  await admin.connect();
  await admin.query(`create schema floor;
    create table floor.stock (sku text primary key, on_hand int not null, reserved int not null default 0);
    create table floor.orders (id uuid primary key, email text not null, status text not null, total bigint not null, at timestamptz not null default now());
    create table floor.lines (id uuid primary key, order_id uuid not null references floor.orders, sku text not null, quantity int not null, price bigint not null);
    create table floor.payments (id uuid primary key, order_id uuid not null references floor.orders, status text not null, amount bigint not null)`);
  await admin.query('insert into floor.stock (sku, on_hand) select unnest($1::text[]), 1000000', [skus]);
  for (const schema of ['catalog', 'inventory', 'identity', 'organizations', 'floor']) {
    const tables = await admin.query<{ name: string }>(
      `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname = $1`,
      [schema],
    );
    for (const { name } of tables.rows) await admin.query(`analyze ${name}`);
  }
  await admin.end();
}

/** The database as a superuser sees it. */
export function superuserUrl(environment: Environment): string {
  const url = new URL(environment.postgres.superuserUrl);
  url.pathname = new URL(environment.postgres.appUrl).pathname;
  return url.href;
}
