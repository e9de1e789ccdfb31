import { generateKeyPairSync } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { Global, Injectable, Module, type OnModuleInit } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { SubscribeMessage } from '@nestjs/websockets';
import { sign } from 'jsonwebtoken';
import { Client } from 'pg';
import { io, type Socket } from 'socket.io-client';
import { testConfig } from '../../../test/support/app';
import { testDatabase, type TestDatabase } from '../../../test/support/cluster';
import { eventually } from '../../../test/support/eventually';
import { describeWithRedis, startRedis } from '../../../test/support/redis';
import { TOKEN_AUDIENCE, TOKEN_ISSUER } from '../auth/access-token';
import { policyOf } from '../auth/policy';
import { AccessFacts, type AccessClaims, type TenantFacts } from '../auth/ports';
import { GUEST, SYSTEM, type Principal } from '../auth/principal';
import { AuthVersions } from '../auth/versions';
import { clock } from '../clock/clock';
import { currentContext, runInContext } from '../context/request-context';
import { Listener } from '../database/listener';
import { UnitOfWork } from '../database/unit-of-work';
import { createHttpApp } from '../http/http-app';
import { newId } from '../ids/ids';
import { KernelModule } from '../kernel.module';
import { Realtime } from './realtime';
import { RealtimeModule } from './realtime.module';
import { RealtimeServer } from './realtime-server';
import { RoomRules } from './room-rules';
import { SocketAdapter } from './socket-adapter';
import { SocketGateway } from './socket-gateway';

const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = (key: typeof keys.publicKey, type: 'spki' | 'pkcs8'): string =>
  key.export({ type, format: 'pem' } as never) as string;
const PRIVATE = pem(keys.privateKey, 'pkcs8');
const rolesOf = new Map<string, string>();

@Injectable()
class Facts extends AccessFacts {
  constructor(private readonly versions: AuthVersions) {
    super();
  }
  async principalOf(claims: AccessClaims): Promise<Principal> {
    const versions = await this.versions.current(claims.tid ? [claims.tid] : []);
    return {
      ...GUEST,
      kind: 'user',
      userId: claims.sub,
      sessionId: claims.sid,
      sessionVersion: claims.sv,
      policyVersion: claims.tid ? (versions.get(claims.tid) ?? 0) : 0,
      tenantId: claims.tid ?? null,
      roles: [rolesOf.get(claims.sub) ?? 'customer'],
      policy: policyOf('things:read', ...(rolesOf.get(claims.sub) === 'staff' ? ['realtime:staff'] : [])),
    };
  }
  async tenantBySlug(): Promise<TenantFacts | null> {
    return null;
  }
  async verificationKey(): Promise<string | null> {
    return pem(keys.publicKey, 'spki');
  }
}

@SocketGateway()
class ThingsGateway implements OnModuleInit {
  constructor(private readonly rules: RoomRules) {}
  onModuleInit(): void {
    this.rules.declare('thing', (principal, id) => id === `of-${principal.userId}`);
  }
  @SubscribeMessage('things.whoami')
  whoami(): object {
    const { principal, tenantId } = currentContext();
    return { userId: principal.userId, tenantId };
  }
  @SubscribeMessage('things.break')
  break(): void {
    throw new Error('select secret from table');
  }
}
@SocketGateway('/things')
class ThingsNamespace {
  @SubscribeMessage('things.here')
  here(): object {
    return { here: currentContext().principal.userId };
  }
}

@Global()
@Module({
  providers: [{ provide: AccessFacts, useClass: Facts }, ThingsGateway, ThingsNamespace],
  exports: [AccessFacts],
})
class ThingsModule {}

interface Answer {
  data?: Record<string, unknown>;
  error?: { code: string; status: number; detail: string; errors: { pointer: string }[]; requestId: string };
}

function behaves(start: () => Promise<{ env: Record<string, string>; stop: () => Promise<void> }>): void {
  let store: Awaited<ReturnType<typeof start>>;
  let database: TestDatabase;
  /** Two processes with sockets, and one that only works. */
  const apps: NestFastifyApplication[] = [];
  const urls: string[] = [];
  const clients: Socket[] = [];
  const tenant = newId();
  const foreign = newId();

  const token = (claims: Partial<AccessClaims> = {}): string => {
    const now = Math.floor(clock.nowMs() / 1000);
    const full = { sub: newId(), sid: newId(), sv: 0, jti: newId(), tid: tenant, iat: now, exp: now + 600, ...claims };
    return sign({ iss: TOKEN_ISSUER, aud: TOKEN_AUDIENCE, ...full }, PRIVATE, {
      algorithm: 'ES256',
      header: { alg: 'ES256', kid: 'k1', typ: 'at+jwt' },
    });
  };
  const connect = (auth: object, options: { on?: number; namespace?: string; origin?: string } = {}): Socket => {
    const client = io(`${urls[options.on ?? 0]}${options.namespace ?? '/'}`, {
      auth,
      transports: ['websocket'],
      reconnection: false,
      forceNew: true,
      extraHeaders: options.origin ? { origin: options.origin } : undefined,
    });
    clients.push(client);
    return client;
  };
  const connected = async (claims: Partial<AccessClaims> = {}, on = 0, namespace = '/'): Promise<Socket> => {
    const client = connect({ token: token(claims) }, { on, namespace });
    await new Promise<void>((resolve, reject) => {
      client.once('connect', () => resolve());
      client.once('connect_error', reject);
    });
    return client;
  };
  const refused = (client: Socket): Promise<{ message: string; data?: { code: string; status: number } }> =>
    new Promise((resolve, reject) => {
      client.once('connect_error', (error) => resolve(error as never));
      client.once('connect', () => reject(new Error('connected')));
    });
  const ask = (client: Socket, event: string, ...payload: unknown[]): Promise<Answer> =>
    client.timeout(3_000).emitWithAck(event, ...payload) as Promise<Answer>;
  const heard = (client: Socket, event: string): unknown[] => {
    const list: unknown[] = [];
    client.on(event, (payload: unknown) => list.push(payload));
    return list;
  };
  const bump = (app: NestFastifyApplication, id: string): Promise<number> =>
    runInContext({ tenantId: tenant, principal: SYSTEM, requestId: newId() }, () =>
      app.get(UnitOfWork).run((tx) => app.get(AuthVersions).bump(tx, id)),
    );

  beforeAll(async () => {
    store = await start();
    database = await testDatabase({ fresh: true });
    for (const roles of ['api,realtime', 'api,realtime', 'worker']) {
      const config = testConfig(database, {
        MAINSTAY_ROLES: roles,
        MAINSTAY_PUBLIC_URL: 'https://shop.example.org',
        MAINSTAY_CORS_ORIGINS: 'https://admin.example.org',
        ...store.env,
      });
      const app = await createHttpApp(
        { module: class Root {}, imports: [KernelModule.register(config), RealtimeModule, ThingsModule] },
        config,
      );
      app.useWebSocketAdapter(new SocketAdapter(app));
      await app.init();
      await app.listen(0, '127.0.0.1');
      apps.push(app);
      urls.push(`http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`);
    }
    // The adapters have found each other.
    const there = await connected({}, 1);
    const probes = heard(there, 'probe');
    for (const app of [apps[0], apps[2]]) {
      probes.length = 0;
      await eventually(() => {
        app.get(Realtime).toTenant(tenant, 'probe', {});
        return probes.length > 0;
      });
    }
    there.disconnect();
  });
  afterEach(() => {
    for (const client of clients.splice(0)) client.disconnect();
    clock.setOffset(0);
  });
  afterAll(async () => {
    for (const app of apps) await app.close();
    await store?.stop();
  });

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

  it('runs events as their sender, answers each with data or a problem, and survives what is wrong', async () => {
    const sub = newId();
    const client = await connected({ sub });
    expect(await ask(client, 'things.whoami')).toEqual({ data: { userId: sub, tenantId: tenant } });
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
    const there = await connected({ sub }, 0, '/things');
    expect(await ask(there, 'things.here')).toEqual({ data: { here: sub } });
    expect(client.connected).toBe(true);
  });

  it('slows down who sends too many events', async () => {
    const client = await connected();
    const answers = await Promise.all(Array.from({ length: 150 }, () => ask(client, 'things.whoami')));
    const slowed = answers.filter((answer) => answer.error?.code === 'realtime.too-many-events');
    expect(slowed.length).toBeGreaterThan(50);
    expect(client.connected).toBe(true);
  });

  it('ends a connection that sends more than 64 KB at once', async () => {
    const client = await connected();
    client.emit('things.whoami', 'x'.repeat(70_000));
    await eventually(() => client.disconnected);
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
    expect(await ask(client, 'room.join', { room: `thing:of-${sub}` })).toEqual({ data: { room: `thing:of-${sub}` } });
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
    const from = process.hrtime.bigint();
    await bump(apps[0], sid);
    await eventually(() => here.disconnected && there.disconnected);
    expect(Number(process.hrtime.bigint() - from) / 1e6).toBeLessThan(2_000);
    expect(reasons).toEqual([expect.objectContaining({ code: 'auth.session-ended', status: 401 })]);
    expect(other.connected).toBe(true);
    expect((await refused(connect({ token: token({ sid }) }))).data).toMatchObject({ code: 'auth.session-ended' });
  });

  it('closes them in that time also when no notification gets through', async () => {
    const sid = newId();
    const there = await connected({ sid }, 1);
    await apps[1].get(Listener).ready();
    const admin = new Client({ connectionString: database.superuserUrl });
    await admin.connect();
    const from = process.hrtime.bigint();
    await admin.query('insert into kernel.auth_versions (id, version, changed_at) values ($1, 1, now())', [sid]);
    await admin.end();
    await eventually(() => there.disconnected);
    expect(Number(process.hrtime.bigint() - from) / 1e6).toBeLessThan(2_000);
  });

  it('follows changed rights: a dismissed member of staff leaves the staff room at once', async () => {
    const sub = newId();
    const own = newId();
    rolesOf.set(sub, 'staff');
    const client = await connected({ sub, tid: own }, 1);
    const got = heard(client, 'stock.alert');
    apps[0].get(Realtime).toStaff(own, 'stock.alert', { n: 1 });
    await eventually(() => got.length === 1);
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
  });

  it('closes a socket when its token ends, unless a newer one of the same holder was given', async () => {
    const [sub, sid] = [newId(), newId()];
    const now = Math.floor(clock.nowMs() / 1000);
    const lapsing = await connected({ exp: now + 100 });
    const renewed = await connected({ sub, sid, exp: now + 100 });
    const longer = token({ sub, sid, exp: now + 1_000 });
    expect((await ask(renewed, 'auth.renew', { token: longer })).data).toHaveProperty('expiresAt');
    expect((await ask(renewed, 'auth.renew', { token: token() })).error).toMatchObject({
      code: 'realtime.other-principal',
    });
    clock.setOffset(200);
    await eventually(() => lapsing.disconnected);
    expect(renewed.connected).toBe(true);
  });

  it('counts live connections and lets all go when the process ends', async () => {
    const sub = newId();
    const one = await connected({ sub }, 0);
    const two = await connected({ sub }, 0);
    await eventually(() => apps[0].get(Realtime).connections().sockets === 2);
    expect(apps[0].get(Realtime).connections()).toEqual({ sockets: 2, users: 1, tenants: 1 });
    expect(apps[2].get(Realtime).connections().sockets).toBe(0);
    const three = await connected({ sub }, 1);
    apps[0].get(RealtimeServer).drain();
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
