import { Module } from '@nestjs/common';
import { Client } from 'pg';
import { asTenant, testApp, type TestApp } from '../../../test/support/app';
import { testDatabase } from '../../../test/support/cluster';
import { currentContext, runInContext } from '../context/request-context';
import { conflict } from '../errors/app-error';
import { newId } from '../ids/ids';
import { DomainEvent } from '../messaging/domain-event';
import { Reaction, type Reacts } from '../messaging/reaction';
import { counterStatement, Database } from './database';
import { named } from './statements';
import { together } from './together';
import type { Transaction } from './transaction';
import { UnitOfWork } from './unit-of-work';

class Counted extends DomainEvent<{ n: number }> {
  static override readonly type = 'counters.counted.v1';
}

@Reaction({ name: 'counters.look', on: Counted })
class Look implements Reacts<Counted> {
  async react(): Promise<void> {}
}

@Reaction({ name: 'counters.look-too', on: Counted })
class LookToo implements Reacts<Counted> {
  async react(): Promise<void> {}
}

@Module({ providers: [Look, LookToo] })
class CountersModule {}

const stale = () => conflict('counters.stale', 'Somebody else was faster.');
const RAISE = `with raised as (update counters.counters set n = n + 1 where tenant_id = $1 and id = $2 and n = $3 returning 1)
  select kernel.expect_rows(count(*), 1, :label) from raised`;
const READ = 'select n from counters.counters where tenant_id = $1 and id = $2';

describe('statements that travel together', () => {
  let app: TestApp;
  let uow: UnitOfWork;
  let database: Database;
  const tenant = newId();

  const within = <T>(work: (tx: Transaction) => Promise<T>): Promise<T> => asTenant(tenant, () => uow.run(work));
  const counter = async (n = 0): Promise<string> => {
    const id = newId();
    await within((tx) =>
      tx.execute('insert into counters.counters (tenant_id, id, n) values ($1, $2, $3)', [tenant, id, n]),
    );
    return id;
  };
  const valueOf = async (id: string): Promise<number | undefined> =>
    (await database.readAs<{ n: number }>(tenant, READ, [tenant, id]))[0]?.n;
  /** Runs work as a request and says how many trips it took. */
  const trips = (work: () => Promise<unknown>): Promise<number> =>
    asTenant(tenant, () =>
      runInContext({ sql: { trips: 0, statements: 0, commits: 0, milliseconds: 0 } }, async () => {
        await work();
        return currentContext().sql!.trips;
      }),
    );

  beforeAll(async () => {
    const db = await testDatabase({ fresh: true });
    const owner = new Client({ connectionString: db.ownerUrl });
    await owner.connect();
    await owner.query(`create schema counters; grant usage on schema counters to mainstay_app;
      create table counters.counters (tenant_id uuid, id uuid, n int not null check (n < 100), primary key (tenant_id, id));
      grant all on counters.counters to mainstay_app;
      alter table counters.counters enable row level security; alter table counters.counters force row level security;
      create policy p on counters.counters using (tenant_id = kernel.tenant_id()) with check (tenant_id = kernel.tenant_id())`);
    await owner.end();
    app = await testApp([CountersModule], { database: db });
    uow = app.get(UnitOfWork);
    database = app.get(Database);
  });
  afterAll(() => app?.close());

  it('share a trip when work runs side by side, in the order in which it asks', async () => {
    const id = await counter(5);
    const side = async (tx: Transaction): Promise<number> => {
      await Promise.resolve();
      const [{ n }] = await tx.query<{ n: number }>(READ, [tenant, id]);
      return n;
    };
    const count = await trips(() =>
      uow.run(async (tx) => {
        const [changed, seen] = await together(
          () => tx.execute('update counters.counters set n = 6 where tenant_id = $1 and id = $2', [tenant, id]),
          () => side(tx),
        );
        expect([changed, seen]).toEqual([1, 6]);
      }),
    );
    // BEGIN and both statements; COMMIT.
    expect(count).toBe(2);
  });

  it('wait for all of the work before the first error is told, and leave nothing of it', async () => {
    const id = await counter();
    let late: unknown = 'nothing';
    const failing = within((tx) =>
      together(
        () => tx.query('select 1 / 0 as n'),
        async () => {
          await Promise.resolve();
          await tx
            .execute('update counters.counters set n = 9 where tenant_id = $1 and id = $2', [tenant, id])
            .catch((error: unknown) => {
              late = error;
              throw error;
            });
        },
      ),
    );
    await expect(failing).rejects.toMatchObject({ code: '22012' });
    expect(late).toMatchObject({ code: '22012' });
    expect(await valueOf(id)).toBe(0);
  });

  it('refuse what is asked for after the end', async () => {
    const id = await counter();
    let escaped: Transaction | undefined;
    await within(async (tx) => {
      escaped = tx;
      await tx.query(READ, [tenant, id]);
    });
    await expect(escaped!.execute('delete from counters.counters', [])).rejects.toThrow('has ended');
    await within(async (tx) => {
      escaped = tx;
      throw stale();
    }).catch(() => undefined);
    await expect(escaped!.execute('delete from counters.counters', [])).rejects.toThrow('has ended');
    expect(await valueOf(id)).toBe(0);
  });

  it('put off writes until something else is sent, or the commit', async () => {
    const id = await counter();
    const count = await trips(() => uow.run(async (tx) => tx.later(RAISE, [tenant, id, 0], stale)));
    expect(count).toBe(1);
    expect(await valueOf(id)).toBe(1);
  });

  it('fail with the error of the write that did not change what it must, before the commit', async () => {
    const [first, second] = [await counter(1), await counter(2)];
    const both = within(async (tx) => {
      tx.later(RAISE, [tenant, first, 1], () => conflict('counters.first', 'The first.'));
      tx.later(RAISE, [tenant, second, 7], () => conflict('counters.second', 'The second.'));
    });
    await expect(both).rejects.toMatchObject({ code: 'counters.second' });
    expect([await valueOf(first), await valueOf(second)]).toEqual([1, 2]);
    // The connection is as good as ever.
    expect(await trips(() => uow.run((tx) => tx.query(READ, [tenant, first])))).toBe(2);
  });

  it('undo with a savepoint what was put off within it', async () => {
    const id = await counter();
    await within(async (tx) => {
      await tx
        .savepoint(async () => {
          tx.later(RAISE, [tenant, id, 0], stale);
          throw stale();
        })
        .catch(() => undefined);
    });
    expect(await valueOf(id)).toBe(0);
  });

  it('fail within the savepoint that they were put off in', async () => {
    const [id, other] = [await counter(), await counter()];
    await within(async (tx) => {
      const failed = await tx
        .savepoint(async () => tx.later(RAISE, [tenant, id, 7], stale))
        .catch((error: unknown) => error);
      expect(failed).toMatchObject({ code: 'counters.stale' });
      tx.later(RAISE, [tenant, other, 0], stale);
    });
    expect([await valueOf(id), await valueOf(other)]).toEqual([0, 1]);
  });

  it('refuse a savepoint beside other work, which it would undo, whichever begins first', async () => {
    const id = await counter();
    const mark = (tx: Transaction) => tx.savepoint(() => tx.execute('select 1'));
    const raise = (tx: Transaction) =>
      tx.execute('update counters.counters set n = 1 where tenant_id = $1 and id = $2', [tenant, id]);
    const refused = [
      within((tx) =>
        together(
          () => mark(tx),
          () => raise(tx),
        ),
      ),
      within((tx) =>
        together(
          () => raise(tx),
          () => mark(tx),
        ),
      ),
      within((tx) =>
        together(
          () => raise(tx),
          () => tx.query(READ, [tenant, id]).then(() => mark(tx)),
        ),
      ),
    ];
    for (const each of refused) await expect(each).rejects.toThrow('A savepoint must not be set beside other work');
    expect(await valueOf(id)).toBe(0);
    // One around all of it is as good as ever.
    await within((tx) =>
      tx.savepoint(() =>
        together(
          () => raise(tx),
          () => tx.query(READ, [tenant, id]),
        ),
      ),
    );
    expect(await valueOf(id)).toBe(1);
  });

  it('make one trip of a single statement and its commit', async () => {
    const id = await counter(3);
    let found: { n: number }[] = [];
    const count = await trips(async () => {
      found = await uow.once((tx) =>
        tx.query<{ n: number }>('update counters.counters set n = n + 1 where tenant_id = $1 and id = $2 returning n', [
          tenant,
          id,
        ]),
      );
    });
    expect([count, found, await valueOf(id)]).toEqual([1, [{ n: 4 }], 4]);
    const broken = asTenant(tenant, () =>
      uow.once((tx) =>
        tx.execute('update counters.counters set n = 100 where tenant_id = $1 and id = $2', [tenant, id]),
      ),
    );
    await expect(broken).rejects.toMatchObject({ code: '23514' });
  });

  it('run behind the commit in its trip: what fails there undoes nothing and is no error of the commit', async () => {
    const [id, shared] = [await counter(1), await counter(5)];
    const raise = (which: string, by: number) =>
      named('update counters.counters set n = n + $3 where tenant_id = $1 and id = $2', [tenant, which, by], false);
    const run = (by: number) =>
      trips(() =>
        uow.run(async (tx) => {
          tx.later('update counters.counters set n = n + 1 where tenant_id = $1 and id = $2', [tenant, id]);
          tx.behindCommit(counterStatement(tenant), raise(shared, by));
        }),
      );
    expect([await run(1), await valueOf(id), await valueOf(shared)]).toEqual([1, 2, 6]);
    expect([await run(100), await valueOf(id), await valueOf(shared)]).toEqual([1, 3, 6]);
    // Nothing of a transaction that is undone.
    const undone = within(async (tx) => {
      tx.behindCommit(counterStatement(tenant), raise(shared, 1));
      tx.later('update counters.counters set n = 100 where tenant_id = $1 and id = $2', [tenant, id]);
    });
    await expect(undone).rejects.toMatchObject({ code: '23514' });
    await within((tx) =>
      tx
        .savepoint(async () => {
          tx.behindCommit(counterStatement(tenant), raise(shared, 1));
          throw new Error('undone');
        })
        .catch(() => undefined),
    );
    expect([await valueOf(id), await valueOf(shared)]).toEqual([3, 6]);
  });

  it('deliver to no reaction what the same commit has done already', async () => {
    const [mine, others] = [newId(), newId()];
    await within(async (tx) => {
      tx.record(new Counted(mine, { n: 1 }), new Counted(others, { n: 2 }));
      tx.handled('counters.look', mine);
    });
    const left = await database.readAs<{ name: string; about: string }>(
      tenant,
      `select d.name, e.aggregate_id as about from kernel.deliveries d
       join kernel.events e on e.tenant_id = d.tenant_id and e.id = d.event_id where d.tenant_id = $1`,
      [tenant],
    );
    expect(left.map(({ name, about }) => `${name} ${about === mine ? 'mine' : 'others'}`).sort()).toEqual([
      'counters.look others',
      'counters.look-too mine',
      'counters.look-too others',
    ]);
  });
});
