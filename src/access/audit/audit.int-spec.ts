import { Module } from '@nestjs/common';
import { Command, CommandBus, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { Client } from 'pg';
import { asTenant, testApp, type TestApp } from '../../../test/support/app';
import { GUEST } from '../../kernel/auth/principal';
import { Envelope } from '../../kernel/crypto/envelope';
import { UnitOfWork } from '../../kernel/database/unit-of-work';
import { runInContext } from '../../kernel/context/request-context';
import { ListQuery } from '../../kernel/http/pagination';
import { newId } from '../../kernel/ids/ids';
import { AuditModule } from './audit.module';
import { SubjectKeys } from './data/subject-keys';
import type { AuditEntry } from './queries/entry-view';
import { ListAuditEntriesQuery } from './queries/list-entries';

class TouchThingCommand extends Command<void> {
  constructor(
    readonly thingId: string,
    readonly secret = 'never audited',
    readonly fail = false,
  ) {
    super();
  }
}

@CommandHandler(TouchThingCommand)
class TouchThingHandler implements ICommandHandler<TouchThingCommand> {
  constructor(private readonly uow: UnitOfWork) {}

  async execute({ fail }: TouchThingCommand): Promise<void> {
    await this.uow.run(async (tx) => {
      await tx.execute('delete from kernel.idempotency_keys where tenant_id = kernel.tenant_id() and false');
      if (fail) throw new Error('planted');
    });
  }
}
@Module({ providers: [TouchThingHandler] })
class ThingsModule {}

describe('the audit trail', () => {
  let app: TestApp;
  let commands: CommandBus;
  const tenant = newId();
  const actor = { ...GUEST, kind: 'user' as const, userId: newId() };
  const entries = async (query: object = {}, tenantId = tenant): Promise<AuditEntry[]> => {
    const list = Object.assign(new ListQuery(), query);
    return (await asTenant(tenantId, () => app.get(QueryBus).execute(new ListAuditEntriesQuery(list)))).data;
  };
  const touch = (thingId: string, fail = false, requestId = newId()): Promise<void> =>
    runInContext({ tenantId: tenant, principal: actor, requestId, ip: '203.0.113.7' }, () =>
      commands.execute(new TouchThingCommand(thingId, 'never audited', fail)),
    );

  beforeAll(async () => {
    app = await testApp([AuditModule, ThingsModule]);
    commands = app.get(CommandBus);
  });
  afterAll(() => app.close());

  it('has one row per command, in its own commit, with ids and nothing else', async () => {
    const thingId = newId();
    const requestId = newId();
    await touch(thingId, false, requestId);
    const [entry] = await entries({ action: 'TouchThing' });
    expect(entry).toMatchObject({
      action: 'TouchThing',
      actor: { kind: 'user', id: actor.userId },
      target: { thingId },
      result: 'ok',
      requestId,
      ip: '203.0.113.7',
    });
    expect(JSON.stringify(entry)).not.toContain('never audited');
  });

  it('has no row of what was rolled back', async () => {
    const thingId = newId();
    await expect(touch(thingId, true)).rejects.toThrow('planted');
    expect(
      (await entries({ limit: 100 })).filter((entry) => entry.target.thingId === thingId && entry.result === 'ok'),
    ).toEqual([]);
  });

  it('is filtered, and shown to its tenant alone', async () => {
    await touch(newId());
    expect(await entries({ actorId: actor.userId })).not.toEqual([]);
    expect(await entries({ actorId: newId() })).toEqual([]);
    expect(await entries({ from: '2020-01-01T00:00:00Z', to: '2020-01-02T00:00:00Z' })).toEqual([]);
    expect(await entries({}, newId())).toEqual([]);
  });

  it('shows whom it names although others are forgotten while it is read', async () => {
    const keys = app.get(SubjectKeys);
    const shop = newId();
    for (const ip of ['203.0.113.8', '203.0.113.9'])
      await runInContext({ tenantId: shop, principal: { ...actor, userId: newId() }, requestId: newId(), ip }, () =>
        commands.execute(new TouchThingCommand(newId())),
      );
    const envelope = app.get(Envelope);
    const open = envelope.open.bind(envelope);
    const opened = jest.spyOn(envelope, 'open').mockImplementation(async (...args) => {
      const key = await open(...args);
      keys.announceShredding(newId(), [newId()]);
      return key;
    });
    const shown = await entries({}, shop);
    expect(opened).toHaveBeenCalledTimes(2);
    opened.mockRestore();
    expect(shown.map(({ ip }) => ip).sort()).toEqual(['203.0.113.8', '203.0.113.9']);
  });

  it('cannot be changed or deleted by the application', async () => {
    const client = new Client({ connectionString: app.database.appUrl, options: '-c role=mainstay_app' });
    await client.connect();
    try {
      await client.query(`select set_config('app.tenant_id', $1, false)`, [tenant]);
      await expect(client.query(`update audit.entries set result = 'x'`)).rejects.toThrow('permission denied');
      await expect(client.query('delete from audit.entries')).rejects.toThrow('permission denied');
      await expect(client.query('truncate audit.entries')).rejects.toThrow('permission denied');
    } finally {
      await client.end();
    }
  });
});
