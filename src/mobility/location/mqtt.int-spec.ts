import { Global, Module } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { Aedes } from 'aedes';
import { connectAsync, type MqttClient } from 'mqtt';
import { createServer, type Server, type Socket } from 'node:net';
import { Client } from 'pg';
import { asTenant, testApp, type TestApp } from '../../../test/support/app';
import { testDatabase, type TestDatabase } from '../../../test/support/cluster';
import { eventually } from '../../../test/support/eventually';
import { RecordedRealtimeModule } from '../../../test/support/realtime';
import { freePort, startServer } from '../../../test/support/server';
import { HealthRegistry } from '../../kernel/health/health.registry';
import { isAlive } from '../../kernel/database/embedded/lock';
import { newId } from '../../kernel/ids/ids';
import { logger } from '../../kernel/telemetry/logger';
import { registry } from '../../kernel/telemetry/metrics';
import { CreateGeofenceCommand } from './commands/manage-fences';
import { CreateTrackerCommand } from './commands/manage-trackers';
import { PositionWriter } from './commands/position-writer';
import { LatestPositionsQuery } from './contracts/tracks';
import { fromMetres } from './domain/geodesy';
import { LocationModule } from './location.module';

@Global()
@Module({ providers: [HealthRegistry], exports: [HealthRegistry] })
class HealthRegistryModule {}

interface Keyed {
  id: string;
  key: string;
}

/** A broker on loopback that keeps sessions and what waits for them, also while nobody can reach it. */
class Broker {
  private aedes!: Aedes;
  private listening: Server | null = null;
  private readonly sockets = new Set<Socket>();
  port = 0;
  /** How many messages the worker acknowledged, and the second one. */
  acknowledged = 0;
  second = 0;
  /** Who subscribed so far, and is connected. */
  readonly subscribed = new Set<string>();

  async open(): Promise<void> {
    this.aedes = await Aedes.createBroker();
    this.aedes.on('ack', (_packet, { id }) => {
      this.acknowledged += id === 'worker' ? 1 : 0;
      this.second += id === 'second' ? 1 : 0;
    });
    this.aedes.on('subscribe', (_topics, { id }) => this.subscribed.add(id));
    this.aedes.on('clientDisconnect', ({ id }) => this.subscribed.delete(id));
    this.port = await freePort();
    await this.listen();
  }

  listen(): Promise<void> {
    const listening = createServer((socket) => {
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
      this.aedes.handle(socket);
    });
    this.listening = listening;
    return new Promise((resolve) => listening.listen(this.port, '127.0.0.1', resolve));
  }

  /** Out of reach: connections are cut, new ones are refused. */
  async hide(): Promise<void> {
    const closed = new Promise((resolve) => this.listening!.close(resolve));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  async close(): Promise<void> {
    await this.hide();
    await new Promise<void>((resolve) => this.aedes.close(() => resolve()));
  }
}

describe('positions by MQTT', () => {
  const broker = new Broker();
  const tenant = newId();
  let database: TestDatabase;
  let app: TestApp;
  let sql: Client;
  /** Holds locks, in transactions of its own. */
  let holder: Client;
  let devices: MqttClient;

  const env = (more: Record<string, string> = {}): Record<string, string> => ({
    MAINSTAY_ROLES: 'worker',
    MQTT_URL: `mqtt://127.0.0.1:${broker.port}`,
    MAINSTAY_MQTT_CLIENT_ID: 'worker',
    ...more,
  });
  const patience = { timeoutMs: 20_000 };
  const health = () => app.get(HealthRegistry).all.find(({ name }) => name === 'mqtt')!;
  const isUp = () =>
    eventually(
      () =>
        health()
          .check()
          .then(
            () => true,
            () => false,
          ),
      patience,
    );
  const open = async (more: Record<string, string> = {}): Promise<void> => {
    app = await testApp([RecordedRealtimeModule, HealthRegistryModule, LocationModule], { database, env: env(more) });
    await isUp();
  };

  beforeAll(async () => {
    // Of its own: it is closed to all for a moment.
    database = await testDatabase({ fresh: true });
    await broker.open();
    sql = new Client({ connectionString: database.superuserUrl });
    holder = new Client({ connectionString: database.superuserUrl });
    await Promise.all([sql.connect(), holder.connect()]);
    await open();
    devices = await connectAsync(`mqtt://127.0.0.1:${broker.port}`, { clientId: 'devices', reconnectPeriod: 50 });
  }, 60_000);
  afterAll(async () => {
    await devices.endAsync(true);
    await app.close();
    await broker.close();
    await Promise.all([sql.end(), holder.end()]);
  });

  const enter = (of = tenant): Promise<Keyed> =>
    asTenant(of, () => app.get(CommandBus).execute(new CreateTrackerCommand('Box', null)));
  const at = (secondsAgo: number) => ({
    fixTime: Math.floor(Date.now() / 1000) * 1000 - secondsAgo * 1000,
    lat: 48.2,
    lng: 16.37,
  });
  const say = (topic: string, payload: unknown) =>
    devices.publishAsync(
      `mainstay/${topic}/positions`,
      typeof payload === 'string' ? payload : JSON.stringify(payload),
      { qos: 1 },
    );
  const kept = async ({ id }: Keyed): Promise<number> =>
    (await sql.query<{ n: number }>('select count(*)::int as n from location.positions where tracker_id = $1', [id]))
      .rows[0].n;
  const keeps = (tracker: Keyed, wanted: number) => eventually(async () => (await kept(tracker)) === wanted, patience);
  const outcomes = async (): Promise<Record<string, number>> => {
    const text = await registry.getSingleMetricAsString('mainstay_mqtt_messages_total');
    return Object.fromEntries([...text.matchAll(/outcome="([\w-]+)"\} (\d+)/g)].map(([, of, n]) => [of, Number(n)]));
  };

  it('are acknowledged after their commit, in the order of coming', async () => {
    const [tracker, other] = [await enter(), await enter(newId())];
    const before = broker.acknowledged;
    const { rows } = await holder.query<{ pid: number }>('select pg_backend_pid() as pid');
    await holder.query('begin');
    try {
      await holder.query('select from location.tracks where id = $1 for update', [tracker.id]);
      await say('any', { key: tracker.key, positions: [at(30), at(20)] });
      await say('any', { key: other.key, positions: [at(10)] });
      const waits = 'select from pg_stat_activity where $1 = any (pg_blocking_pids(pid))';
      await eventually(async () => (await sql.query(waits, [rows[0].pid])).rowCount === 1, patience);
      // What came later is kept meanwhile, and waits with its acknowledgement for its turn.
      await keeps(other, 1);
      expect([broker.acknowledged, await kept(tracker)]).toEqual([before, 0]);
    } finally {
      await holder.query('rollback');
    }
    await eventually(() => broker.acknowledged === before + 2, patience);
    expect(await kept(tracker)).toBe(2);
  });

  it('are kept with the time at which the device sent them', async () => {
    const tracker = await enter();
    const before = broker.acknowledged;
    const { fixTime } = at(30);
    await say('any', { key: tracker.key, positions: [{ ...at(30), deviceTime: fixTime + 1_500 }, at(20)] });
    await keeps(tracker, 2);
    const { rows } = await sql.query<{ device_at: Date | null }>(
      'select device_at from location.positions where tracker_id = $1 order by fix_at',
      [tracker.id],
    );
    expect(rows.map(({ device_at }) => device_at?.getTime() ?? null)).toEqual([fixTime + 1_500, null]);
    // The next test counts from here.
    await eventually(() => broker.acknowledged === before + 1, patience);
  });

  it('are tried again where they can not be written yet, and wait for their acknowledgement', async () => {
    const tracker = await enter();
    const before = broker.acknowledged;
    const warn = jest.spyOn(logger, 'warn').mockImplementation(() => undefined);
    await sql.query('alter table location.tracks rename to tracks_away');
    try {
      await say('any', { key: tracker.key, positions: [at(30)] });
      await eventually(
        () => warn.mock.calls.some(([told]) => (told as { kind?: string }).kind === 'waiting'),
        patience,
      );
      expect([broker.acknowledged, await kept(tracker)]).toEqual([before, 0]);
    } finally {
      await sql.query('alter table location.tracks_away rename to tracks');
      warn.mockRestore();
    }
    await eventually(() => broker.acknowledged === before + 1, patience);
    expect(await kept(tracker)).toBe(1);
  });

  it('are counted once against what their tracker may tell, however often they are tried', async () => {
    const tracker = await enter();
    const [before, counted] = [broker.acknowledged, await outcomes()];
    const warn = jest.spyOn(logger, 'warn').mockImplementation(() => undefined);
    const write = jest.spyOn(app.get(PositionWriter), 'write');
    const tries = (): number => write.mock.calls.filter(([, fixes]) => fixes.length > 0).length;
    await sql.query('alter table location.tracks rename to tracks_away');
    try {
      // Three quarters of what it may tell at once; all but one of each are none, so that they cost nothing.
      for (let k = 0; k < 15; k++)
        await say('any', { key: tracker.key, positions: [...Array<null>(4_999).fill(null), at(100 - k)] });
      await eventually(() => tries() >= 45, { timeoutMs: 30_000 });
      expect([broker.acknowledged, await kept(tracker)]).toEqual([before, 0]);
    } finally {
      await sql.query('alter table location.tracks_away rename to tracks');
      for (const spy of [warn, write]) spy.mockRestore();
    }
    await eventually(() => broker.acknowledged === before + 15, { timeoutMs: 30_000 });
    const now = await outcomes();
    expect([await kept(tracker), (now.limited ?? 0) - (counted.limited ?? 0)]).toEqual([15, 0]);
  }, 90_000);

  it('of a long message are written part by part, also while something of the organization waits, and none comes late', async () => {
    const own = newId();
    const [held, tracker] = [await enter(own), await enter(own)];
    const before = broker.acknowledged;
    const waiting = async (): Promise<string> => registry.getSingleMetricAsString('mainstay_positions_waiting');
    await holder.query('begin');
    try {
      await holder.query('select from location.tracks where id = $1 for update', [held.id]);
      for (const secondsAgo of [30, 20]) await say('any', { key: held.key, positions: [at(secondsAgo)] });
      await eventually(async () => (await waiting()).trim().endsWith(' 2'), patience);
      // The newest first; as many as may wait of an organization in all.
      const last = Date.now() - 60_000;
      const positions = Array.from({ length: 5_000 }, (_, k) => ({ ...at(0), fixTime: last - k * 1_000 }));
      await say('any', { key: tracker.key, positions });
      await eventually(async () => (await kept(tracker)) === 5_000, { timeoutMs: 30_000 });
      expect([broker.acknowledged, await kept(held)]).toEqual([before, 0]);
    } finally {
      await holder.query('rollback');
    }
    await eventually(() => broker.acknowledged === before + 3, patience);
    const late = 'select from location.tracks where tenant_id = $1 and dirty_from is not null';
    expect([await kept(held), (await sql.query(late, [own])).rowCount]).toEqual([2, 0]);
  }, 90_000);

  it('may be one alone, or what OwnTracks sends', async () => {
    const tracker = await enter();
    const before = broker.acknowledged;
    await say(tracker.id, { key: tracker.key, ...at(30) });
    const tst = Math.floor(Date.now() / 1000) - 10;
    await say('x', { _type: 'location', key: tracker.key, tst, lat: 48.2005, lon: 16.3705, vel: 36, acc: 8, batt: 77 });
    await keeps(tracker, 2);
    // The next test counts from here.
    await eventually(() => broker.acknowledged === before + 2, patience);
    const [latest] = await asTenant(tenant, () =>
      app.get(QueryBus).execute(new LatestPositionsQuery({ trackerIds: [tracker.id] })),
    );
    expect(latest).toMatchObject({ lat: 48.2005, lng: 16.3705, speed: 10, attributes: { battery: 77 } });
  });

  it('are believed of nobody but whose key they show: bad ones are acknowledged, counted, and said nowhere', async () => {
    const [tracker, victim] = [await enter(), await enter()];
    const [before, counted] = [broker.acknowledged, await outcomes()];
    const secret = 'the-place-of-somebody';
    const logged: string[] = [];
    const warn = jest.spyOn(logger, 'warn').mockImplementation((...told) => void logged.push(JSON.stringify(told)));
    await say('any', `{"lat": "${secret}"`);
    await say('any', [secret]);
    await say('any', { key: 7, positions: [] });
    await say('any', { key: tracker.key, positions: secret });
    await say('any', { _type: 'waypoint', key: tracker.key, desc: secret });
    await say(victim.id, { positions: [at(30)] });
    await say(victim.id, { key: tracker.key, positions: [at(30)] });
    await say('any', { key: `trk_${'x'.repeat(24)}`, positions: [at(30)] });
    await say('any', { key: tracker.key, positions: [{ ...at(20), trackerId: victim.id }] });
    await say('any', { key: tracker.key, positions: [at(10)] });
    await eventually(() => broker.acknowledged === before + 10, patience);
    warn.mockRestore();
    expect([await kept(tracker), await kept(victim)]).toEqual([1, 0]);
    const now = await outcomes();
    const more = (of: string): number => (now[of] ?? 0) - (counted[of] ?? 0);
    expect(['malformed', 'unknown-tracker', 'ignored', 'rejected', 'kept'].map(more)).toEqual([4, 3, 1, 1, 1]);
    expect(logged.length).toBeGreaterThan(0);
    for (const said of [secret, tracker.key, victim.id]) expect(logged.join()).not.toContain(said);
  });

  it('that the database will never take are given up and said without a word of theirs, and the others go on', async () => {
    const [tracker, poisoned] = [await enter(), await enter()];
    const secret = 'the-place-of-somebody';
    const logged: string[] = [];
    const log = (...told: unknown[]): void => void logged.push(JSON.stringify(told));
    const [warn, error] = [jest.spyOn(logger, 'warn'), jest.spyOn(logger, 'error')];
    for (const spy of [warn, error]) spy.mockImplementation(log);
    // A rule of its own that is broken, and a fault that nobody foresaw; both quote what they refuse.
    await sql.query(`create function public.refuse() returns trigger language plpgsql as $$ begin
      if new.accuracy = 661 then raise exception 'rule: %', new.attributes using errcode = '23514'; end if;
      if new.accuracy = 662 then raise exception 'fault: %', new.attributes; end if; return new; end $$`);
    await sql.query(
      'create trigger refuse before insert on location.positions for each row execute function public.refuse()',
    );
    const [before, counted] = [broker.acknowledged, await outcomes()];
    try {
      for (const accuracy of [661, 662])
        await say('any', { key: poisoned.key, positions: [{ ...at(50), accuracy, attributes: { secret } }] });
      await say('any', secret.repeat(60_000));
      // Texts that the database has no place for: the position alone is refused.
      const attributes = ['\0', '\ud800'].map((text) => ({ [`${text}a`]: secret, b: `${secret}${text}` }));
      const bad = attributes.map((one, k) => ({ ...at(40 + k), attributes: one }));
      await say('any', { key: poisoned.key, positions: [...bad, at(30)] });
      for (let k = 0; k < 80; k++) await say('any', { key: tracker.key, positions: [at(200 - k)] });
      await eventually(() => broker.acknowledged === before + 84, { timeoutMs: 30_000 });
    } finally {
      await sql.query('drop function public.refuse() cascade');
      for (const spy of [warn, error]) spy.mockRestore();
    }
    expect([await kept(tracker), await kept(poisoned)]).toEqual([80, 1]);
    const now = await outcomes();
    const more = (of: string): number => (now[of] ?? 0) - (counted[of] ?? 0);
    expect(['failed', 'malformed', 'kept'].map(more)).toEqual([2, 1, 81]);
    expect(logged.join()).toContain('"why":"P0001"');
    for (const said of [secret, poisoned.key, poisoned.id]) expect(logged.join()).not.toContain(said);
  }, 60_000);

  it('wait with their acknowledgements while the database is down, and none is lost', async () => {
    const tracker = await enter();
    const before = broker.acknowledged;
    const other = new Client({ connectionString: database.superuserUrl.replace(database.name, 'postgres') });
    await other.connect();
    const [warn, error] = [jest.spyOn(logger, 'warn'), jest.spyOn(logger, 'error')];
    for (const spy of [warn, error]) spy.mockImplementation(() => undefined);
    const waits = (): boolean =>
      warn.mock.calls.filter(([told]) => (told as { kind?: string }).kind === 'waiting').length > 0;
    try {
      await other.query(`alter database ${database.name} allow_connections false`);
      const ours = [sql, holder].map((client) => (client as unknown as { processID: number }).processID);
      await sql.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and pid <> all ($2::int[])`,
        [database.name, ours],
      );
      for (let k = 0; k < 70; k++) await say('any', { key: tracker.key, positions: [at(100 - k)] });
      await eventually(waits, patience);
      expect([broker.acknowledged, await kept(tracker)]).toEqual([before, 0]);
    } finally {
      await other.query(`alter database ${database.name} allow_connections true`);
      await other.end();
      for (const spy of [warn, error]) spy.mockRestore();
    }
    await eventually(() => broker.acknowledged === before + 70, { timeoutMs: 60_000 });
    expect(await kept(tracker)).toBe(70);
  }, 90_000);

  it('may be taken by two workers: each is kept once and tells its geofence once, also when one of them dies', async () => {
    const place = { lat: 48.3, lng: 16.4 };
    const own = newId();
    const tracker = await enter(own);
    await asTenant(own, () =>
      app.get(CommandBus).execute(
        new CreateGeofenceCommand({
          name: 'Depot',
          shape: { type: 'circle', center: [place.lng, place.lat], radius: 200 },
          dwellSeconds: null,
        }),
      ),
    );
    const second = await startServer({
      database,
      name: 'mqtt-second',
      env: env({ MAINSTAY_MQTT_CLIENT_ID: 'second' }),
    });
    const [first, others] = [broker.acknowledged, broker.second];
    // There and through the fence, then away.
    const drive = Array.from({ length: 60 }, (_, k) => ({
      ...{
        fixTime: Date.now() - 3_600_000 + k * 10_000,
        ...fromMetres(place, { x: -600 + k * 20, y: 0 }),
        accuracy: 5,
      },
    }));
    try {
      await eventually(() => broker.subscribed.has('second'), patience);
      for (const position of drive.slice(0, 40)) await say('any', { key: tracker.key, positions: [position] });
      await eventually(() => broker.acknowledged === first + 40 && broker.second === others + 40, patience);
    } finally {
      process.kill(second.pid, 'SIGKILL');
    }
    for (const position of drive.slice(40)) await say('any', { key: tracker.key, positions: [position] });
    await eventually(() => broker.acknowledged === first + 60, patience);
    expect(await kept(tracker)).toBe(60);
    const { rows } = await sql.query<{ type: string }>(
      'select type from location.fence_events where tenant_id = $1 and superseded_at is null order by at',
      [own],
    );
    expect(rows.map(({ type }) => type)).toEqual(['enter', 'exit']);
    expect(
      (await sql.query('select from location.tracks where id = $1 and dirty_from is not null', [tracker.id])).rowCount,
    ).toBe(0);
  }, 180_000);

  it('come when the broker is in reach again, and health says so meanwhile', async () => {
    const tracker = await enter();
    await broker.hide();
    await eventually(() =>
      health()
        .check()
        .then(
          () => false,
          () => true,
        ),
    );
    const told = say('any', { key: tracker.key, positions: [at(30)] });
    await broker.listen();
    await told;
    await keeps(tracker, 1);
    await isUp();
  }, 60_000);

  it('come again after a worker is killed between commit and acknowledgement, and are kept once; topics stand for keys where the operator says so', async () => {
    const tracker = await enter();
    await app.close();
    const before = broker.acknowledged;
    const dying = await startServer({
      database,
      name: 'mqtt-dies',
      env: env({ MAINSTAY_ROLES: 'worker', MAINSTAY_KILL_POINT: 'mqtt.before-ack' }),
    });
    try {
      // What waits in the session from before is brought to whoever comes with its id.
      for (const secondsAgo of [50, 40, 30]) await say('any', { key: tracker.key, positions: [at(secondsAgo)] });
      await eventually(() => !isAlive(dying.pid), patience);
    } finally {
      try {
        process.kill(dying.pid, 'SIGKILL');
      } catch {
        // It ended itself, as it should.
      }
    }
    expect(broker.acknowledged).toBe(before);
    expect(await kept(tracker)).toBeGreaterThan(0);
    await open({ MAINSTAY_MQTT_TRUST_TOPICS: 'true' });
    await eventually(() => broker.acknowledged === before + 3, patience);
    expect(await kept(tracker)).toBe(3);
    await say(tracker.id, { positions: [at(20)] });
    await keeps(tracker, 4);
    await say(newId(), { positions: [at(20)] });
    await eventually(() => broker.acknowledged === before + 5, patience);
  }, 180_000);
});
