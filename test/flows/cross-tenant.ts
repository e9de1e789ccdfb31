import { createPrivateKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { Client } from 'pg';
import { AuditSealed } from '../../src/access/audit/contracts/audit-events';
import { newId } from '../../src/kernel/ids/ids';
import { expectStatus, TestClient, type Answer } from '../support/client';
import { eventually } from '../support/eventually';
import { apiDocument, operations, sample, type Operation } from '../support/openapi';
import type { TestServer } from '../support/server';
import { openShop, signUp, type Login, type Shop } from '../support/shop';
import { tenantChecksums, tenantTables } from '../support/tenant-archive';
import { fill, liveConnection, type Loot } from './victim';

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
 * @param ownersAlone only with the token of the attacker's owner, who may do most
 */
export async function fuzzAcrossTenants(
  server: TestServer,
  {
    tamper,
    tokens = false,
    ownersAlone = false,
  }: { tamper?: (admin: Client) => Promise<void>; tokens?: boolean; ownersAlone?: boolean } = {},
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
    await addedUp(admin, victim);
    await quiet(admin, victim.id);
    await putOff(admin, victim.id);
    await quiet(admin, victim.id);
    // One of them takes time back for a moment: what is about to be sent by then would wait for an hour.
    const callers = (await variants(attacker, victim)).filter(
      ({ token, name }) => (tokens || token !== 'bad') && (!ownersAlone || /^own token, foreign id/.test(name)),
    );
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

/** Has the sales of a shop added up, which workers would do within the run; from here on they have no reason to. */
async function addedUp(admin: Client, shop: Shop): Promise<void> {
  expectStatus(await shop.asOwner.post('/orders/analytics/recount'), 204);
  await eventually(
    async () => {
      // Carts come last.
      const done = await admin.query(
        `select from orders.funnel_folds f where f.tenant_id = $1 and f.recent > '-infinity'
           and not exists (select from orders.sales_marks m where m.tenant_id = f.tenant_id)`,
        [shop.id],
      );
      return done.rowCount === 1;
    },
    { timeoutMs: 30_000 },
  );
}

/** Puts off what time alone would do to a tenant within a slow run: trips are followed after two minutes, holds let go after five. */
const putOff = (admin: Client, tenantId: string) =>
  admin.query(
    `update kernel.deliveries set due_at = due_at + interval '1 day' where tenant_id = $1 and kind = 'timer'`,
    [tenantId],
  );

/** Waits until nothing of a tenant is left to do now. */
const quiet = (admin: Client, tenantId: string): Promise<boolean> =>
  eventually(
    async () => {
      const left = await admin.query(
        `select name, state, attempts, due_at as "dueAt", last_error as "lastError", kernel.now() as now,
           (select to_jsonb(j) - 'data' from bullmq.job j where j.id = d.id::text) as job
         from kernel.deliveries d where tenant_id = $1 and kind <> 'timer' and state <> 'dead'`,
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
