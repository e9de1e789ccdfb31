import { createPrivateKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { Client } from 'pg';
import { AuditSealed } from '../../src/access/audit/contracts/audit-events';
import { newId } from '../../src/kernel/ids/ids';
import { expectStatus, TestClient, type Answer } from '../support/client';
import { eventually } from '../support/eventually';
import { openCompany } from '../support/company';
import { apiDocument, operations, sample, type Operation } from '../support/openapi';
import type { TestServer } from '../support/server';
import {
  checkOut,
  fillCart,
  openShop,
  signUp,
  startedImport,
  stock,
  type Login,
  type Placed,
  type Shop,
} from '../support/shop';
import { uploaded } from '../support/upload';
import { totpCode } from '../support/totp';
import { tenantChecksums, tenantTables } from '../support/tenant-archive';

/** What belongs to the victim: ids by the collection they live in, values by the name of a property, and words to look for. */
interface Loot {
  byCollection: Map<string, string>;
  byName: Map<string, unknown>;
  /** Values for parameters of lists alone. */
  byQuery: Map<string, unknown>;
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
  /** Everything of the victim that the attacker put into a call. */
  named: Set<string>;
  /** Tables of the victim whose rows changed. */
  changed: string[];
  /** Operations whose path holds a parameter that no id of the victim fits. */
  unnamed: string[];
  /** Operations that the attacker could use on its own shop while naming the victim's: the calls did reach the product. */
  worked: string[];
}

/** Rows that time alone moves: timers of the victim fire and are set again, and the trail tells of it. */
const MOVING =
  /^(?:kernel\.deliveries|audit\.(?:entries|seals|batches|unsealed|subject_keys)|ledger\.(?:seals|heads|unsealed|day_totals))$/;
/** The trail is sealed as it grows, and says so. */
const LASTING = { 'kernel.events': `type <> '${AuditSealed.type}'` };
/** What others than Mainstay itself and the payment provider did, as the victim's trail tells it; refusals are told as well. */
const DEEDS = `select id, action || ' ' || actor_kind as deed from audit.entries
  where tenant_id = $1 and result = 'ok' and actor_kind <> 'system' and action <> 'ReceiveWebhook'`;

/** Entries that stood in the trail before, as they were written; sealing changes none of it. */
const WRITTEN = `select md5(string_agg(md5(row(id, at, action, actor_kind, actor_id, on_behalf_of, session_id, target, target_id, result, reason,
    request_id, diff_masked, pii_enc, steps, continues, repeats)::text), '' order by id)) as sum
  from audit.entries where tenant_id = $1 and id = any($2::uuid[])`;
/** New entries that name one of the victim's people as actor: somebody acted under a foreign name. */
const BORROWED = `select action || ' ' || result as deed from audit.entries
  where tenant_id = $1 and not id = any($2::uuid[]) and actor_id = any($3::uuid[])`;

/** What the document's public operations show on purpose. */
const SHOWS_ALL: Record<string, string> = {
  listDevMailbox:
    'the mailbox of development shows the mail of all shops, as a mail server would; absent in production',
};

/**
 * Calls every operation of the API document with another tenant's ids in path, query and body, and with no token, a
 * forged, an expired and a foreign one. Nothing may answer 2xx with something of the victim, nothing 5xx, and no row
 * of the victim may change.
 * @param tamper changes the database once both shops have traded (row-level security off, say)
 * @param tokens also with no token and with bad ones, which is about the guard and not about the walls
 */
export async function fuzzAcrossTenants(
  server: TestServer,
  { tamper, tokens = false }: { tamper?: (admin: Client) => Promise<void>; tokens?: boolean } = {},
): Promise<FuzzReport> {
  const document = apiDocument();
  // Signing out ends the attacker's own session: last.
  const all = operations(document).sort(
    (a, b) => Number(a.id.startsWith('logout')) - Number(b.id.startsWith('logout')),
  );
  const admin = new Client({ connectionString: server.database.superuserUrl });
  await admin.connect();
  try {
    const [attacker, victim] = await Promise.all([openShop(server.url, 'Attacker'), openShop(server.url, 'Victim')]);
    const loot = await fill(victim, admin);
    const callers = (await variants(attacker, victim)).filter(({ token }) => tokens || token !== 'bad');
    await quiet(admin, victim.id);
    // Operators alone see deliveries, so that no list of the victim's tells an id: a timer that is still to come.
    const timer = await admin.query<{ id: string }>('select id from kernel.deliveries where tenant_id = $1 limit 1', [
      victim.id,
    ]);
    loot.byCollection.set('deliveries', timer.rows[0].id);
    const connection = await liveConnection(admin, victim);
    for (const collection of ['connections', 'all']) loot.byCollection.set(collection, connection);
    await tamper?.(admin);
    const tables = (await tenantTables(admin)).filter((table) => !MOVING.test(table));
    const deeds = async () => (await admin.query<{ id: string; deed: string }>(DEEDS, [victim.id])).rows;
    const known = new Set((await deeds()).map(({ id }) => id));
    const stood = (
      await admin.query<{ id: string }>('select id from audit.entries where tenant_id = $1', [victim.id])
    ).rows.map(({ id }) => id);
    const written = async () => (await admin.query<{ sum: string }>(WRITTEN, [victim.id, stood])).rows[0].sum;
    const trail = await written();
    const people = await admin.query<{ id: string }>(
      `select user_id as id from organizations.members where tenant_id = $1`,
      [victim.id],
    );
    const before = await tenantChecksums(server.database.superuserUrl, victim.id, tables, LASTING);
    const report: FuzzReport = {
      operations: all.length,
      calls: 0,
      findings: [],
      named: new Set(),
      changed: [],
      unnamed: [],
      worked: [],
    };
    for (const operation of all)
      await Promise.all(callers.map((variant) => probe(report, document, operation, variant, loot)));
    await quiet(admin, victim.id);
    const after = await tenantChecksums(server.database.superuserUrl, victim.id, tables, LASTING);
    report.changed = tables.filter((table) => before[table] !== after[table]);
    if ((await written()) !== trail) report.changed.push('audit.entries: one that stood there');
    const borrowed = [victim.id, stood, people.rows.map(({ id }) => id)];
    for (const { deed } of (await admin.query<{ deed: string }>(BORROWED, borrowed)).rows)
      report.changed.push(`audit.entries as one of the victim's people: ${deed}`);
    for (const { id, deed } of await deeds()) if (!known.has(id)) report.changed.push(`audit.entries: ${deed}`);
    return report;
  } finally {
    await admin.end();
  }
}

/** Waits until nothing of a tenant is left to do now. */
const quiet = (admin: Client, tenantId: string): Promise<boolean> =>
  eventually(
    async () => {
      const left = await admin.query(
        `select name from kernel.deliveries where tenant_id = $1 and kind <> 'timer' and state <> 'dead'`,
        [tenantId],
      );
      if (left.rows.length > 0) throw new Error(`still to do: ${JSON.stringify(left.rows)}`);
      return true;
    },
    { timeoutMs: 30_000 },
  );

/** Operations that show a shop what its own members did: what they named in their calls is told; all else of the victim is a leak. */
const TELLS_WHAT_WAS_NAMED = /AuditLogs?$|^(?:report|export\w+Report)/;

interface Variant {
  name: string;
  client: TestClient;
  /** The caller must be refused on every secured operation, whatever it names. */
  refused: boolean;
  /** Its token is good. */
  signedIn?: boolean;
  token?: 'bad';
  /** May do everything in a shop of its own, and names the victim's things in the path alone. */
  inPathAlone?: boolean;
}

async function variants(attacker: Shop, victim: Shop): Promise<Variant[]> {
  const base = new TestClient(attacker.url);
  const expired = await expiredToken(attacker);
  const token = attacker.owner.accessToken;
  const shopper = await signUp(attacker.asGuest, {
    email: `shopper-${newId().slice(-10)}@example.com`,
    name: 'Mallory',
  });
  return [
    { name: 'own token, foreign ids', client: base.as({ token }), refused: false, signedIn: true },
    {
      name: 'own token, foreign id in the path',
      client: base.as({ token }),
      refused: false,
      signedIn: true,
      inPathAlone: true,
    },
    {
      name: 'customer of own shop, foreign ids',
      client: base.as({ token: shopper.accessToken }),
      refused: false,
      signedIn: true,
    },
    { name: 'own token, foreign shop', client: base.as({ token, tenant: victim.slug }), refused: true, signedIn: true },
    { name: 'guest of own shop, foreign ids', client: base.as({ tenant: attacker.slug }), refused: true },
    { name: 'no token', client: base, refused: true, token: 'bad' },
    {
      name: 'forged token',
      client: base.as({ token: forge(token), tenant: attacker.slug }),
      refused: true,
      token: 'bad',
    },
    { name: 'token without signature', client: base.as({ token: unsigned(token) }), refused: true, token: 'bad' },
    { name: 'expired token', client: base.as({ token: expired }), refused: true, token: 'bad' },
  ];
}

/** A request of an operation with everything in it that can name the victim. */
function request(document: ReturnType<typeof apiDocument>, operation: Operation, loot: Loot, inPathAlone = false) {
  const used: unknown[] = [];
  const take = (value: unknown): unknown => {
    if (value !== undefined) used.push(value);
    return value;
  };
  const known = (name: string): unknown =>
    inPathAlone && name !== 'advanceSeconds'
      ? undefined
      : take(loot.byName.get(name) ?? loot.byName.get(name.replace(/Ids$/, 'Id')));
  let named = 0;
  const parameters = [...operation.path.matchAll(/\{(\w+)\}/g)];
  const at = operation.path.replace(/\{(\w+)\}/g, (_match, name: string, offset: number) => {
    const collection = operation.path.slice(0, offset).split('/').filter(Boolean).pop()!;
    const id = (name.toLowerCase().endsWith('id') && loot.byCollection.get(collection)) || loot.byName.get(name);
    if (id !== undefined) named += 1;
    return encodeURIComponent(String(take(id ?? newId())));
  });
  const query = new URLSearchParams();
  for (const parameter of operation.parameters.filter((p) => p.in === 'query')) {
    const required = (): unknown =>
      parameter.required ? (parameter.example ?? sample(document, parameter.schema, known, parameter.name)) : undefined;
    const value =
      take(inPathAlone ? undefined : loot.byQuery.get(parameter.name)) ?? known(parameter.name) ?? required();
    if (value !== undefined) query.set(parameter.name, String(value));
  }
  const type = operation.contentType;
  const body =
    operation.body && (/json/.test(type ?? '') ? sample(document, operation.body, known) : operation.body.example);
  return {
    path: `${at.startsWith('/api/') ? at : `/${at}`}${query.size > 0 ? `?${query.toString()}` : ''}`,
    body,
    headers: body !== undefined && type ? { 'content-type': type } : undefined,
    /** The path names something of the victim. */
    foreign: parameters.length > 0 && named === parameters.length,
    unnamed: named < parameters.length,
    used: used.map(String),
  };
}

async function probe(
  report: FuzzReport,
  document: ReturnType<typeof apiDocument>,
  operation: Operation,
  variant: Variant,
  loot: Loot,
): Promise<void> {
  const asked = request(document, operation, loot, variant.inPathAlone);
  const { path, body, headers } = asked;
  const name = `${operation.method} ${operation.path}`;
  report.calls += 1;
  let answer: Answer;
  try {
    answer = await variant.client.call(operation.method, path, body, { key: newId(), headers });
  } catch (error) {
    report.findings.push({ operation: name, variant: variant.name, status: 0, what: `broken off: ${String(error)}` });
    return;
  }
  const found = (what: string): number =>
    report.findings.push({
      operation: name,
      variant: variant.name,
      status: answer.status,
      what: `${what}: ${answer.text.slice(0, 300)}`,
    });
  const good = answer.status >= 200 && answer.status < 300;
  if (answer.status >= 500) found('5xx');
  if (answer.status === 429) found('the call was not judged');
  if (operation.secured && variant.refused && answer.status < 400) found('a caller that must be refused was let in');
  if (asked.foreign && good) found('2xx for an id of another tenant in the path');
  const operatorOnly = Array.isArray(operation.permission) && operation.permission.includes('operator');
  if (operatorOnly && answer.status !== (variant.signedIn ? 403 : 401)) found('an operation of operators alone');
  if (variant.inPathAlone) {
    if (asked.unnamed) report.unnamed.push(operation.id);
    if (good) report.worked.push(operation.id);
    // The owner may do it to things of its own: only whose it is stands in the way.
    else if (asked.foreign && operation.secured && !operatorOnly && answer.status !== 404)
      found('not answered as something that is not there');
  }
  const echoed = (canary: string): boolean => asked.used.some((value) => value.includes(canary));
  for (const value of asked.used) report.named.add(value);
  const named = (canary: string): boolean =>
    TELLS_WHAT_WAS_NAMED.test(operation.id) && [...report.named].some((value) => value.includes(canary));
  const leaked = loot.canaries.find((canary) => answer.text.includes(canary) && !echoed(canary) && !named(canary));
  if (leaked && !(operation.id in SHOWS_ALL)) found(`the answer holds the other tenant's ${leaked}`);
}

const RECOVERIES = 'select id from identity.factor_recoveries where user_id = $1';

/** The owner gets an authenticator app, and somebody asks to recover the account. */
async function secondFactorOf(victim: Shop) {
  const { secret } = expectStatus(await victim.asOwner.post<{ secret: string }>('/auth/mfa/totp', {}), 201);
  const now = (await victim.asOwner.post<{ now: string }>('/dev/clock', { advanceSeconds: 0 })).body.now;
  const code = totpCode(secret, Date.parse(now));
  const added = await victim.asOwner.post<{ factorId: string }>('/auth/mfa/totp/confirm', { code });
  const { email } = victim.owner.user;
  const anyone = new TestClient(victim.url);
  const asked = await anyone.post<{ mfaToken: string }>('/auth/login', { email, password: victim.owner.password });
  expectStatus(await anyone.post('/auth/mfa/recovery', { mfaToken: expectStatus(asked, 200).mfaToken }), 200);
  const recoveryId = ({ rows }: { rows: { id: string }[] }): string => rows[0].id;
  return { id: expectStatus(added, 200).factorId, recoveryId };
}

/** Gives the victim rows of every kind through the API, and notes what an attacker could name. */
async function fill(victim: Shop, admin: Client): Promise<Loot> {
  const mark = newId().slice(-10);
  const thing = await stock(victim, { name: `Canary product ${mark}`, sku: `CANARY-${mark}` });
  const category = expectStatus(
    await victim.asOwner.post<{ id: string }>('/categories', { name: `Canary shelf ${mark}` }),
    201,
  );
  const guest = victim.asGuest;
  const email = `canary-${mark}@example.com`;
  const buy = async (token: string) =>
    expectStatus<Placed>(
      await checkOut(guest, await fillCart(guest, [{ sku: thing.sku, quantity: 1 }]), token, newId(), email),
      201,
    );
  const placed = await buy('success');
  const waiting = await buy('declined');
  await buy('disputed');
  const credited = await buy('success');
  expectStatus(await victim.asOwner.get(`/orders/${credited.order.id}/invoice.pdf`), 200);
  expectStatus(await victim.asOwner.post(`/orders/${credited.order.id}/cancel`, {}, { key: newId() }), 200);
  const cartId = await fillCart(guest, [{ sku: thing.sku, quantity: 1 }]);
  const cart = expectStatus(await guest.get<{ lines: { id: string }[] }>(`/carts/${cartId}`), 200);
  const one = async (table: string, where = 'true'): Promise<string> =>
    (
      await admin.query<{ id: string }>(`select id from ${table} where tenant_id = $1 and ${where} limit 1`, [
        victim.id,
      ])
    ).rows[0].id;
  expectStatus(await victim.asOwner.post(`/orders/${placed.order.id}/shipments`, {}, { key: newId() }), 201);
  const shipmentId = await one('orders.shipments');
  const returned = expectStatus(
    await victim.asOwner.post<{ id: string }>(
      '/returns',
      { orderId: placed.order.id, lines: [{ lineId: placed.order.lines[0].id, quantity: 1, reason: 'Broken' }] },
      { key: newId() },
    ),
    201,
  );
  const paidBack = { paymentId: placed.payment.id, amount: 1 };
  const refund = expectStatus(await victim.asOwner.post<{ id: string }>('/refunds', paidBack, { key: newId() }), 201);
  const creditNoteId = await eventually(() => one('orders.credit_notes').catch(() => undefined));
  const customerId = await one('customers.customers');
  const gatewayId = await one('payments.gateways');
  const webhookEventId = await eventually(() => one('payments.provider_events').catch(() => undefined));
  const disputeId = await eventually(() => one('payments.disputes').catch(() => undefined));
  const hour = { from: new Date(Date.now() - 3_600_000).toISOString(), to: new Date(Date.now() - 1).toISOString() };
  const reconciliation = expectStatus(
    await victim.asOwner.post<{ id: string }>('/reconciliations', { gatewayId, ...hour }, { key: newId() }),
    202,
  );
  const kept = { type: 'sandbox', token: 'success', consent: `Canary consent ${mark}`, consented: true };
  const method = expectStatus(
    await victim.asOwner.post<{ id: string }>('/payment-methods', kept, { key: newId() }),
    201,
  );
  const payoutId = newId();
  await admin.query(
    `insert into payments.settlement_entries (tenant_id, id, gateway_id, provider_entry_id, type, amount, fee, currency, at)
     values ($1, $2, $3, 'canary', 'payout', -1, 0, 'EUR', now())`,
    [victim.id, payoutId, gatewayId],
  );
  const rowId = await eventually(() => one('payments.reconciliation_rows').catch(() => undefined));
  const locationId = await one('inventory.locations');
  const annex = expectStatus(
    await victim.asOwner.post<{ id: string }>('/inventory/locations', {
      code: `annex-${mark}`,
      name: `Canary annex ${mark}`,
    }),
    201,
  );
  const transfer = expectStatus(
    await victim.asOwner.post<{ id: string; lines: { id: string }[] }>(
      '/inventory/transfers',
      { fromLocationId: locationId, toLocationId: annex.id, lines: [{ sku: thing.sku, quantity: 1 }] },
      { key: newId() },
    ),
    201,
  );
  const apart = { sku: thing.sku, quantity: 1, from: 'available', to: 'quarantine', reason: `Canary state ${mark}` };
  expectStatus(await victim.asOwner.post('/inventory/state-changes', { lines: [apart] }, { key: newId() }), 201);
  const numbered = await stock(victim, { name: `Canary piece ${mark}`, sku: `CANARY-SN-${mark}`, quantity: 1 });
  const tracked = { items: [{ sku: numbered.sku, serials: true, warrantyMonths: 24 }] };
  expectStatus(await victim.asOwner.call('PUT', '/inventory/items', tracked), 200);
  const stockCount = expectStatus(
    await victim.asOwner.post<{ id: string }>(
      '/inventory/counts',
      { skus: [thing.sku], note: `Canary count ${mark}` },
      { key: newId() },
    ),
    201,
  );
  const low = { lines: [{ sku: thing.sku, reorderLevel: 1_000_000 }] };
  expectStatus(await victim.asOwner.call('PUT', '/inventory/thresholds', low), 200);
  const memberId = await one('organizations.members');
  const lines = ['debit', 'credit'].map((side, i) => ({
    account: ['1000', '3900'][i],
    side,
    amount: { amount: 5, currency: 'EUR' },
  }));
  const journal = expectStatus(
    await victim.asOwner.post<{ id: string }>(
      '/ledger/journals',
      { description: `Canary journal ${mark}`, lines },
      { key: newId() },
    ),
    201,
  );
  const reportSchedule = expectStatus(
    await victim.asOwner.post<{ id: string }>('/finance/report-schedules', {
      report: 'tax',
      format: 'csv',
      every: 'year',
      recipients: [`books-${mark}@example.com`],
      enabled: false,
    }),
    201,
  );
  const given = { amount: { amount: 5, currency: 'EUR' } };
  const card = expectStatus(
    await victim.asOwner.post<{ giftCard: { id: string } }>(
      '/gift-cards',
      { ...given, origin: 'given', note: `Canary card ${mark}` },
      { key: newId() },
    ),
    201,
  );
  const storeCredit = expectStatus(
    await victim.asOwner.post<{ id: string }>('/store-credits', { ...given, customerId }, { key: newId() }),
    201,
  );
  const team = expectStatus(await victim.asOwner.post<{ id: string }>('/teams', { name: `Canary team ${mark}` }), 201);
  expectStatus(await victim.asOwner.call('PUT', `/teams/${team.id}/members/${memberId}`), 204);
  const [signedIn] = (
    await admin.query<{ session: string; device: string }>(
      'select id as session, device_id as device from identity.sessions where user_id = $1 limit 1',
      [victim.owner.user.id],
    )
  ).rows;
  const role = expectStatus(
    await victim.asOwner.post<{ id: string }>('/roles', { name: `Canary role ${mark}`, permissions: ['orders:read'] }),
    201,
  );
  const grant = expectStatus(
    await victim.asOwner.post<{ id: string }>('/grants', {
      subject: { type: 'user', id: victim.owner.user.id },
      permission: 'orders:read',
      effect: 'allow',
      reason: `Canary ${mark}`,
    }),
    201,
  );
  const key = expectStatus(
    await victim.asOwner.post<{ id: string }>('/api-keys', { name: `Canary key ${mark}`, scopes: ['products:read'] }),
    201,
  );
  const invitation = expectStatus(
    await victim.asOwner.post<{ id: string }>('/invitations', { email: `invited-${mark}@example.com`, role: 'staff' }),
    201,
  );
  const domain = expectStatus(
    await victim.asOwner.post<{ id: string }>('/branding/domains', { host: `canary-${mark}.example.com` }),
    201,
  );
  const coupon = expectStatus(
    await victim.asOwner.post<{ id: string }>('/coupons', {
      name: `Canary coupon ${mark}`,
      code: `CANARY-${mark}`,
      kind: 'percentage',
      basisPoints: 100,
    }),
    201,
  );
  expectStatus(await guest.post(`/carts/${cartId}/coupons`, { code: `CANARY-${mark}` }), 201);
  // From here on the payments of the victim's guests wait for a review.
  const rule = expectStatus(
    await victim.asOwner.post<{ id: string }>('/fraud/rules', {
      name: `Canary rule ${mark}`,
      mode: 'live',
      condition: { signal: 'shopper.guest', op: 'eq', value: true },
      decision: 'review',
    }),
    201,
  );
  const listed = expectStatus(
    await victim.asOwner.post<{ id: string }>('/fraud/list-entries', {
      list: 'disposable',
      kind: 'domain',
      value: `canary-${mark}.example.com`,
    }),
    201,
  );
  // Training one needs a history of payments.
  const model = await admin.query<{ id: string }>(
    `insert into fraud.models (tenant_id, id, version, state, created_at) values ($1, gen_random_uuid(), 1, 'failed', now()) returning id`,
    [victim.id],
  );
  await buy('success');
  const reviewId = await eventually(() => one('fraud.reviews').catch(() => undefined));
  const shippingMethod = expectStatus(
    await victim.asOwner.post<{ id: string }>('/shipping-methods', {
      name: `Canary parcel ${mark}`,
      currency: 'EUR',
      rateBy: 'weight',
      zones: [{ countries: [], rates: [{ from: 0, price: 1 }] }],
    }),
    201,
  );
  const supplier = expectStatus(
    await victim.asOwner.post<{ id: string }>('/suppliers', { name: `Canary supplier ${mark}`, currency: 'EUR' }),
    201,
  );
  const purchase = expectStatus(
    await victim.asOwner.post<{ id: string }>(
      '/purchase-orders',
      { supplierId: supplier.id, lines: [{ sku: thing.sku, quantity: 5, unitCost: 1 }] },
      { key: newId() },
    ),
    201,
  );
  expectStatus(await victim.asOwner.post(`/purchase-orders/${purchase.id}/order`, {}, { key: newId() }), 200);
  const company = await openCompany(victim, `Canary ${mark}`);
  const group = expectStatus(
    await victim.asOwner.post<{ id: string }>('/customer-groups', { name: `Canary group ${mark}` }),
    201,
  );
  const attribute = expectStatus(
    await victim.asOwner.post<{ id: string }>('/product-attributes', {
      code: `c_${mark}`,
      name: `Canary attribute ${mark}`,
      type: 'text',
    }),
    201,
  );
  const { handle } = expectStatus(await victim.asOwner.get<{ handle: string }>(`/products/${thing.productId}`), 200);
  const priceList = expectStatus(
    await victim.asOwner.post<{ id: string }>('/price-lists', { name: `Canary prices ${mark}`, currency: 'EUR' }),
    201,
  );
  const device = { provider: 'fcm', value: `canary-device-token-${mark}`, deviceName: `Canary phone ${mark}` };
  const pushToken = expectStatus(await victim.asOwner.call<{ id: string }>('PUT', '/push-tokens', device), 200);
  const importId = await startedImport(victim.asOwner, `sku,name,price,currency\nC-${mark},Canary import,1.00,EUR\n`);
  const columns = { sku: 'sku', name: 'name', price: 'price', currency: 'currency' };
  const importProfile = expectStatus(
    await victim.asOwner.post<{ id: string }>('/import-profiles', {
      name: `canary-${mark}`,
      mapping: { sheets: [{ entity: 'products', file: 'list.csv', columns }] },
    }),
    201,
  );
  const room = expectStatus(
    await victim.asOwner.post<{ id: string }>('/chat/rooms', {
      type: 'group',
      name: `Canary room ${mark}`,
      memberIds: [],
    }),
    201,
  );
  const said = expectStatus(
    await victim.asOwner.post<{ messageId: string }>(`/chat/rooms/${room.id}/messages`, {
      clientMessageId: newId(),
      body: `Canary message ${mark}`,
    }),
    201,
  );
  const factor = await secondFactorOf(victim);
  const offer = {
    email: `offered-${mark}@example.com`,
    shippingAddress: { name: `Canary ${mark}`, line1: 'Quay 7', city: 'Porto', postalCode: '4000-001', country: 'PT' },
    lines: [{ sku: thing.sku, quantity: 1 }],
  };
  const quote = expectStatus(await victim.asOwner.post<{ id: string }>('/quotes', offer), 201);
  const fileId = await uploaded(victim.asOwner, `Canary bytes ${mark}`, `canary-${mark}.txt`);
  const batch = expectStatus(
    await victim.asOwner.post<{ id: string }>('/notifications', {
      segment: { roles: ['owner'] },
      template: 'notice',
      data: { title: `Canary notice ${mark}`, body: mark },
    }),
    201,
  );
  const barred = { channel: 'email', address: `barred-${mark}@example.com`, note: mark };
  expectStatus(await victim.asOwner.post('/suppressions', barred), 201);
  const campaign = expectStatus(
    await victim.asOwner.post<{ id: string }>('/campaigns', {
      name: `Canary campaign ${mark}`,
      audience: { roles: ['owner'] },
      template: 'notice',
      data: { title: `Canary news ${mark}`, body: 'Hear!' },
    }),
    201,
  );
  const messageId = await one('notifications.messages');
  const upload = await victim.asOwner.post('/files/uploads', undefined, {
    headers: {
      'tus-resumable': '1.0.0',
      'upload-length': '99',
      'upload-metadata': `filename ${btoa(`canary-${mark}.txt`)}`,
    },
  });
  const letter = { subject: `Canary ${mark}`, text: mark, body: `<mj-text>${mark}</mj-text>` };
  expectStatus(await victim.asOwner.post('/templates', { name: `canary-${mark}`, source: letter }), 201);
  const byCollection = new Map([
    ['uploads', upload.headers.get('location')!.split('/').pop()!],
    ['files', fileId],
    ...Object.entries(company.ids),
    ['notification-batches', batch.id],
    ['notifications', await one('notifications.notifications')],
    ['deliveries', messageId],
    ['campaigns', campaign.id],
    ['suppressions', await one('notifications.suppressions')],
    ['credit-notes', creditNoteId],
    ['mfa', factor.id],
    ['factor-recoveries', factor.recoveryId(await admin.query(RECOVERIES, [victim.owner.user.id]))],
    ['api-keys', key.id],
    ['organizations', victim.id],
    ['invitations', invitation.id],
    ['domains', domain.id],
    ['sessions', signedIn.session],
    ['devices', signedIn.device],
    ['teams', team.id],
    ['carts', cartId],
    ['coupons', coupon.id],
    ['shipping-methods', shippingMethod.id],
    ['suppliers', supplier.id],
    ['purchase-orders', purchase.id],
    ['lines', cart.lines[0].id],
    ['orders', waiting.order.id],
    ['shipments', shipmentId],
    ['returns', returned.id],
    ['quotes', quote.id],
    ['refunds', refund.id],
    ['payment-methods', method.id],
    ['payouts', payoutId],
    ['disputes', disputeId],
    ['reconciliations', reconciliation.id],
    ['rows', rowId],
    ['payment-gateways', gatewayId],
    ['events', await one('payments.provider_events')],
    ['payments', placed.payment.id],
    ['payment-gateways', gatewayId],
    ['events', webhookEventId],
    ['products', thing.productId],
    ['categories', category.id],
    ['customers', customerId],
    ['customer-groups', group.id],
    ['price-lists', priceList.id],
    ['product-imports', importId],
    ['push-tokens', pushToken.id],
    ['import-profiles', importProfile.id],
    ['product-attributes', attribute.id],
    ['members', memberId],
    ['users', victim.owner.user.id],
    ['roles', role.id],
    ['grants', grant.id],
    ['locations', locationId],
    ['journals', journal.id],
    ['suspense', journal.id],
    ['report-schedules', reportSchedule.id],
    ['gift-cards', card.giftCard.id],
    ['store-credits', storeCredit.id],
    ['lots', await one('inventory.stock_lots')],
    ['alerts', await one('inventory.stock_alerts')],
    ['rules', rule.id],
    ['list-entries', listed.id],
    ['assessments', await one('fraud.assessments')],
    ['reviews', reviewId],
    ['models', model.rows[0].id],
    ['transfers', transfer.id],
    ['counts', stockCount.id],
    ['serials', await one('inventory.serials')],
    ['rooms', room.id],
    ['messages', said.messageId],
  ]);
  return {
    byCollection,
    byName: new Map<string, unknown>([
      ['sku', thing.sku],
      ['handle', handle],
      ['templateName', `canary-${mark}`],
      ['productIds', thing.productId],
      ['productId', thing.productId],
      ['categoryId', category.id],
      ['parentId', category.id],
      ['customerId', customerId],
      ['mergedId', customerId],
      ['customerGroupId', group.id],
      ['groupId', group.id],
      ['locationId', locationId],
      ['fromLocationId', locationId],
      ['toLocationId', annex.id],
      ['memberId', memberId],
      ['gatewayId', gatewayId],
      ['provider', 'sandbox'],
      ['couponId', coupon.id],
      ['methodId', shippingMethod.id],
      ['supplierId', supplier.id],
      ['orderId', waiting.order.id],
      ['payableId', placed.order.id],
      ['paymentId', placed.payment.id],
      ['cartId', cartId],
      ['organizationId', victim.id],
      ['messageId', messageId],
      ['tenantId', victim.id],
      ['userId', victim.owner.user.id],
      // Moving time would end the attacker's own session.
      ['advanceSeconds', 0],
    ]),
    byQuery: new Map<string, unknown>([
      ['email', email],
      ['number', placed.order.number],
      ['actorId', victim.owner.user.id],
      ['q', mark],
      ['handle', handle],
    ]),
    canaries: [
      mark,
      placed.order.id,
      placed.payment.id,
      gatewayId,
      victim.owner.user.id,
      victim.id,
      ...byCollection.values(),
    ],
  };
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
  expectStatus(await shop.asOwner.post('/dev/clock', { advanceSeconds: -3_600 }), 200);
  const anyone = new TestClient(shop.url);
  const { email } = shop.owner.user;
  const login = await anyone.post<Login>('/auth/login', { email, password: shop.owner.password });
  const token = expectStatus(login, 200).accessToken;
  expectStatus(await anyone.get('/auth/profile', { token }), 200);
  expectStatus(await anyone.post('/dev/clock', { advanceSeconds: 3_600 }, { token }), 200);
  return token;
}

/** Somebody of the victim's is connected by socket, to a process that does not end while the walk lasts. */
async function liveConnection(admin: Client, victim: Shop): Promise<string> {
  const [node, id] = [newId(), newId()];
  await admin.query(
    `insert into realtime.nodes (id, started_at, seen_at, host) values ($1, now(), now() + interval '1 hour', 'elsewhere')`,
    [node],
  );
  await admin.query(
    `insert into realtime.connections (tenant_id, id, node_id, user_id, session_id, person, away, address, connected_at)
     values ($1, $2, $3, $4, $5, true, false, '192.0.2.1', now())`,
    [victim.id, id, node, victim.owner.user.id, newId()],
  );
  return id;
}
