import { createPrivateKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { Client } from 'pg';
import { newId } from '../../src/kernel/ids/ids';
import { TestClient } from '../support/client';
import { apiDocument, operations, sample, type Operation } from '../support/openapi';
import type { TestServer } from '../support/server';
import { checkOut, fillCart, openShop, stock, type Shop } from '../support/shop';
import { tenantChecksums, tenantTables } from '../support/tenant-archive';

/** What belongs to the victim: ids by the collection they live in, values by the name of a property, and words to look for. */
interface Loot {
  byCollection: Map<string, string[]>;
  byName: Map<string, unknown>;
  canaries: string[];
}

export interface Finding {
  operation: string;
  variant: string;
  status: number;
  what: string;
}

export interface FuzzReport {
  operations: number;
  calls: number;
  findings: Finding[];
  /** Tables of the victim whose rows changed. */
  changed: string[];
}

/** Tables that time alone moves: deliveries are worked off, sessions are seen. */
const MOVING =
  /^(kernel\.(deliveries|events|idempotency_keys)|audit\.|payments\.(provider_events|attempts)|notifications\.)/;

/**
 * Calls every operation of the API document with another tenant's ids in path, query and body, and with no token, a
 * forged, an expired and a foreign one. Nothing may answer 2xx with something of the victim, nothing 5xx, and no row
 * of the victim may change.
 */
export async function fuzzAcrossTenants(server: TestServer): Promise<FuzzReport> {
  const document = apiDocument();
  const all = operations(document);
  const attacker = await openShop(server.url, 'Attacker');
  const victim = await openShop(server.url, 'Victim');
  const loot = await fill(victim, all);
  const admin = new Client({ connectionString: server.database.superuserUrl });
  await admin.connect();
  const tables = (await tenantTables(admin)).filter((table) => !MOVING.test(table));
  await admin.end();
  const before = await tenantChecksums(server.database.superuserUrl, victim.id, tables);
  const report: FuzzReport = { operations: all.length, calls: 0, findings: [], changed: [] };
  const expired = await expiredToken(attacker);
  for (const operation of all) {
    for (const variant of variants(attacker, victim, expired)) await probe(report, document, operation, variant, loot);
  }
  const after = await tenantChecksums(server.database.superuserUrl, victim.id, tables);
  report.changed = tables.filter((table) => before[table] !== after[table]);
  return report;
}

interface Variant {
  name: string;
  client: TestClient;
  /** The caller must be refused on every secured operation, whatever it names. */
  refused: boolean;
}

function variants(attacker: Shop, victim: Shop, expired: string): Variant[] {
  const base = new TestClient(attacker.url);
  const forged = forge(attacker.owner.accessToken);
  return [
    { name: 'own token, foreign ids', client: base.as({ token: attacker.owner.accessToken }), refused: false },
    {
      name: 'own token, foreign shop',
      client: base.as({ token: attacker.owner.accessToken, tenant: victim.slug }),
      refused: true,
    },
    { name: 'guest of own shop, foreign ids', client: base.as({ tenant: attacker.slug }), refused: true },
    { name: 'no token', client: base, refused: true },
    { name: 'forged token', client: base.as({ token: forged, tenant: attacker.slug }), refused: true },
    {
      name: 'token without signature',
      client: base.as({ token: unsigned(attacker.owner.accessToken) }),
      refused: true,
    },
    { name: 'expired token', client: base.as({ token: expired }), refused: true },
  ];
}

async function probe(
  report: FuzzReport,
  document: ReturnType<typeof apiDocument>,
  operation: Operation,
  variant: Variant,
  loot: Loot,
): Promise<void> {
  const used: unknown[] = [];
  const known = (name: string): unknown => {
    const value = loot.byName.get(name) ?? loot.byName.get(name.replace(/Ids$/, 'Id'));
    if (value !== undefined) used.push(value);
    return value;
  };
  let inPath = false;
  const path = operation.path.replace(/\{(\w+)\}/g, (_match, name: string) => {
    const collection = operation.path
      .slice(0, operation.path.indexOf(`{${name}}`))
      .split('/')
      .filter(Boolean)
      .pop()!;
    const id = loot.byCollection.get(collection)?.[0] ?? loot.byName.get(name) ?? newId();
    if (loot.byCollection.has(collection)) inPath = true;
    return encodeURIComponent(String(id));
  });
  const query = new URLSearchParams();
  for (const parameter of operation.parameters.filter((p) => p.in === 'query')) {
    const value =
      known(parameter.name) ??
      (parameter.required
        ? (parameter.example ?? sample(document, parameter.schema, known, parameter.name))
        : undefined);
    if (value !== undefined) query.set(parameter.name, String(value));
  }
  const body =
    operation.body && /json/.test(operation.contentType ?? '') ? sample(document, operation.body, known) : undefined;
  const text = query.size > 0 ? `?${query.toString()}` : '';
  const at = path.startsWith('/api') ? path : `/${path}`;
  const answer = await variant.client.call(operation.method, at + text, body, { key: newId() });
  report.calls += 1;
  const found = (what: string): number =>
    report.findings.push({
      operation: `${operation.method} ${operation.path}`,
      variant: variant.name,
      status: answer.status,
      what,
    });
  if (answer.status >= 500) found(`5xx: ${answer.text.slice(0, 200)}`);
  if (operation.secured && variant.refused && answer.status < 400) found('a caller that must be refused was let in');
  if (inPath && answer.status >= 200 && answer.status < 300) found('2xx for an id of another tenant in the path');
  const leaked = loot.canaries.find((canary) => answer.text.includes(canary) && !used.includes(canary));
  if (leaked && answer.status < 300) found(`the answer holds the other tenant's ${leaked}`);
}

/** Gives the victim rows of every kind through the API, and notes what an attacker could name. */
async function fill(victim: Shop, all: Operation[]): Promise<Loot> {
  const mark = newId().slice(-10);
  const thing = await stock(victim, { name: `Canary product ${mark}`, sku: `CANARY-${mark}` });
  const guest = victim.asGuest;
  const placed = await checkOut(
    guest,
    await fillCart(guest, [{ sku: thing.sku, quantity: 2 }]),
    'success',
    newId(),
    `canary-${mark}@example.com`,
  );
  const waiting = await checkOut(guest, await fillCart(guest, [{ sku: thing.sku, quantity: 1 }]), 'declined');
  const cartId = await fillCart(guest, [{ sku: thing.sku, quantity: 1 }]);
  const loot: Loot = {
    byCollection: new Map([
      ['carts', [cartId]],
      ['orders', [placed.body.order.id, waiting.body.order.id]],
      ['payments', [placed.body.payment.id]],
      ['products', [thing.productId]],
      ['organizations', [victim.id]],
    ]),
    byName: new Map<string, unknown>([
      ['sku', thing.sku],
      ['productId', thing.productId],
      ['orderId', placed.body.order.id],
      ['paymentId', placed.body.payment.id],
      ['cartId', cartId],
      ['organizationId', victim.id],
      ['tenantId', victim.id],
      ['userId', victim.owner.user.id],
    ]),
    canaries: [mark, placed.body.order.id, placed.body.payment.id, thing.productId, cartId],
  };
  // What the victim's own lists show: ids for every collection that has one.
  for (const operation of all.filter((o) => o.method === 'GET' && !o.path.includes('{') && o.secured)) {
    const answer = await victim.asOwner.call(
      'GET',
      operation.path.startsWith('/api') ? operation.path : `/${operation.path}`,
    );
    const rows = (answer.body as { data?: Record<string, unknown>[] }).data;
    if (!Array.isArray(rows)) continue;
    const collection = operation.path.split('/').filter(Boolean).pop()!;
    const ids = rows.map((row) => row.id).filter((id): id is string => typeof id === 'string');
    if (ids.length > 0 && !loot.byCollection.has(collection)) loot.byCollection.set(collection, ids);
    const singular = `${collection.replace(/ies$/, 'y').replace(/s$/, '')}Id`;
    if (ids.length > 0 && !loot.byName.has(singular)) loot.byName.set(singular, ids[0]);
    loot.canaries.push(...ids.slice(0, 5));
  }
  return loot;
}

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const claimsOf = (token: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString()) as Record<string, unknown>;

/** The same claims and header, signed by a key of the attacker's own. */
function forge(token: string): string {
  const { privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  return resign(token, {}, createPrivateKey(privateKey));
}

function resign(token: string, changes: Record<string, unknown>, key: KeyObject): string {
  const [header] = token.split('.');
  const signed = `${header}.${part({ ...claimsOf(token), ...changes })}`;
  return `${signed}.${sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

const unsigned = (token: string): string => `${part({ alg: 'none', typ: 'at+jwt' })}.${token.split('.')[1]}.`;

/** A token that was good once: made while the clock stood an hour earlier. */
async function expiredToken(shop: Shop): Promise<string> {
  await shop.asOwner.post('/dev/clock', { advanceSeconds: -3_600 });
  const login = await new TestClient(shop.url).post<{ accessToken: string }>('/auth/login', {
    email: shop.owner.user.email,
    password: shop.owner.password,
  });
  const owner = login.body.accessToken;
  await shop.asOwner.post('/dev/clock', { advanceSeconds: 3_600 });
  return owner;
}
