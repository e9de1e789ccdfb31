import { Client } from 'pg';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { expectStatus, TestClient } from '../../../test/support/client';
import { CACHE, testDatabase } from '../../../test/support/cluster';
import { eventually } from '../../../test/support/eventually';
import { startServer, type TestServer } from '../../../test/support/server';
import { openShop, PASSWORD, type Shop } from '../../../test/support/shop';
import { newId } from '../ids/ids';

interface Delivery {
  id: string;
  name: string;
  state: string;
  lastError: string | null;
}

describe('deliveries for operators', () => {
  let server: TestServer;
  let shop: Shop;
  let operator: TestClient;
  let admin: Client;
  const dead = newId();

  beforeAll(async () => {
    const email = 'operator@example.com';
    server = await startServer({
      database: await testDatabase({ fresh: true }),
      name: `deliveries-${process.env.JEST_WORKER_ID ?? 1}`,
      env: { MAINSTAY_ADMIN_EMAIL: email, MAINSTAY_ADMIN_PASSWORD: PASSWORD },
    });
    shop = await openShop(server.url);
    const login = await new TestClient(server.url).post<{ accessToken: string }>('/auth/login', {
      email,
      password: PASSWORD,
    });
    operator = new TestClient(server.url, { token: expectStatus(login, 200).accessToken });
    admin = new Client({ connectionString: server.database.superuserUrl });
    await admin.connect();
    await admin.query(
      `insert into kernel.deliveries (tenant_id, id, event_id, kind, name, state, attempts, due_at, last_error, payload)
       values ($1, $2, $2, 'timer', 'orders.cancel-unpaid-order', 'dead', 12, now(), 'planted', $3)`,
      [shop.id, dead, { orderId: newId() }],
    );
  });
  afterAll(async () => {
    await admin?.end();
    if (server) process.kill(server.pid, 'SIGTERM');
  });

  it('are not for owners', async () => {
    expect((await shop.asOwner.get('/deliveries')).status).toBe(403);
    expect((await shop.asOwner.post(`/deliveries/${dead}/replay`)).status).toBe(403);
    expect((await new TestClient(server.url).get('/deliveries')).status).toBe(401);
  });

  it('are counted beside all else that operators watch, and in no metric is a tenant named', async () => {
    const metrics = (client: TestClient) => client.get('/metrics');
    expect((await metrics(shop.asOwner)).status).toBe(403);
    for (const path of ['/api/metrics', '/api/v1/metrics', `${server.url}/metrics`]) {
      const { status, text } = await operator.get(path);
      expect([path, status]).toEqual([path, 200]);
      for (const name of [
        'http_server_request_duration_seconds_count{http_request_method="POST",http_route="/api/v1/deliveries/:id/replay",http_response_status_code="403"} 1',
        'http_server_request_duration_seconds_bucket{le="0.1",http_request_method="POST",http_route="/api/v1/auth/login"',
        '# TYPE http_server_errors_total counter',
        'db_client_operation_duration_seconds_bucket',
        'db_client_connections_application{state="used"}',
        'db_client_connections_queues{state="waiting"}',
        'cache_hits{cache="',
        'cache_misses{cache="',
        'queue_jobs_waiting{queue="mail"}',
        'queue_jobs_failed{queue="maintenance"}',
        'sessions_live ',
        'realtime_connections ',
        'process_cpu_seconds_total ',
        'process_resident_memory_bytes ',
        'nodejs_heap_size_used_bytes ',
        'nodejs_eventloop_lag_p99_seconds ',
        'deliveries_pending ',
        'deliveries_dead 1',
        'deliveries_oldest_age_seconds ',
      ])
        expect(text).toContain(name);
      expect(text).not.toMatch(/tenant\w*="/);
      for (const secret of [shop.id, shop.slug, shop.owner.user.email]) expect(text).not.toContain(secret);
    }
  });

  it('and queues are parts of the readiness, each with a line of its own; one that is dead degrades it', async () => {
    const ready = expectStatus(
      await operator.get<{
        status: string;
        parts: { name: string; status: string; critical: boolean; message: string }[];
      }>(`${server.url}/health/ready`),
      200,
    );
    expect(ready.status).toBe('degraded');
    const of = (name: string) => ready.parts.find((part) => part.name === name);
    expect(ready.parts.map(({ name }) => name).sort()).toEqual(
      ['database', 'deliveries', 'disk', 'file-storage', 'mail', 'migrations', 'queues', 'virus-scanner'].sort(),
    );
    expect(of('queues')).toMatchObject({ status: 'up', critical: false });
    expect(of('queues')!.message).toMatch(/^postgres: \d+ waiting, \d+ running, \d+ delayed, \d+ failed$/);
    expect(of('deliveries')).toMatchObject({ status: 'degraded', critical: false });
    expect(of('deliveries')!.message).toMatch(/1 dead$/);
    expect(of('mail')!.message).toContain('/dev/mailbox');
  });

  const cli = (...args: string[]): string =>
    execFileSync(process.execPath, ['dist/cli.js', ...args, '--json'], {
      cwd: path.resolve(__dirname, '../../..'),
      encoding: 'utf8',
      env: {
        PATH: process.env.PATH,
        NODE_ENV: 'test',
        DATABASE_URL: server.database.appUrl,
        MAINSTAY_OWNER_DATABASE_URL: server.database.ownerUrl,
        MAINSTAY_DATA_DIR: path.join(CACHE, 'test-data'),
      },
    });

  it('are listed by state in pages, at the prompt too', async () => {
    const listed = expectStatus(await operator.get<{ data: Delivery[] }>('/deliveries?state=dead&limit=1'), 200);
    expect(listed.data).toMatchObject([{ id: dead, state: 'dead', lastError: 'planted' }]);
    const { deliveries, counts } = JSON.parse(cli('deliveries:list', '--state', 'dead')) as {
      deliveries: Delivery[];
      counts: { dead: number };
    };
    expect(deliveries).toMatchObject([{ id: dead }]);
    expect(counts.dead).toBe(1);
  });

  it('run again when replayed; an unknown one is 404', async () => {
    expect((await operator.post(`/deliveries/${newId()}/replay`)).status).toBe(404);
    expect(expectStatus(await operator.post<Delivery>(`/deliveries/${dead}/replay`), 200).state).toBe('pending');
    await eventually(
      async () => (await admin.query('select 1 from kernel.deliveries where id = $1', [dead])).rowCount === 0,
    );
    expect(JSON.parse(cli('deliveries:replay', '--yes'))).toEqual({ replayed: [] });
  });
});
