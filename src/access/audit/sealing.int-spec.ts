import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Module } from '@nestjs/common';
import { Command, CommandBus, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { Client } from 'pg';
import { asTenant, testApp, type TestApp } from '../../../test/support/app';
import { testDatabase } from '../../../test/support/cluster';
import { Database, tenantStatement } from '../../kernel/database/database';
import { UnitOfWork } from '../../kernel/database/unit-of-work';
import { newId } from '../../kernel/ids/ids';
import { AuditModule } from './audit.module';
import { MOST_ENTRIES, Sealer, WAITING } from './commands/sealer';
import { VerifyTrailQuery, type TrailReport } from './contracts/verify-trail';

class TouchCommand extends Command<void> {
  constructor(
    readonly thingId: string,
    readonly hold?: Promise<void>,
  ) {
    super();
  }
}

@CommandHandler(TouchCommand)
class TouchHandler implements ICommandHandler<TouchCommand> {
  constructor(private readonly uow: UnitOfWork) {}

  async execute({ hold }: TouchCommand): Promise<void> {
    await this.uow.run(async (tx) => {
      await tx.execute('delete from kernel.idempotency_keys where tenant_id = kernel.tenant_id() and false');
      await hold;
    });
  }
}
@Module({ providers: [TouchHandler] })
class TouchModule {}

describe('the sealed trail', () => {
  let app: TestApp;
  let admin: Client;
  let sealer: Sealer;
  const folder = mkdtempSync(path.join(tmpdir(), 'heads-'));
  const file = path.join(folder, 'heads.jsonl');

  beforeAll(async () => {
    const database = await testDatabase({ fresh: true });
    // Sealed by hand: no worker seals in between.
    app = await testApp([AuditModule, TouchModule], {
      database,
      env: { MAINSTAY_AUDIT_HEADS_FILE: file, MAINSTAY_ROLES: 'api' },
    });
    admin = new Client({ connectionString: database.superuserUrl });
    await admin.connect();
    sealer = app.get(Sealer);
  });
  afterAll(async () => {
    await admin.end();
    await app.close();
    rmSync(folder, { recursive: true });
  });

  const touch = (tenant: string, hold?: Promise<void>): Promise<void> =>
    asTenant(tenant, () => app.get(CommandBus).execute(new TouchCommand(newId(), hold)));
  const verify = (tenant: string): Promise<TrailReport> =>
    asTenant(tenant, () => app.get(QueryBus).execute(new VerifyTrailQuery()));
  /** A trail of 30 entries in three batches. */
  async function trail(): Promise<string> {
    const tenant = newId();
    for (let batch = 0; batch < 3; batch++) {
      for (let i = 0; i < 10; i++) await touch(tenant);
      await sealer.sealAll();
    }
    return tenant;
  }
  const idAt = async (tenant: string, seq: number): Promise<string> =>
    (await admin.query<{ id: string }>('select id from audit.seals where tenant_id = $1 and seq = $2', [tenant, seq]))
      .rows[0].id;

  it('gives every entry its place, once, however many seal at once', async () => {
    const tenant = newId();
    await Promise.all(Array.from({ length: 40 }, () => touch(tenant)));
    await Promise.all(Array.from({ length: 5 }, () => sealer.sealAll()));
    await sealer.sealAll();
    const { rows } = await admin.query<{ seq: string }>(
      'select seq from audit.seals where tenant_id = $1 order by seq',
      [tenant],
    );
    expect(rows.map(({ seq }) => Number(seq))).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
    expect(await verify(tenant)).toMatchObject({ ok: true, entries: 40, waiting: 0, fault: null, head: { seq: 40 } });
  });

  it('says what was sealed, in the commit that seals it', async () => {
    const tenant = await trail();
    const said = await admin.query<{ aggregate: string; payload: Record<string, unknown> }>(
      `select aggregate_id as aggregate, payload from kernel.events where tenant_id = $1 and type = 'audit.audit-sealed.v1' order by id`,
      [tenant],
    );
    const batches = await admin.query(
      `select id, number::int, first_seq::int as "firstSeq", last_seq::int as "lastSeq", encode(head, 'hex') as head, kid,
         claims::json ->> 'root' as root from audit.batches where tenant_id = $1 order by number`,
      [tenant],
    );
    expect(said.rows.map(({ aggregate, payload }) => ({ id: aggregate, ...payload }))).toEqual(batches.rows);
    // Stored events outlive releases: a member may be added here, never renamed or removed.
    expect(Object.keys(said.rows[0].payload).sort()).toEqual(['firstSeq', 'head', 'kid', 'lastSeq', 'number', 'root']);
  });

  it('seals an entry that commits after later ones were sealed', async () => {
    const tenant = newId();
    let release = (): void => undefined;
    const late = touch(tenant, new Promise<void>((resolve) => (release = resolve)));
    await touch(tenant);
    await sealer.sealAll();
    expect(await verify(tenant)).toMatchObject({ ok: true, entries: 1 });
    release();
    await late;
    await sealer.sealAll();
    expect(await verify(tenant)).toMatchObject({ ok: true, entries: 2, waiting: 0 });
  });

  it('names the entry of which one byte was changed by a superuser', async () => {
    const tenant = await trail();
    expect(await verify(tenant)).toMatchObject({ ok: true, entries: 30, batches: 3 });
    const id = await idAt(tenant, 17);
    await admin.query(
      `update audit.entries set request_id = overlay(request_id placing 'x' from 5) where tenant_id = $1 and id = $2`,
      [tenant, id],
    );
    expect(await verify(tenant)).toMatchObject({ ok: false, fault: { kind: 'changed', seq: 17, entryId: id } });
  });

  it.each([
    ['action', `action = 'Other'`],
    ['time', `at = at + interval '1 microsecond'`],
    ['target', `target = '{"thingId":"x"}'`],
    ['personal data', `pii_enc = 'v1.a'`],
    ['steps', `steps = '{Other}'`],
    ['actor', 'actor_id = id'],
  ])('notices a change of the %s', async (_name, change) => {
    const tenant = await trail();
    const id = await idAt(tenant, 5);
    await admin.query(`update audit.entries set ${change} where tenant_id = $1 and id = $2`, [tenant, id]);
    expect((await verify(tenant)).fault).toMatchObject({ kind: 'changed', seq: 5, entryId: id });
  });

  it('names an entry that was deleted from the middle, with its seal or without', async () => {
    const tenant = await trail();
    const id = await idAt(tenant, 12);
    await admin.query('delete from audit.entries where tenant_id = $1 and id = $2', [tenant, id]);
    expect((await verify(tenant)).fault).toMatchObject({ kind: 'missing', seq: 12, entryId: id });
    await admin.query('delete from audit.seals where tenant_id = $1 and id = $2', [tenant, id]);
    expect((await verify(tenant)).fault).toMatchObject({ kind: 'missing', seq: 12 });
  });

  it('detects that the newest ten were dropped with everything that knew of them here', async () => {
    const tenant = await trail();
    for (const sql of [
      'delete from audit.entries where tenant_id = $1 and id in (select id from audit.seals where tenant_id = $1 and seq > 20)',
      'delete from audit.seals where tenant_id = $1 and seq > 20',
      'delete from audit.batches where tenant_id = $1 and last_seq > 20',
    ])
      await admin.query(sql, [tenant]);
    const { fault } = await verify(tenant);
    expect(fault).toMatchObject({ kind: 'dropped', seq: 21 });
    expect(fault!.detail).toContain('says 30');
    // The copies of the auditor taken away as well: the file outside of the database still tells.
    await admin.query('delete from auditor.heads where trail = $1 and last_seq > 20', [tenant]);
    expect((await verify(tenant)).fault).toMatchObject({ kind: 'dropped', seq: 21 });
    expect(readFileSync(file, 'utf8')).toContain(tenant);
  });

  it('detects a changed order', async () => {
    const tenant = await trail();
    const [a, b] = [await idAt(tenant, 14), await idAt(tenant, 16)];
    await admin.query('update audit.seals set seq = -1 where tenant_id = $1 and id = $2', [tenant, a]);
    await admin.query('update audit.seals set seq = 14 where tenant_id = $1 and id = $2', [tenant, b]);
    await admin.query('update audit.seals set seq = 16 where tenant_id = $1 and id = $2', [tenant, a]);
    expect((await verify(tenant)).fault).toMatchObject({ kind: 'moved', seq: 14, entryId: b });
  });

  it('detects an old state that was put back, also when work went on from it', async () => {
    const tenant = newId();
    for (let i = 0; i < 5; i++) await touch(tenant);
    await sealer.sealAll();
    const tables = ['entries', 'seals', 'batches'];
    for (const table of tables)
      await admin.query(
        `create table public.kept_${table} as select * from audit.${table} where tenant_id = '${tenant}'`,
      );
    for (let i = 0; i < 5; i++) await touch(tenant);
    await sealer.sealAll();
    for (const table of tables) {
      await admin.query(`delete from audit.${table} where tenant_id = $1`, [tenant]);
      await admin.query(`insert into audit.${table} select * from public.kept_${table}`);
      await admin.query(`drop table public.kept_${table}`);
    }
    expect((await verify(tenant)).fault).toMatchObject({ kind: 'dropped', seq: 6 });
    for (let i = 0; i < 9; i++) await touch(tenant);
    await sealer.sealAll();
    expect((await verify(tenant)).fault).toMatchObject({ kind: 'rewritten', seq: 6 });
  });

  it('detects an entry that was put in, and a queued one that was taken out', async () => {
    const tenant = await trail();
    await admin.query(
      `insert into audit.entries (tenant_id, id, at, action, actor_kind, result, request_id) values ($1, $2, now(), 'LogIn', 'user', 'ok', 'planted')`,
      [tenant, newId()],
    );
    expect((await verify(tenant)).fault).toMatchObject({ kind: 'unsealed' });
    const other = await trail();
    await touch(other);
    await admin.query(
      'delete from audit.entries where tenant_id = $1 and id in (select id from audit.unsealed where tenant_id = $1)',
      [other],
    );
    expect((await verify(other)).fault).toMatchObject({ kind: 'missing' });
  });

  it('seals what comes after a whole batch of queued entries was taken out, and tells that they are missing', async () => {
    const tenant = newId();
    const ids = Array.from({ length: MOST_ENTRIES }, () => newId());
    await admin.query(
      `with entry as (insert into audit.entries (tenant_id, id, at, action, actor_kind, result, request_id)
         select $1, id, now(), 'LogIn', 'user', 'ok', 'queued' from unnest($2::uuid[]) as t(id))
       insert into audit.unsealed (tenant_id, id) select $1, id from unnest($2::uuid[]) as t(id)`,
      [tenant, ids],
    );
    const gone = await admin.query('delete from audit.entries where tenant_id = $1', [tenant]);
    expect(gone.rowCount).toBe(MOST_ENTRIES);
    await touch(tenant);
    await sealer.sealAll();
    const { rows } = await admin.query<{ seq: number; action: string }>(
      `select s.seq, e.action from audit.seals s join audit.entries e on e.tenant_id = s.tenant_id and e.id = s.id where s.tenant_id = $1`,
      [tenant],
    );
    expect(rows).toEqual([{ seq: 1, action: 'Touch' }]);
    expect((await verify(tenant)).fault).toMatchObject({ kind: 'missing' });
  });

  it('looks queued entries up by their keys, and no further than a batch', async () => {
    const results = await app
      .get(Database)
      .send([
        tenantStatement(newId()),
        { text: `select set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true)` },
        { text: `explain ${WAITING}` },
      ]);
    const plan = results[2].rows.map((row) => row['QUERY PLAN'] as string).join('\n');
    expect(plan).toMatch(/^Limit[^]*Nested Loop[^]*unsealed[^]*Index Cond:[^\n]*\bid = (u|unsealed)\.id/);
    expect(plan).not.toMatch(/Sort|Hash|Merge Join/);
  });

  it('is not fooled by a chain that was computed anew: nobody but Mainstay signs', async () => {
    const tenant = await trail();
    const forged = await admin.query<{ claims: string }>(
      'select claims from audit.batches where tenant_id = $1 and number = 2',
      [tenant],
    );
    const claims = forged.rows[0].claims.replace(/"root":"(.)/, (_, digit) => `"root":"${digit === '0' ? '1' : '0'}`);
    await admin.query('update audit.batches set claims = $2 where tenant_id = $1 and number = 2', [tenant, claims]);
    expect((await verify(tenant)).fault).toMatchObject({ kind: 'signature', seq: 11 });
  });

  it('may not be touched by the application: heads can only be added, seals and entries only be added and read', async () => {
    const client = new Client({ connectionString: app.database.appUrl, options: '-c role=mainstay_app' });
    await client.connect();
    try {
      for (const sql of [
        'select * from auditor.heads',
        'delete from auditor.heads',
        'update audit.seals set seq = 1',
        'delete from audit.seals',
        'delete from audit.batches',
        'update audit.seal_keys set public_key = null',
        'set role mainstay_auditor',
      ])
        await expect(client.query(sql)).rejects.toThrow('permission denied');
    } finally {
      await client.end();
    }
  });
});
