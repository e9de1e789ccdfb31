import { Module } from '@nestjs/common';
import { Column, Entity, PrimaryColumn, VersionColumn } from 'typeorm';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Client } from 'pg';
import { asTenant, testApp, type TestApp } from '../../../test/support/app';
import { testDatabase } from '../../../test/support/cluster';
import { skewed } from '../../../test/support/skew';
import { clock } from '../clock/clock';
import { currentContext, runInContext } from '../context/request-context';
import { newId } from '../ids/ids';
import { Aggregate, DomainEvent, type StoredEvent } from '../messaging/domain-event';
import { DeliveryWorker } from '../messaging/delivery-worker';
import { Deliveries } from '../messaging/deliveries';
import { InPlaceOfReactions, NotYet, Reaction, Timer, type Fires, type Reacts } from '../messaging/reaction';
import { Database } from './database';
import { IdempotencyReplay } from './idempotency';
import type { Transaction } from './transaction';
import { UnitOfWork } from './unit-of-work';

class ThingRenamed extends DomainEvent<{ thingId: string; name: string }> {
  static override readonly type = 'things.thing-renamed.v1';
}

@Entity({ schema: 'things', name: 'things' })
class Thing extends Aggregate {
  @PrimaryColumn('uuid', { name: 'tenant_id' }) tenantId: string;
  @PrimaryColumn('uuid') id: string;
  @Column('text') name: string;
  @Column('bigint') amount: number;
  @Column('jsonb', { nullable: true }) extra: object | null;
  @VersionColumn() version: number;

  rename(name: string): void {
    this.name = name;
    this.record(new ThingRenamed(this.id, { thingId: this.id, name }, this.version + 1));
  }
}

const behaviour = { fail: 0, notYet: 0 };
/** When timers were told that they fire. */
const rung: Date[] = [];

@InPlaceOfReactions('things.shout-when-renamed')
@Reaction({ name: 'things.note-when-renamed', on: ThingRenamed })
class NoteWhenRenamed implements Reacts<ThingRenamed> {
  async react(event: StoredEvent<ThingRenamed>, tx: Transaction): Promise<void> {
    await tx.execute('insert into things.notes (tenant_id, id, body) values ($1, $2, $3)', [
      tx.tenantId,
      newId(),
      event.payload.name,
    ]);
    // PostgreSQL refuses a NUL in jsonb, which shows only when the events are stored.
    if (event.payload.name === 'poison') tx.record(new ThingRenamed(newId(), { thingId: newId(), name: '\0' }));
    if (behaviour.notYet-- > 0) throw new NotYet('wait', 0);
    if (behaviour.fail-- > 0) throw new Error('planted');
  }
}

@Reaction({
  name: 'things.note-when-loud',
  on: ThingRenamed,
  when: ({ payload }: ThingRenamed) => payload.name.endsWith('!'),
})
class NoteWhenLoud implements Reacts<ThingRenamed> {
  async react({ payload }: StoredEvent<ThingRenamed>, tx: Transaction): Promise<void> {
    const note = [tx.tenantId, newId(), `heard ${payload.name}`];
    await tx.execute('insert into things.notes (tenant_id, id, body) values ($1, $2, $3)', note);
  }
}

@Timer({ name: 'things.ring' })
class Ring implements Fires<{ body: string }> {
  async fire(payload: { body: string }, tx: Transaction, now: Date): Promise<void> {
    rung.push(now);
    await tx.execute('insert into things.notes (tenant_id, id, body) values ($1, $2, $3)', [
      tx.tenantId,
      newId(),
      payload.body,
    ]);
  }
}

@Module({ imports: [TypeOrmModule.forFeature([Thing])], providers: [NoteWhenRenamed, NoteWhenLoud, Ring] })
class ThingsModule {}

const WALL = `nullif(current_setting('app.tenant_id', true), '')::uuid`;

describe('the two doors', () => {
  let app: TestApp;
  let uow: UnitOfWork;
  let database: Database;
  let worker: DeliveryWorker;
  const tenant = newId();
  const other = newId();

  const thing = (name: string): Thing =>
    Object.assign(new Thing(), { id: newId(), name, amount: 2 ** 40, extra: { a: [1] } });
  const notes = (id = tenant) =>
    database.readAs<{ body: string }>(id, 'select body from things.notes where tenant_id = $1 order by id', [id]);

  beforeAll(async () => {
    const db = await testDatabase({ fresh: true });
    const owner = new Client({ connectionString: db.ownerUrl });
    await owner.connect();
    await owner.query(`create schema things; grant usage on schema things to mainstay_app;
      create table things.things (tenant_id uuid, id uuid, name text not null, amount bigint not null, extra jsonb, version int not null, primary key (tenant_id, id));
      create table things.notes (tenant_id uuid, id uuid, body text not null, primary key (tenant_id, id));
      grant all on things.things, things.notes to mainstay_app;
      alter table things.things enable row level security; alter table things.things force row level security;
      create policy p on things.things using (tenant_id = ${WALL}) with check (tenant_id = ${WALL});
      alter table things.notes enable row level security; alter table things.notes force row level security;
      create policy p on things.notes using (tenant_id = ${WALL}) with check (tenant_id = ${WALL});`);
    await owner.end();
    app = await testApp([ThingsModule], { database: db });
    uow = app.get(UnitOfWork);
    database = app.get(Database);
    worker = app.get(DeliveryWorker);
  });
  afterAll(() => app?.close());
  beforeEach(() => Object.assign(behaviour, { fail: 0, notYet: 0 }));

  it('reads what was written, in the types of the entity, and only in its tenant', async () => {
    const made = thing('first');
    await asTenant(tenant, () => uow.run((tx) => tx.store.insert(made)));
    const read = `select name, amount, extra, version from things.things where id = $1`;
    expect(await database.readAs(tenant, read, [made.id])).toEqual([
      { name: 'first', amount: 2 ** 40, extra: { a: [1] }, version: 1 },
    ]);
    expect(await database.readAs(other, read, [made.id])).toEqual([]);
    // The row-level wall alone: no tenant at all shows nothing, and the setting does not leak to the next user of a connection.
    const bare = await database.pool.query('select count(*)::int as n from things.things');
    expect(bare.rows[0]).toEqual({ n: 0 });
  });

  it('gives an operator’s check an hour, and the next read its usual time', async () => {
    const limit = `select current_setting('statement_timeout') as limit, kernel.tenant_id() as tenant`;
    const usual = await asTenant(tenant, () => database.read(limit));
    expect(await asTenant(tenant, () => database.readPatiently(limit))).toEqual([{ limit: '1h', tenant }]);
    expect(await asTenant(tenant, () => database.read(limit))).toEqual(usual);
    expect(usual).not.toEqual([{ limit: '1h', tenant }]);
  });

  it('plans a statement for its values where that is asked for, and the next one as usual', async () => {
    const mode = `select current_setting('plan_cache_mode') as mode, kernel.tenant_id() as tenant`;
    expect(await asTenant(tenant, () => database.readPlanned(mode))).toEqual([{ mode: 'force_custom_plan', tenant }]);
    expect(await asTenant(tenant, () => database.read(mode))).toEqual([{ mode: 'auto', tenant }]);
    const rows = await asTenant(tenant, () => uow.run(() => database.readPlanned(mode)));
    expect(rows).toEqual([{ mode: 'auto', tenant }]);
  });

  it('refuses to write a row for another tenant', async () => {
    const write = asTenant(tenant, () =>
      uow.run((tx) =>
        tx.execute('insert into things.notes (tenant_id, id, body) values ($1, $2, $3)', [other, newId(), 'x']),
      ),
    );
    await expect(write).rejects.toMatchObject({ code: '42501' });
  });

  it('updates changed columns only, checks the version and says stale', async () => {
    const made = thing('one');
    await asTenant(tenant, () => uow.run((tx) => tx.store.insert(made)));
    const stale = await asTenant(tenant, () => uow.run((tx) => tx.store.load(Thing, made.id, { lock: false })));
    await asTenant(tenant, () =>
      uow.run(async (tx) => {
        const loaded = (await tx.store.load(Thing, made.id))!;
        loaded.rename('two');
        await tx.store.save(loaded);
        expect(loaded.version).toBe(2);
      }),
    );
    stale!.name = 'lost';
    await expect(asTenant(tenant, () => uow.run((tx) => tx.store.update(stale!)))).rejects.toMatchObject({
      code: 'kernel.stale-write',
    });
    await worker.drain();
    expect(await notes()).toEqual([{ body: 'two' }]);
  });

  it('delivers an event to those reactions alone that it is about', async () => {
    const own = newId();
    const rename = (name: string) =>
      asTenant(own, () => uow.run(async (tx) => tx.record(new ThingRenamed(newId(), { thingId: newId(), name }))));
    await rename('quiet');
    await rename('loud!');
    expect(await worker.drain()).toBe(3);
    expect((await notes(own)).map(({ body }) => body).sort()).toEqual(['heard loud!', 'loud!', 'quiet']);
    // So does what is delivered of the kept ones afterwards.
    expect(await app.get(Deliveries).backfill(own, 'things.note-when-loud', new Date(0))).toBe(1);
    expect(await worker.drain()).toBe(1);
    expect((await notes(own)).map(({ body }) => body).filter((body) => body === 'heard loud!')).toHaveLength(2);
  });

  it('commits a load, an update, the event, its delivery in three trips', async () => {
    const made = thing('count');
    await asTenant(tenant, () => uow.run((tx) => tx.store.insert(made)));
    const sql = { trips: 0, statements: 0, commits: 0, milliseconds: 0 };
    await asTenant(tenant, () =>
      runInContext({ sql }, () =>
        uow.run(async (tx) => {
          const loaded = (await tx.store.load(Thing, made.id))!;
          loaded.rename('counted');
          await tx.store.save(loaded);
        }),
      ),
    );
    expect(sql).toMatchObject({ trips: 3, commits: 1 });
    await worker.drain();
  });

  it('rolls everything back on an error, also one that an inner run threw and somebody caught', async () => {
    const made = thing('gone');
    const work = asTenant(tenant, () =>
      uow.run(async (tx) => {
        await tx.store.insert(made);
        await uow.run(() => Promise.reject(new Error('inner'))).catch(() => undefined);
      }),
    );
    await expect(work).rejects.toThrow('inner');
    expect(await database.readAs(tenant, 'select 1 from things.things where id = $1', [made.id])).toEqual([]);
  });

  it('undoes a savepoint with its events and goes on', async () => {
    const kept = thing('kept');
    await asTenant(tenant, () =>
      uow.run(async (tx) => {
        await tx.store.insert(kept);
        const failed = tx.savepoint(async () => {
          await tx.execute('insert into things.notes (tenant_id, id, body) values ($1, $2, $3)', [
            tenant,
            newId(),
            'undone',
          ]);
          tx.record(new ThingRenamed(kept.id, { thingId: kept.id, name: 'never' }));
          await tx.execute('select 1 / 0');
        });
        await expect(failed).rejects.toMatchObject({ code: '22012' });
      }),
    );
    await worker.drain();
    expect((await notes()).map((note) => note.body)).not.toContain('undone');
    expect((await notes()).map((note) => note.body)).not.toContain('never');
    expect(await database.readAs(tenant, 'select 1 as one from things.things where id = $1', [kept.id])).toEqual([
      { one: 1 },
    ]);
  });

  it('tells once a commit what is told once, as it was last, and nothing of what was undone', async () => {
    const told: string[] = [];
    const tell = (tx: Transaction, name: string, what: string): void =>
      tx.afterCommit(() => void told.push(`${name} ${what}`), name);
    await asTenant(tenant, () =>
      uow.run(async (tx) => {
        tell(tx, 'a', 'placed');
        tell(tx, 'b', 'placed');
        tx.afterCommit(() => void told.push('always'));
        tx.afterCommit(() => void told.push('always'));
        tell(tx, 'a', 'paid');
        const undone = tx.savepoint(async () => {
          tell(tx, 'a', 'shipped');
          await tx.execute('select 1 / 0');
        });
        await expect(undone).rejects.toMatchObject({ code: '22012' });
      }),
    );
    expect(told).toEqual(['b placed', 'always', 'always', 'a paid']);
  });

  it('gives TypeORM a manager on the same transaction', async () => {
    const made = thing('managed');
    await asTenant(tenant, () =>
      uow.run(async (tx) => {
        await tx.store.insert(made);
        const found = await tx.manager.getRepository(Thing).findOneBy({ id: made.id, tenantId: tenant });
        expect(found).toMatchObject({ name: 'managed', amount: 2 ** 40 });
      }),
    );
  });

  it('runs a reaction exactly once although it fails first, and undoes the failed try', async () => {
    behaviour.fail = 1;
    behaviour.notYet = 0;
    const made = thing('retry');
    await asTenant(other, () =>
      uow.run(async (tx) => {
        await tx.store.insert(made);
        made.rename('retried');
        await tx.store.save(made);
      }),
    );
    await worker.drain();
    expect(await notes(other)).toEqual([]);
    const [delivery] = (await app.get(Deliveries).list({ name: 'things.note-when-renamed' })).filter(
      (row) => row.tenantId === other,
    );
    expect(delivery).toMatchObject({ attempts: 1, state: 'pending', lastError: 'planted' });
    await app.get(Deliveries).replay({ id: delivery.id });
    await worker.drain();
    await worker.drain();
    expect(await notes(other)).toEqual([{ body: 'retried' }]);
  });

  it('is done with what waits for a reaction of an earlier release, and keeps what a later one may know', async () => {
    const own = newId();
    const left = async (): Promise<string[]> =>
      (
        await database.readAs<{ name: string }>(own, 'select name from kernel.deliveries where tenant_id = $1', [own])
      ).map(({ name }) => name);
    for (const name of ['things.shout-when-renamed', 'things.sing-when-renamed'])
      await asTenant(own, () =>
        uow.run((tx) =>
          tx.execute(
            `insert into kernel.deliveries (tenant_id, id, event_id, kind, name, due_at) values ($1, $2, $3, 'reaction', $4, kernel.now())`,
            [own, newId(), newId(), name],
          ),
        ),
      );
    await worker.drain();
    expect(await left()).toEqual(['things.sing-when-renamed']);
  });

  it('is not held up by a delivery that undoes its whole batch', async () => {
    const own = newId();
    await asTenant(own, () =>
      uow.run(async (tx) => {
        for (const name of ['before', 'poison', 'after'])
          tx.record(new ThingRenamed(newId(), { thingId: newId(), name }));
      }),
    );
    await worker.drain();
    expect((await notes(own)).map((note) => note.body).sort()).toEqual(['after', 'before']);
    const failed = (await app.get(Deliveries).list({ name: 'things.note-when-renamed' })).filter(
      (row) => row.tenantId === own,
    );
    expect(failed).toMatchObject([{ attempts: 1, state: 'pending' }]);
  });

  it('fires a timer at its time and not before', async () => {
    const own = newId();
    await asTenant(own, () =>
      uow.run(async (tx) => {
        tx.timer(Ring, { body: 'now' }, new Date(0));
        tx.timer(Ring, { body: 'later' }, new Date('2999-01-01'));
      }),
    );
    await worker.drain();
    expect(await notes(own)).toEqual([{ body: 'now' }]);
  });

  it('tells a timer the time by the clock that it was due by, however far that of the process is off', async () => {
    const own = newId();
    const due = clock.now();
    await asTenant(own, () => uow.run(async (tx) => void tx.timer(Ring, { body: 'due' }, due)));
    rung.length = 0;
    await skewed(-60, () => worker.drain());
    expect(rung).toHaveLength(1);
    expect(rung[0].getTime()).toBeGreaterThanOrEqual(due.getTime());
  });

  it('backfills a reaction from kept events, by the thousand, and makes none twice that waits', async () => {
    const own = newId();
    await asTenant(own, () =>
      uow.run(async (tx) => {
        for (let at = 0; at < 1_200; at += 1)
          tx.record(new ThingRenamed(newId(), { thingId: newId(), name: `old ${at}` }));
        tx.record(new ThingRenamed(newId(), { thingId: newId(), name: 'loud!' }));
      }),
    );
    // As if neither had existed yet.
    await asTenant(own, () => uow.run((tx) => tx.execute('delete from kernel.deliveries where tenant_id = $1', [own])));
    const deliveries = app.get(Deliveries);
    const told: number[][] = [];
    const backfill = (name: string, since = new Date(0)) =>
      deliveries.backfill(own, name, since, (...progress) => told.push(progress));
    expect(await backfill('things.note-when-renamed')).toBe(1_201);
    expect(told).toEqual([
      [1_000, 1_201],
      [1_201, 1_201],
    ]);
    expect(await backfill('things.note-when-renamed')).toBe(0);
    expect(await backfill('things.note-when-loud')).toBe(1);
    expect(await backfill('things.note-when-loud', new Date('2999-01-01'))).toBe(0);
    await expect(backfill('things.no-such')).rejects.toMatchObject({ code: 'deliveries.unknown-reaction' });
    await worker.drain();
    const bodies = (await notes(own)).map(({ body }) => body);
    expect([bodies.length, new Set(bodies).size]).toEqual([1_202, 1_202]);
  });

  it('makes the months of events that come and drops those that are past', async () => {
    const owner = new Client({ connectionString: app.database.ownerUrl });
    await owner.connect();
    await owner.query(`create table kernel.events_2020_01 partition of kernel.events
      for values from (kernel.uuid_at('2020-01-01Z')) to (kernel.uuid_at('2020-02-01Z'))`);
    await database.readPlatform('select kernel.ensure_partitions()');
    const { rows } = await owner.query<{ name: string }>(
      `select relname as name from pg_class where relname ~ '^events_[0-9]' and relkind = 'r' order by 1`,
    );
    const months = await owner.query<{ name: string }>(
      `select 'events_' || to_char((now() at time zone 'UTC') + make_interval(months => i), 'YYYY_MM') as name
       from generate_series(0, 2) i order by 1`,
    );
    await owner.end();
    // A template of last month has that one too, as long as its events are kept.
    expect(rows.filter(({ name }) => name >= months.rows[0].name)).toEqual(months.rows);
    expect(rows.map((row) => row.name)).not.toContain('events_2020_01');
  });

  describe('idempotency', () => {
    const scope = (): string => (newId() + newId()).replaceAll('-', '');
    const request = (key: string, bodyHash = 'h') => ({ scope: key, bodyHash, status: 201, phase: 'new' as const });

    it('stores the answer with the effect and replays it; another body is refused', async () => {
      const key = scope();
      const own = newId();
      const post = (bodyHash?: string) =>
        asTenant(own, () =>
          runInContext({ idempotency: request(key, bodyHash) }, () =>
            uow.run(async (tx) => {
              await tx.execute('insert into things.notes (tenant_id, id, body) values ($1, $2, $3)', [
                own,
                newId(),
                'once',
              ]);
              return { b: 1, a: 2 };
            }),
          ),
        );
      await expect(post()).resolves.toEqual({ b: 1, a: 2 });
      const again = await post().catch((error: unknown) => error);
      expect(again).toBeInstanceOf(IdempotencyReplay);
      expect(JSON.stringify((again as IdempotencyReplay).body)).toBe('{"b":1,"a":2}');
      // What a client was told may be for it alone (an order's token): it is sealed in the table.
      const [kept] = await database.readAs<{ body: string }>(
        own,
        'select body from kernel.idempotency_keys where tenant_id = $1',
        [own],
      );
      expect(kept.body).toMatch(/^v1\./);
      await expect(post('other')).rejects.toMatchObject({ code: 'idempotency.key-reused', status: 422 });
      expect(await notes(own)).toHaveLength(1);
    });

    it('forgets answers that have expired', async () => {
      const own = newId();
      const answer = () =>
        runInContext({ tenantId: own, idempotency: request(scope()) }, () => uow.run(async () => Promise.resolve({})));
      await answer();
      await asTenant(own, () =>
        uow.run((tx) =>
          tx.execute(
            `update kernel.idempotency_keys set created_at = created_at - interval '2 days' where tenant_id = $1`,
            [own],
          ),
        ),
      );
      await answer();
      expect(
        await database.readAs(own, `select 1 from kernel.idempotency_keys where tenant_id = $1`, [own]),
      ).toHaveLength(1);
    });

    it('lets 50 equal requests at once have one effect', async () => {
      const key = scope();
      const own = newId();
      const results = await Promise.all(
        Array.from({ length: 50 }, () =>
          asTenant(own, () =>
            runInContext({ idempotency: request(key) }, () =>
              uow.run((tx) =>
                tx.execute('insert into things.notes (tenant_id, id, body) values ($1, $2, $3)', [own, newId(), 'x']),
              ),
            ),
          ).then(
            () => 'done',
            (error: { code?: string }) => (error instanceof IdempotencyReplay ? 'replayed' : error.code),
          ),
        ),
      );
      expect(results.filter((result) => result === 'done')).toHaveLength(1);
      expect(results.every((result) => ['done', 'replayed', 'idempotency.in-progress'].includes(result!))).toBe(true);
      expect(await notes(own)).toHaveLength(1);
    });

    it('holds a lease, refuses an equal request meanwhile, and is taken over after it', async () => {
      const key = scope();
      const own = newId();
      const first = (seconds: number) =>
        asTenant(own, () =>
          runInContext({ idempotency: request(key) }, () =>
            uow.run(async (tx) => {
              const { resumed } = tx;
              tx.lease('order-1', seconds);
              await tx.query('select 1');
              return resumed;
            }),
          ),
        );
      await expect(first(0)).resolves.toBeNull();
      await expect(first(60)).resolves.toBe('order-1');
      await expect(first(60)).rejects.toMatchObject({ code: 'idempotency.in-progress', status: 409 });
      await asTenant(own, () =>
        runInContext({ idempotency: { ...request(key), phase: 'leased' } }, async () => {
          await uow.run((tx) => tx.query('select 1'));
          expect(currentContext().idempotency!.phase).toBe('leased');
          await uow.run(async (tx) => tx.answer({ ok: true }));
        }),
      );
      await expect(first(60)).rejects.toBeInstanceOf(IdempotencyReplay);
    });
  });
});
