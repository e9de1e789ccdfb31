import { Module } from '@nestjs/common';
import { Command, CommandBus, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { Client } from 'pg';
import { asTenant, testApp, type TestApp } from '../../../test/support/app';
import { testDatabase } from '../../../test/support/cluster';
import { GUEST } from '../../kernel/auth/principal';
import { noteAudit } from '../../kernel/audit/audit';
import { clock } from '../../kernel/clock/clock';
import { PLATFORM_TENANT, runInContext } from '../../kernel/context/request-context';
import { UnitOfWork } from '../../kernel/database/unit-of-work';
import { ListQuery } from '../../kernel/http/pagination';
import { newId } from '../../kernel/ids/ids';
import { AuditModule } from './audit.module';
import { ChangeAuditSettingsCommand } from './commands/change-settings';
import { Sealer } from './commands/sealer';
import { ShredSubjectCommand } from './contracts/shred-subject';
import { VerifyTrailQuery } from './contracts/verify-trail';
import { Retention } from './jobs/retention';
import type { AuditEntry } from './queries/entry-view';
import { ListAuditEntriesQuery } from './queries/list-entries';

class VisitCommand extends Command<void> {
  constructor(readonly email?: string) {
    super();
  }
}

@CommandHandler(VisitCommand)
class VisitHandler implements ICommandHandler<VisitCommand> {
  constructor(private readonly uow: UnitOfWork) {}

  async execute({ email }: VisitCommand): Promise<void> {
    noteAudit({ pii: { email } });
    await this.uow.run((tx) =>
      tx.execute('delete from kernel.idempotency_keys where tenant_id = kernel.tenant_id() and false'),
    );
  }
}
@Module({ providers: [VisitHandler] })
class VisitModule {}

const MONTH = 31 * 86_400;

describe('what the trail keeps', () => {
  let app: TestApp;
  let admin: Client;

  beforeAll(async () => {
    const database = await testDatabase({ fresh: true });
    app = await testApp([AuditModule, VisitModule], { database, env: { MAINSTAY_ROLES: 'api' } });
    admin = new Client({ connectionString: database.superuserUrl });
    await admin.connect();
  });
  afterEach(() => {
    clock.setOffset(0);
  });
  afterAll(async () => {
    await admin.end();
    await app.close();
  });

  const visit = (tenant: string, who: { userId?: string; email?: string; ip?: string } = {}): Promise<void> =>
    runInContext(
      {
        tenantId: tenant,
        requestId: newId(),
        ip: who.ip ?? '198.51.100.23',
        userAgent: 'Canary/1.0',
        principal: who.userId ? { ...GUEST, kind: 'user', userId: who.userId } : GUEST,
      },
      () => app.get(CommandBus).execute(new VisitCommand(who.email)),
    );
  const seal = (): Promise<number> => app.get(Sealer).sealAll();
  const verify = (tenant: string) => asTenant(tenant, () => app.get(QueryBus).execute(new VerifyTrailQuery()));
  const entries = async (tenant: string, filter: object = {}): Promise<AuditEntry[]> =>
    (
      await asTenant(tenant, () =>
        app.get(QueryBus).execute(new ListAuditEntriesQuery(Object.assign(new ListQuery(), { limit: 100 }, filter))),
      )
    ).data;

  it('drops what is older than the period, keeps the sealed roots, and verifies on', async () => {
    const tenant = newId();
    for (let i = 0; i < 4; i++) await visit(tenant);
    await seal();
    clock.setOffset(8 * MONTH);
    for (let i = 0; i < 3; i++) await visit(tenant);
    await seal();
    await app.get(Retention).apply();
    expect(await verify(tenant)).toMatchObject({ ok: true, removedUpTo: 0, entries: 7 });
    clock.setOffset(13 * MONTH);
    expect(await app.get(Retention).apply()).toBe(4);
    await seal();
    const report = await verify(tenant);
    expect(report).toMatchObject({ ok: true, removedUpTo: 4, batches: 3, fault: null });
    expect((await entries(tenant)).map(({ action }) => action)).toEqual([
      'ApplyAuditRetention',
      'Visit',
      'Visit',
      'Visit',
    ]);
    const batches = await admin.query('select 1 from audit.batches where tenant_id = $1', [tenant]);
    expect(batches.rowCount).toBe(3);
  });

  it('keeps as long as the organization says, and is not fooled by a removal that nobody signed', async () => {
    const tenant = newId();
    await visit(tenant);
    await seal();
    await asTenant(tenant, () => app.get(CommandBus).execute(new ChangeAuditSettingsCommand(24)));
    clock.setOffset(13 * MONTH);
    await app.get(Retention).apply();
    expect((await entries(tenant)).map(({ action }) => action)).toContain('Visit');
    await seal();
    await admin.query(
      `insert into audit.removals (tenant_id, id, up_to_seq, entries, head, claims, signature, kid, at)
       select tenant_id, $2, last_seq, 1, head, claims, signature, kid, at from audit.batches where tenant_id = $1 and number = 1`,
      [tenant, newId()],
    );
    expect((await verify(tenant)).fault).toMatchObject({ kind: 'signature' });
  });

  it('refuses to remove what is younger than three months, whoever asks', async () => {
    const tenant = newId();
    await visit(tenant);
    await seal();
    const client = new Client({ connectionString: app.database.appUrl, options: '-c role=mainstay_app' });
    await client.connect();
    await client.query(`select set_config('app.tenant_id', $1, false)`, [tenant]);
    await expect(client.query('select audit.remove_entries(1, 10)')).rejects.toThrow('younger than three months');
    await client.end();
  });

  it('holds persons encrypted, finds them by digests, and forgets them with their key; the chain stays whole', async () => {
    const tenant = newId();
    const [gone, kept] = [newId(), newId()];
    const email = `canary-${newId().slice(-8)}@example.com`;
    await visit(tenant, { userId: gone, ip: '203.0.113.77' });
    await visit(tenant, { email, ip: '203.0.113.78' });
    await visit(tenant, { userId: kept, ip: '203.0.113.79' });
    await seal();
    const dump = async (): Promise<string> =>
      JSON.stringify((await admin.query('select * from audit.entries where tenant_id = $1', [tenant])).rows);
    for (const canary of ['203.0.113.77', '203.0.113.78', email, 'Canary/1.0'])
      expect(await dump()).not.toContain(canary);
    expect(await entries(tenant, { ip: '203.0.113.77' })).toMatchObject([
      { ip: '203.0.113.77', userAgent: 'Canary/1.0', actor: { id: gone } },
    ]);
    expect(await entries(tenant, { email })).toMatchObject([{ email, ip: '203.0.113.78' }]);

    const done = await asTenant(tenant, () => app.get(CommandBus).execute(new ShredSubjectCommand(gone, [email])));
    expect(done).toEqual({ keys: 2, entries: 2 });
    expect(await entries(tenant, { ip: '203.0.113.77' })).toEqual([]);
    expect(await entries(tenant, { email })).toEqual([]);
    const left = await entries(tenant, { action: 'Visit' });
    expect(left.map(({ ip, actor }) => [actor.id, ip])).toEqual([
      [kept, '203.0.113.79'],
      [null, null],
      [gone, null],
    ]);
    await seal();
    expect(await verify(tenant)).toMatchObject({ ok: true, fault: null });
    // Whoever comes back is told again, under a new key.
    await visit(tenant, { userId: gone, ip: '203.0.113.80' });
    expect(await entries(tenant, { ip: '203.0.113.80' })).toHaveLength(1);
  });

  it('files what belongs to no organization under the platform', async () => {
    const userId = newId();
    await visit(PLATFORM_TENANT, { userId });
    expect(await entries(PLATFORM_TENANT, { actorId: userId })).toHaveLength(1);
  });
});
