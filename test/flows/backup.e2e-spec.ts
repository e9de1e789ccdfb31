import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { Client } from 'pg';
import { backupTables, checksumOf, PLAIN } from '../../src/cli/backup/tables';
import { expectStatus, TestClient } from '../support/client';
import { CACHE, testDatabase, type TestDatabase } from '../support/cluster';
import { eventually } from '../support/eventually';
import { ROOT } from '../support/process';
import { startServer, type TestServer } from '../support/server';
import { checkOut, fillCart, openShop, stock, type Login, type Shop } from '../support/shop';

jest.setTimeout(120_000);

describe('a backup', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'mainstay-backup-'));
  const file = path.join(folder, 'all.backup');
  let server: TestServer;
  let shop: Shop;
  let orderId: string;

  function mainstay(database: TestDatabase, words: string[], env: Record<string, string> = {}) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [path.join(ROOT, 'dist/cli.js'), ...words], {
      cwd: folder,
      encoding: 'utf8',
      input: '',
      env: {
        PATH: process.env.PATH,
        NODE_ENV: 'test',
        DATABASE_URL: database.appUrl,
        MAINSTAY_OWNER_DATABASE_URL: database.ownerUrl,
        MAINSTAY_DATA_DIR: path.join(CACHE, 'test-data'),
        ...env,
      },
    });
    return { code: status, out: stdout, err: stderr };
  }

  /** Rows and checksum of every table, looked at past every wall. */
  async function contents(database: TestDatabase): Promise<Record<string, { rows: number; sum: string }>> {
    const admin = new Client({ connectionString: database.superuserUrl, options: PLAIN });
    await admin.connect();
    try {
      const found: Record<string, { rows: number; sum: string }> = {};
      for (const { name } of await backupTables(admin)) found[name] = await checksumOf(admin, name);
      return found;
    } finally {
      await admin.end();
    }
  }

  /** Columns that the database numbers by itself, and whose next number is taken. */
  async function numbersBehind(database: TestDatabase): Promise<string[]> {
    const admin = new Client({ connectionString: database.superuserUrl });
    await admin.connect();
    try {
      const { rows: numbered } = await admin.query<{ table: string; column: string }>(
        `select a.attrelid::regclass::text as table, a.attname as column from pg_attribute a join pg_class c on c.oid = a.attrelid
         where a.attidentity <> '' and c.relnamespace <> 'bullmq'::regnamespace`,
      );
      expect(numbered.length).toBeGreaterThan(0);
      const behind: string[] = [];
      for (const { table, column } of numbered) {
        const { rows } = await admin.query<{ behind: boolean }>(
          `select max(${column}) > coalesce(pg_sequence_last_value(pg_get_serial_sequence($1, $2)::regclass), 0) as behind from ${table}`,
          [table, column],
        );
        if (rows[0].behind) behind.push(`${table}.${column}`);
      }
      return behind;
    } finally {
      await admin.end();
    }
  }

  beforeAll(async () => {
    const name = `backup-${process.env.JEST_WORKER_ID ?? 1}`;
    server = await startServer({ database: await testDatabase({ fresh: true }), name });
    shop = await openShop(server.url, 'Keeper');
    const { sku } = await stock(shop);
    for (const card of ['success', 'declined', 'success']) {
      const cart = await fillCart(shop.asGuest, [{ sku, quantity: 2 }]);
      orderId = expectStatus(await checkOut(shop.asGuest, cart, card), 201).order.id;
    }
    expectStatus(await shop.asOwner.post('/categories', { name: 'Ä "quoted" \\ shelf\nwith # and 日本' }), 201);
  });
  afterAll(() => {
    if (server) process.kill(server.pid, 'SIGTERM');
    rmSync(folder, { recursive: true, force: true });
  });

  it('is made while the server works, whole, as of one moment, for its maker alone', async () => {
    const buying = fillCart(shop.asGuest, [{ sku: (await stock(shop)).sku, quantity: 1 }]).then((cart) =>
      checkOut(shop.asGuest, cart),
    );
    const made = mainstay(server.database, ['backup:create', file, '--json']);
    expect(made).toMatchObject({ code: 0, err: '' });
    expect(JSON.parse(made.out).rows).toBeGreaterThan(50);
    await buying;
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(mainstay(server.database, ['backup:verify', file])).toMatchObject({
      code: 0,
      out: expect.stringMatching(/is whole: \d+ rows of \d+ tables/),
    });
    // No secret stands in it in the clear.
    const text = gunzipSync(readFileSync(file)).toString('utf8');
    for (const secret of [shop.owner.password, shop.owner.refreshToken, shop.owner.accessToken])
      expect(text).not.toContain(secret);
  });

  it('is refused when it was cut or changed', async () => {
    const text = gunzipSync(readFileSync(file)).toString('utf8');
    const variants: Record<string, Buffer> = {
      cut: readFileSync(file).subarray(0, 5_000),
      changed: gzipSync(text.replace('pending_payment', 'paid')),
      'without a row': gzipSync(text.replace(/\n\{[^\n]*pending_payment[^\n]*/, '')),
      'without its end': gzipSync(text.slice(0, text.lastIndexOf('#'))),
      'something else': Buffer.from('hello'),
    };
    for (const [name, bytes] of Object.entries(variants)) {
      const bad = path.join(folder, name.replaceAll(' ', '-'));
      writeFileSync(bad, bytes);
      const verified = mainstay(server.database, ['backup:verify', bad]);
      expect([name, verified.code, verified.err]).toEqual([name, 1, expect.stringContaining('is no whole backup')]);
    }
    expect(mainstay(server.database, ['backup:verify', path.join(folder, 'none')])).toMatchObject({ code: 1 });
    expect(mainstay(server.database, ['backup:verify'])).toMatchObject({ code: 2 });
  });

  it('fills an empty database with the same, row for row, and the product goes on from there', async () => {
    const empty = await testDatabase({ fresh: true });
    const before = await contents(empty);
    // Nobody is asked here: --yes. Another key is refused, and leaves nothing behind.
    expect(mainstay(empty, ['backup:restore', file])).toMatchObject({ code: 2 });
    const other = mainstay(empty, ['backup:restore', file, '--yes'], {
      MAINSTAY_SECRET_KEY: 'another master key that is long enough to be one',
    });
    expect(other).toMatchObject({ code: 78, err: expect.stringContaining('MAINSTAY_SECRET_KEY') });
    expect(await contents(empty)).toEqual(before);

    const restored = mainstay(empty, ['backup:restore', file, '--yes', '--json']);
    expect(restored).toMatchObject({ code: 0 });
    const there = await contents(empty);
    expect(await numbersBehind(empty)).toEqual([]);
    const copy = path.join(folder, 'copy.backup');
    expect(mainstay(empty, ['backup:create', copy]).code).toBe(0);
    const ends = (of: string): string[] =>
      gunzipSync(readFileSync(of))
        .toString('utf8')
        .split('\n')
        .filter((line) => line.startsWith('#{"end"'));
    expect(ends(copy)).toEqual(ends(file));
    expect(there['orders.orders'].rows).toBeGreaterThanOrEqual(3);
    expect(there['audit.entries'].rows).toBeGreaterThan(5);

    const again = await startServer({ database: empty, name: `backup-restored-${process.env.JEST_WORKER_ID ?? 1}` });
    try {
      const anyone = new TestClient(again.url);
      const login = await anyone.post<Login>('/auth/login', {
        email: shop.owner.user.email,
        password: shop.owner.password,
      });
      const owner = anyone.as({ token: expectStatus(login, 200).accessToken });
      expect(expectStatus(await owner.get(`/orders/${orderId}`), 200)).toMatchObject({ status: 'paid' });
      const { data } = expectStatus(await owner.get<{ data: { name: string }[] }>('/categories'), 200);
      expect(data.map(({ name }) => name)).toContain('Ä "quoted" \\ shelf\nwith # and 日本');
      // The wall stands again, references hold, and work goes on.
      const guest = anyone.as({ tenant: shop.slug });
      const { sku } = await stock({ ...shop, url: again.url, asOwner: owner, asGuest: guest });
      const placed = expectStatus(await checkOut(guest, await fillCart(guest, [{ sku, quantity: 1 }])), 201);
      await eventually(
        async () =>
          (await guest.get<{ data: object[] }>(`/dev/mailbox?to=${placed.order.email}`)).body.data.length === 1,
        { timeoutMs: 45_000 },
      );
    } finally {
      process.kill(again.pid, 'SIGTERM');
    }
    const full = mainstay(empty, ['backup:restore', file, '--yes']);
    expect(full).toMatchObject({ code: 1, err: expect.stringContaining('not empty') });
  });

  it('leaves no gap in the wall', async () => {
    const admin = new Client({ connectionString: server.database.superuserUrl });
    await admin.connect();
    const { rows } = await admin.query<{ name: string }>(
      `select c.oid::regclass::text as name from pg_class c where c.relrowsecurity and c.relkind in ('r', 'p')
         and not exists (select from pg_policy p where p.polrelid = c.oid and p.polname = 'backup'
           and p.polcmd = 'r' and p.polroles = array[(select oid from pg_roles where rolname = 'mainstay_owner')])
         and not c.relispartition`,
    );
    await admin.end();
    expect(rows).toEqual([]);
  });
});
