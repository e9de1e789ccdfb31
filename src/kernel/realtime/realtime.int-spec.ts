import { generateKeyPairSync } from 'node:crypto';
import type { OnModuleInit } from '@nestjs/common';
import { sign } from 'jsonwebtoken';
import { Client } from 'pg';
import type { Counter } from 'prom-client';
import { eventually } from '../../../test/support/eventually';
import { describeWithRedis, startRedis } from '../../../test/support/redis';
import { rolesOf, SocketWorld, type StartCarrier } from '../../../test/support/socket-world';
import { PRESENCE_GATEWAYS, presenceBehaves } from '../../../test/scenarios/socket-presence';
import { TOKEN_AUDIENCE, TOKEN_ISSUER } from '../auth/access-token';
import { clock } from '../clock/clock';
import { currentContext } from '../context/request-context';
import { Listener } from '../database/listener';
import { newId } from '../ids/ids';
import { registry } from '../telemetry/metrics';
import { LiveConnections } from './live-connections';
import { Realtime } from './realtime';
import { RealtimeServer } from './realtime-server';
import { RoomRules } from './room-rules';
import { ClientEvent } from './socket-events';
import { queuedBytes } from './slow-consumers';
import { SocketGateway } from './socket-gateway';

@SocketGateway()
class ThingsGateway implements OnModuleInit {
  constructor(private readonly rules: RoomRules) {}
  onModuleInit(): void {
    this.rules.declare('thing', (principal, id) => id === `of-${principal.userId}`);
    this.rules.declare('shelf', (principal) => principal.roles.includes('staff'));
  }
  @ClientEvent('things.whoami')
  whoami(): object {
    const { principal, tenantId } = currentContext();
    return { userId: principal.userId, tenantId };
  }
  @ClientEvent('things.break')
  break(): void {
    throw new Error('select secret from table');
  }
}
@SocketGateway('/things')
class ThingsNamespace {
  @ClientEvent('things.rare', { limit: { burst: 3, perSecond: 0.01 } })
  rare(): void {}
  @ClientEvent('things.write', { permission: 'things:write' })
  write(): void {}
  @ClientEvent('things.here')
  here(): object {
    return { here: currentContext().principal.userId };
  }
}

/** What a counter of the process counted, by its labels. */
async function counted(name: string): Promise<Map<string, number>> {
  const { values } = await (registry.getSingleMetric(name) as Counter).get();
  return new Map(values.map(({ labels, value }) => [Object.values(labels).join(' '), value]));
}

/** Milliseconds that something took, of those that this process had: it holds servers and clients, and a pause is nobody's. */
async function taken(work: () => Promise<unknown>): Promise<number> {
  let ms = 0;
  const timer = setInterval(() => (ms += 50), 50);
  await work().finally(() => clearInterval(timer));
  return ms;
}

function behaves(start: StartCarrier): void {
  const world = new SocketWorld(start, [ThingsGateway, ThingsNamespace, ...PRESENCE_GATEWAYS]);
  const { apps, urls, tenant, foreign } = world;
  const token: SocketWorld['token'] = (claims) => world.token(claims);
  const connect: SocketWorld['connect'] = (auth, options) => world.connect(auth, options);
  const connected: SocketWorld['connected'] = (...given) => world.connected(...given);
  const refused: SocketWorld['refused'] = (client) => world.refused(client);
  const ask: SocketWorld['ask'] = (...given) => world.ask(...given);
  const heard: SocketWorld['heard'] = (client, event) => world.heard(client, event);
  const bump: SocketWorld['bump'] = (app, id) => world.bump(app, id);

  beforeAll(() => world.start());
  afterEach(() => world.letGo());
  afterAll(() => world.stop());

  it('takes no one without a good access token and says why in the shape of a problem', async () => {
    expect((await refused(connect({}))).data).toMatchObject({ code: 'auth.required', status: 401 });
    expect((await refused(connect({ token: 'x.y.z' }))).data).toMatchObject({
      code: 'auth.token-invalid',
      status: 401,
    });
    expect((await refused(connect({ token: { a: 1 } }))).data).toMatchObject({ status: 401 });
    const expired = token({ exp: Math.floor(clock.nowMs() / 1000) - 5 });
    expect((await refused(connect({ token: expired }))).data).toMatchObject({ code: 'auth.token-expired' });
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const forged = sign(
      { sub: newId(), sid: newId(), sv: 0, tid: tenant, iss: TOKEN_ISSUER, aud: TOKEN_AUDIENCE },
      other,
      {
        algorithm: 'ES256',
        expiresIn: 60,
        header: { alg: 'ES256', kid: 'k1', typ: 'at+jwt' },
      },
    );
    expect((await refused(connect({ token: forged }))).data).toMatchObject({ code: 'auth.token-invalid' });
    expect((await refused(connect({}, { namespace: '/things' }))).data).toMatchObject({ status: 401 });
  });

  it('takes browsers of the allowed origins alone, over both transports', async () => {
    for (const origin of ['https://shop.example.org', 'https://admin.example.org']) {
      const client = connect({ token: token() }, { origin });
      await eventually(() => client.connected);
    }
    await refused(connect({ token: token() }, { origin: 'https://evil.example.org' }));
    const polling = await fetch(`${urls[0]}/socket.io/?EIO=4&transport=polling`, {
      headers: { origin: 'https://evil.example.org' },
    });
    expect(polling.status).toBe(403);
    expect(polling.headers.get('access-control-allow-origin')).toBeNull();
  });

  it('runs events as their sender, answers each with what it asked for or a problem, and survives what is wrong', async () => {
    const sub = newId();
    const client = await connected({ sub });
    expect(await ask(client, 'things.whoami')).toEqual({ userId: sub, tenantId: tenant });
    const broken = await ask(client, 'things.break');
    expect(broken.error).toMatchObject({
      code: 'http.internal',
      status: 500,
      detail: 'Something went wrong on our side.',
    });
    expect(JSON.stringify(broken)).not.toContain('select');
    expect((await ask(client, 'room.join', { room: 'order:1', extra: true })).error).toMatchObject({
      code: 'request.invalid',
      errors: [{ pointer: '/extra' }],
    });
    expect((await ask(client, 'room.join')).error).toMatchObject({ status: 400 });
    expect((await ask(client, 'room.join', 'text')).error).toMatchObject({ status: 400 });
    expect((await ask(client, 'no.such.event', {})).error).toMatchObject({
      code: 'realtime.unknown-event',
      status: 404,
    });
    // By declared names alone: what clients make up is one of them.
    expect((await counted('realtime_events_total')).get('_unknown refused')).toBeGreaterThan(0);
    const before = (await counted('realtime_events_total')).get('things.whoami done')!;
    await ask(client, 'things.whoami');
    expect((await counted('realtime_events_total')).get('things.whoami done')).toBe(before + 1);
    expect([...(await counted('realtime_events_total')).keys()].join()).not.toContain('no.such.event');
    const there = await connected({ sub }, 0, '/things');
    expect(await ask(there, 'things.here')).toEqual({ here: sub });
    expect(client.connected).toBe(true);
  });

  it('slows down who sends too many events', async () => {
    const client = await connected();
    const from = process.hrtime.bigint();
    const answers = await Promise.all(Array.from({ length: 150 }, () => ask(client, 'things.whoami')));
    const seconds = Number(process.hrtime.bigint() - from) / 1e9;
    const slowed = answers.filter((answer) => answer.error?.code === 'realtime.too-many-events');
    // Sixty at once, and thirty in each second.
    expect(150 - slowed.length).toBeGreaterThanOrEqual(60);
    expect(150 - slowed.length).toBeLessThanOrEqual(60 + 30 * seconds);
    expect(client.connected).toBe(true);
  });

  it('refuses what is too large or binary and goes on; ends a connection that sends more than it would read', async () => {
    const client = await connected();
    expect((await ask(client, 'things.whoami', 'x'.repeat(70_000))).error).toMatchObject({
      code: 'realtime.event-too-large',
      status: 413,
    });
    expect((await ask(client, 'things.whoami', Buffer.alloc(10), [Buffer.alloc(3)])).error).toMatchObject({
      code: 'realtime.binary-refused',
      status: 415,
    });
    // Names that JavaScript knows are no events, and an event without a name is none.
    for (const name of ['constructor', '__proto__', 'toString', ''])
      expect((await ask(client, name, {})).error?.code).toBe('realtime.unknown-event');
    const exceptions = heard(client, 'exception');
    client.emit('no.such.event', {});
    await eventually(() => exceptions.length === 1);
    expect(exceptions[0]).toMatchObject({ code: 'realtime.unknown-event' });
    expect((await ask(client, 'things.whoami')).tenantId).toBe(tenant);
    client.emit('things.whoami', 'x'.repeat(300_000));
    await eventually(() => client.disconnected);
  });

  it('limits an event over all sockets of a user, and asks for the permission that the event names', async () => {
    const sub = newId();
    const [one, two] = [await connected({ sub }, 0, '/things'), await connected({ sub }, 0, '/things')];
    const answers = [];
    for (let n = 0; n < 6; n++) answers.push(await ask(n % 2 ? one : two, 'things.rare'));
    expect(answers.map(({ error }) => error?.code)).toEqual([
      undefined,
      undefined,
      undefined,
      'realtime.too-many-events',
      'realtime.too-many-events',
      'realtime.too-many-events',
    ]);
    expect((await ask(one, 'things.write')).error).toMatchObject({ code: 'auth.permission-missing', status: 403 });
    const staff = newId();
    rolesOf.set(staff, 'staff');
    expect(await ask(await connected({ sub: staff }, 0, '/things'), 'things.write')).toEqual({});
  });

  it('asks every namespace of a connection for the same holder', async () => {
    const sub = newId();
    const client = await connected({ sub });
    const beside = client.io.socket('/things', { auth: { token: token({ sub: newId() }) } });
    expect((await refused(beside)).data).toMatchObject({ code: 'realtime.other-principal', status: 403 });
    const without = client.io.socket('/presence-things', { auth: {} });
    expect((await refused(without)).data).toMatchObject({ code: 'auth.required', status: 401 });
    without.auth = { token: token({ sub }) };
    without.connect();
    await eventually(() => without.connected);
    expect(client.connected).toBe(true);
    for (const socket of [beside, without]) socket.disconnect();
  });

  it('sends to staff and users over processes, and never to another tenant or user', async () => {
    const [staff, shopper, stranger, alien] = [newId(), newId(), newId(), newId()];
    rolesOf.set(staff, 'staff');
    rolesOf.set(alien, 'owner');
    const sockets = {
      staff: await connected({ sub: staff }, 0),
      shopper: await connected({ sub: shopper }, 1),
      stranger: await connected({ sub: stranger }, 1),
      alien: await connected({ sub: alien, tid: foreign }, 1),
    };
    const got = Object.fromEntries(
      Object.entries(sockets).map(([name, socket]) => [name, heard(socket, 'order.updated')]),
    );
    // From the process that has no sockets.
    apps[2].get(Realtime).toStaff(tenant, 'order.updated', { to: 'staff' });
    apps[2].get(Realtime).toUser(tenant, shopper, 'order.updated', { to: 'shopper' });
    apps[2].get(Realtime).toUser(foreign, shopper, 'order.updated', { to: 'nobody' });
    apps[2].get(Realtime).toTenant(tenant, 'order.updated', { to: 'all' });
    await eventually(() => got.stranger.length === 1 && got.staff.length === 2 && got.shopper.length === 2);
    expect(got.staff).toEqual([{ to: 'staff' }, { to: 'all' }]);
    expect(got.shopper).toEqual([{ to: 'shopper' }, { to: 'all' }]);
    expect(got.stranger).toEqual([{ to: 'all' }]);
    expect(got.alien).toEqual([]);
  });

  it('refuses foreign and unknown rooms alike, and opens those that a context declared', async () => {
    const sub = newId();
    const client = await connected({ sub });
    const rooms = [
      `tenant:${foreign}`,
      `staff:${tenant}`,
      `staff:${foreign}`,
      `user:${tenant}:${newId()}`,
      `user:${foreign}:${sub}`,
      'thing:of-somebody-else',
      'unknown:room',
    ];
    for (const room of rooms) {
      expect((await ask(client, 'room.join', { room })).error).toMatchObject({
        code: 'realtime.room-refused',
        status: 403,
      });
    }
    const got = heard(client, 'leak');
    for (const room of rooms) apps[1].get(Realtime).toRoom(room, 'leak', { room });
    expect(await ask(client, 'room.join', { room: `thing:of-${sub}` })).toEqual({ room: `thing:of-${sub}` });
    apps[1].get(Realtime).toRoom(`thing:of-${sub}`, 'leak', { mine: true });
    await eventually(() => got.length > 0);
    expect(got).toEqual([{ mine: true }]);
    await ask(client, 'room.leave', { room: `thing:of-${sub}` });
    await ask(client, 'room.leave', { room: `tenant:${tenant}` });
    apps[1].get(Realtime).toRoom(`thing:of-${sub}`, 'leak', { late: true });
    apps[1].get(Realtime).toTenant(tenant, 'leak', { own: true });
    await eventually(() => got.length > 1);
    expect(got[1]).toEqual({ own: true });
  });

  it('carries payloads beyond the limit of a notification, about it and at it', async () => {
    const client = await connected({}, 1);
    const got = heard(client, 'big') as { text: string }[];
    const sizes = [7_600, 7_700, 7_800, 7_900, 7_999, 8_000, 8_001, 60_000];
    for (const size of sizes) apps[0].get(Realtime).toTenant(tenant, 'big', { text: 'ä'.repeat(size / 2) });
    await eventually(() => got.length === sizes.length);
    expect(got.map(({ text }) => text.length)).toEqual(
      expect.arrayContaining(sizes.map((size) => Math.floor(size / 2))),
    );
  });

  it('closes the sockets of a revoked session on every process within two seconds, and no others', async () => {
    const sid = newId();
    const here = await connected({ sid }, 0);
    const there = await connected({ sid }, 1);
    const other = await connected({}, 1);
    const reasons = heard(there, 'session.ended');
    const ended = await taken(async () => {
      await bump(apps[0], sid);
      await eventually(() => here.disconnected && there.disconnected);
    });
    expect(ended).toBeLessThan(2_000);
    expect(reasons).toEqual([expect.objectContaining({ code: 'auth.session-ended', status: 401 })]);
    expect(other.connected).toBe(true);
    expect((await refused(connect({ token: token({ sid }) }))).data).toMatchObject({ code: 'auth.session-ended' });
  });

  it('closes them in that time also when no notification gets through', async () => {
    const sid = newId();
    const there = await connected({ sid }, 1);
    await apps[1].get(Listener).ready();
    const admin = new Client({ connectionString: world.database.superuserUrl });
    await admin.connect();
    const ended = await taken(async () => {
      await admin.query('insert into kernel.auth_versions (id, version, changed_at) values ($1, 1, now())', [sid]);
      await admin.end();
      await eventually(() => there.disconnected);
    });
    expect(ended).toBeLessThan(2_000);
  });

  it('follows changed rights: a dismissed member of staff leaves the staff room at once', async () => {
    const sub = newId();
    const own = newId();
    rolesOf.set(sub, 'staff');
    const client = await connected({ sub, tid: own }, 1);
    const got = heard(client, 'stock.alert');
    apps[0].get(Realtime).toStaff(own, 'stock.alert', { n: 1 });
    await eventually(() => got.length === 1);
    // What it entered itself, of a kind that asks for the same right, is left with it; its own thing is not.
    for (const room of ['shelf:1', `thing:of-${sub}`])
      expect((await ask(client, 'room.join', { room })).error).toBeUndefined();
    rolesOf.set(sub, 'customer');
    await bump(apps[0], own);
    await eventually(
      async () => (await ask(client, 'room.join', { room: `staff:${own}` })).error?.code === 'realtime.room-refused',
      { everyMs: 100 },
    );
    const marks = heard(client, 'mark');
    apps[0].get(Realtime).toStaff(own, 'stock.alert', { n: 2 });
    apps[0].get(Realtime).toTenant(own, 'mark', {});
    await eventually(() => marks.length === 1);
    expect(got).toEqual([{ n: 1 }]);
    const rooms = [...apps[1].get(RealtimeServer).io.sockets.sockets.get(client.id!)!.rooms];
    expect(rooms).toContain(`thing:of-${sub}`);
    expect(rooms).not.toContain('shelf:1');
  });

  it('closes a socket when its token ends, unless a newer one of the same holder was given', async () => {
    const [sub, sid] = [newId(), newId()];
    const now = Math.floor(clock.nowMs() / 1000);
    const lapsing = await connected({ exp: now + 100 });
    const renewed = await connected({ sub, sid, exp: now + 100 });
    const longer = token({ sub, sid, exp: now + 1_000 });
    expect(await ask(renewed, 'auth.renew', { token: longer })).toHaveProperty('expiresAt');
    expect((await ask(renewed, 'auth.renew', { token: token() })).error).toMatchObject({
      code: 'realtime.other-principal',
    });
    // Its client is told a minute before, once.
    const [told, spared] = [lapsing, renewed].map((client) => heard(client, 'session.expiring'));
    clock.setOffset(50);
    await eventually(() => told.length === 1);
    clock.setOffset(200);
    await eventually(() => lapsing.disconnected);
    expect(renewed.connected).toBe(true);
    expect(told).toEqual([{ expiresAt: new Date((now + 100) * 1_000).toISOString() }]);
    expect(spared).toEqual([]);
  });

  it('cuts a client that reads nothing, lets go of what waited for it, and goes on with the others', async () => {
    const [sub, sid] = [newId(), newId()];
    const stalled = await connected({ sub, sid });
    const healthy = await connected({ sub });
    const got = heard(healthy, 'bulk');
    const live = apps[0].get(LiveConnections);
    const connection = [...live].find(({ claims }) => claims.sid === sid)!;
    const wire = stalled.io.engine as unknown as { transport: { ws: { _socket: { pause(): void } } } };
    wire.transport.ws._socket.pause();
    let sent = 0;
    const cut = (await counted('realtime_disconnects_total')).get('slow-consumer') ?? 0;
    await eventually(
      () => {
        for (let n = 0; n < 10; n++, sent++)
          apps[0].get(Realtime).toUser(tenant, sub, 'bulk', { text: 'x'.repeat(50_000) });
        return live.of(connection.conn) === undefined;
      },
      { everyMs: 5 },
    );
    expect(connection.endedFor).toBe('slow-consumer');
    await eventually(async () => ((await counted('realtime_disconnects_total')).get('slow-consumer') ?? 0) > cut);
    await eventually(() => queuedBytes(connection.conn) === 0);
    await eventually(() => got.length === sent);
    expect(healthy.connected).toBe(true);
    // It comes back and hears again.
    const again = heard(await connected({ sub, sid }), 'bulk');
    apps[1].get(Realtime).toUser(tenant, sub, 'bulk', {});
    await eventually(() => again.length === 1);
  });

  presenceBehaves(world);

  it('counts live connections and lets all go when the process ends', async () => {
    const sub = newId();
    const one = await connected({ sub }, 0);
    const two = await connected({ sub }, 0);
    await eventually(() => apps[0].get(Realtime).connections().sockets === 2);
    expect(apps[0].get(Realtime).connections()).toEqual({ sockets: 2, users: 1, tenants: 1 });
    expect(apps[2].get(Realtime).connections().sockets).toBe(0);
    const three = await connected({ sub }, 1);
    // So many that they do not all go at once; every second one in another namespace.
    const sids = Array.from({ length: 80 }, newId);
    const crowd = await Promise.all(sids.map((sid, n) => connected({ sid }, 0, n % 2 ? '/things' : '/')));
    const told = crowd.map((client) => heard<{ retryAfterMs: number }>(client, 'server.draining'));
    const both = connect({ token: token({ sub }) }, { on: 0 });
    const beside = both.io.socket('/things', { auth: both.auth as object });
    const toBoth = [both, beside].map((client) => heard<{ retryAfterMs: number }>(client, 'server.draining'));
    await eventually(() => both.connected && beside.connected);
    // As the process sends them away: what of it reaches clients first is the network's affair.
    const leaving: number[] = [];
    for (const { claims, conn } of apps[0].get(LiveConnections)) {
      const n = sids.indexOf(claims.sid);
      const close = conn.close.bind(conn);
      if (n >= 0) conn.close = (...given) => (leaving.push(n), close(...given));
    }
    void apps[0].get(RealtimeServer).drain();
    await eventually(() => crowd.every((client) => client.disconnected));
    expect(new Set(leaving).size).toBe(crowd.length);
    expect(told.map((list) => list.length)).toEqual(crowd.map(() => 1));
    const waits = leaving.map((n) => told[n][0].retryAfterMs);
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(250);
    expect(new Set(waits).size).toBeGreaterThan(20);
    // In waves, in the order in which they were told to come back.
    expect(waits).toEqual([...waits].sort((a, b) => a - b));
    expect(Math.max(...waits) - Math.min(...waits)).toBeGreaterThan(100);
    // Namespaces of one connection are told the same.
    expect(toBoth[0]).toEqual(toBoth[1]);
    expect(toBoth[0]).toHaveLength(1);
    await eventually(() => one.disconnected && two.disconnected);
    expect(three.connected).toBe(true);
    await refused(connect({ token: token() }));
  });
}

describe('sockets over PostgreSQL', () => {
  behaves(() => Promise.resolve({ env: {}, stop: () => Promise.resolve() }));
});

describeWithRedis('sockets over Redis', () => {
  behaves(async () => {
    const redis = await startRedis();
    return { env: { REDIS_URL: redis.url }, stop: () => redis.stop() };
  });
});
