import { Global, Module } from '@nestjs/common';
import { CommandBus, QueryBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Client } from 'pg';
import { asTenant, testApp, type TestApp } from '../../../test/support/app';
import { testDatabase } from '../../../test/support/cluster';
import { RecordedRealtimeModule } from '../../../test/support/realtime';
import { ContactsOfUsersQuery, type Contact } from '../../access/identity/contracts/contacts';
import { MemberIdsQuery } from '../../access/organizations/contracts/member-directory';
import {
  FindCustomerGroupsQuery,
  UserIdsOfGroupQuery,
  type CustomerGroupFacts,
} from '../../commerce/customers/contracts/customer-groups';
import { SYSTEM } from '../../kernel/auth/principal';
import { clock } from '../../kernel/clock/clock';
import { newId } from '../../kernel/ids/ids';
import { DeliveryWorker } from '../../kernel/messaging/delivery-worker';
import { JobQueue } from '../../kernel/messaging/job-queue';
import { CAMPAIGN_PAGE, ChangeCampaignCommand, CreateCampaignCommand, MoveCampaignCommand } from './commands/campaigns';
import { DeliverPushesCommand } from './commands/deliver-pushes';
import { NotifyManyCommand } from './commands/notify-many';
import { PutPushTokenCommand } from './commands/push-tokens';
import type { Segment } from './data/batch.repository';
import type { Audience, CampaignChange, CampaignMove } from './domain/campaign';
import { NotificationsModule } from './notifications.module';
import { FindCampaignQuery, type CampaignDetails } from './queries/campaigns';
import { HeldJobs } from '../../../test/support/held-jobs';
import { NoBrand } from '../../../test/support/brands';

/** Members of the test's organization, in the order of their ids; and those of them who are in the group. */
const MEMBERS: string[] = [];
const GROUP: { id: string; userIds: string[] } = { id: newId(), userIds: [] };

@QueryHandler(ContactsOfUsersQuery)
class Everybody implements IQueryHandler<ContactsOfUsersQuery> {
  async execute({ userIds }: ContactsOfUsersQuery): Promise<Contact[]> {
    const more = { name: 'Ada', email: null, hasPhone: false, locale: null, timeZone: 'UTC' };
    return userIds.map((userId) => ({ userId, ...more }));
  }
}
const pageOf = (all: string[], after: string | null, limit: number): string[] =>
  all.filter((id) => after === null || id > after).slice(0, limit);
@QueryHandler(MemberIdsQuery)
class Members implements IQueryHandler<MemberIdsQuery> {
  async execute({ request }: MemberIdsQuery): Promise<string[]> {
    if ('userIds' in request) return MEMBERS.filter((id) => request.userIds.includes(id));
    return pageOf(MEMBERS, request.after, request.limit);
  }
}
@QueryHandler(FindCustomerGroupsQuery)
class Groups implements IQueryHandler<FindCustomerGroupsQuery> {
  async execute({ request: { ids } }: FindCustomerGroupsQuery): Promise<CustomerGroupFacts[]> {
    return ids.includes(GROUP.id) ? [{ id: GROUP.id, name: 'Friends' }] : [];
  }
}
@QueryHandler(UserIdsOfGroupQuery)
class OfGroup implements IQueryHandler<UserIdsOfGroupQuery> {
  async execute({ request: { after, limit } }: UserIdsOfGroupQuery): Promise<string[]> {
    return pageOf(GROUP.userIds, after, limit);
  }
}
const held = new HeldJobs();
const STAND_INS = [Everybody, NoBrand, Members, Groups, OfGroup];
@Global()
@Module({ providers: [{ provide: JobQueue, useValue: held }, ...STAND_INS], exports: [JobQueue] })
class Surroundings {}

describe('campaigns', () => {
  let app: TestApp;
  let sql: Client;
  let tenant: string;

  beforeAll(async () => {
    app = await testApp([Surroundings, RecordedRealtimeModule, NotificationsModule], {
      database: await testDatabase({ fresh: true, label: 'campaigns' }),
      env: { LOG_LEVEL: 'silent' },
    });
    sql = new Client({ connectionString: app.database.superuserUrl });
    await sql.connect();
  });
  afterAll(async () => {
    await sql.end();
    await app.close();
  });
  beforeEach(() => {
    tenant = newId();
    held.jobs = [];
    MEMBERS.splice(0, MEMBERS.length, ...Array.from({ length: 2 * CAMPAIGN_PAGE + 30 }, () => newId()).sort());
    GROUP.userIds = MEMBERS.slice(0, 3);
  });
  afterEach(() => clock.setOffset(0));

  const within = <T>(work: () => Promise<T>): Promise<T> => asTenant(tenant, work);
  const create = (audience: Audience, template = 'notice'): Promise<string> =>
    within(async () => {
      const data = { title: 'Autumn sale', body: 'A fifth off.', link: '/sale' };
      const campaign = { name: 'Sale', audience, category: 'campaigns', template, data };
      const channels = ['in_app' as const, 'push' as const];
      return (await app.get(CommandBus).execute(new CreateCampaignCommand({ ...campaign, channels }))).id;
    });
  const move = (id: string, how: CampaignMove) =>
    within(() => app.get(CommandBus).execute(new MoveCampaignCommand(id, how)));
  const find = (id: string): Promise<CampaignDetails> =>
    within(() => app.get(QueryBus).execute(new FindCampaignQuery(id)));
  const drain = async (): Promise<void> => void (await app.get(DeliveryWorker).drain());
  /** Some time later. */
  const later = async (seconds: number): Promise<void> => {
    clock.setOffset(clock.offsetSeconds + seconds);
    await drain();
  };
  const push = async (): Promise<void> => {
    await drain();
    for (const { data } of held.jobs.splice(0))
      await within(() =>
        app.get(CommandBus).execute(new DeliverPushesCommand((data.payload as { messageIds: string[] }).messageIds)),
      );
  };
  const device = (userId: string) =>
    asTenant(
      tenant,
      () => app.get(CommandBus).execute(new PutPushTokenCommand({ provider: 'fcm', value: `device-of-${userId}` })),
      { ...SYSTEM, kind: 'user', userId },
    );
  const toldTimes = async (): Promise<{ people: number; most: number }> =>
    (
      await sql.query<{ people: number; most: number }>(
        `select count(*)::int as people, coalesce(max(times), 0)::int as most from (
           select count(*) as times from notifications.notifications where tenant_id = $1 group by user_id) each_one`,
        [tenant],
      )
    ).rows[0];

  it('reach everybody once, a page at a time; a pause holds back all but the page that was handed on', async () => {
    for (const userId of MEMBERS.slice(0, 3)) await device(userId);
    const id = await create({ roles: ['customer'] });
    expect(await find(id)).toMatchObject({ state: 'draft', recipients: 0, messages: [] });
    const starts = await Promise.allSettled([move(id, 'start'), move(id, 'start')]);
    expect(starts.filter(({ status }) => status === 'rejected')).toMatchObject([
      { reason: { code: 'notifications.campaign-state' } },
    ]);
    expect(await find(id)).toMatchObject({ state: 'running', recipients: CAMPAIGN_PAGE });
    // The pushes of the first page are still on their way.
    await drain();
    await later(2);
    expect((await find(id)).recipients).toBe(CAMPAIGN_PAGE);
    await move(id, 'pause');
    await move(id, 'pause');
    await push();
    await later(10);
    expect(await find(id)).toMatchObject({ state: 'paused', recipients: CAMPAIGN_PAGE });
    await move(id, 'resume');
    await later(2);
    await push();
    await later(2);
    await later(2);
    const done = await find(id);
    expect(done).toMatchObject({ state: 'done', recipients: MEMBERS.length, fault: null });
    expect(done.messages).toEqual([
      { channel: 'in_app', state: 'delivered', suppressedFor: null, count: MEMBERS.length },
      { channel: 'push', state: 'sent', suppressedFor: null, count: 3 },
    ]);
    expect(await toldTimes()).toEqual({ people: MEMBERS.length, most: 1 });
    await expect(move(id, 'cancel')).rejects.toThrow('notifications.campaign-state');
  });

  it('that are cancelled call off what has not left, and are not resumed', async () => {
    await device(MEMBERS[0]);
    const id = await create({ userIds: MEMBERS.slice(0, 5) });
    await move(id, 'start');
    expect((await find(id)).state).toBe('done');
    const other = await create({ roles: ['customer'] });
    await move(other, 'start');
    await move(other, 'cancel');
    await later(5);
    const cancelled = await find(other);
    expect(cancelled).toMatchObject({ state: 'cancelled', recipients: CAMPAIGN_PAGE });
    expect(cancelled.messages).toContainEqual({ channel: 'push', state: 'dead', suppressedFor: null, count: 1 });
    await expect(move(other, 'resume')).rejects.toThrow('notifications.campaign-state');
  });

  it('are changed while they are drafts, by one at a time', async () => {
    const id = await create({ roles: ['customer'] });
    const change = (it: CampaignChange, version: number | null = null) =>
      within(() => app.get(CommandBus).execute(new ChangeCampaignCommand(id, it, version)));
    const data = { title: 'Winter sale', body: 'A quarter off.' };
    await change({ name: 'Winter', audience: { customerGroupId: GROUP.id }, data, channels: null }, 1);
    expect(await find(id)).toMatchObject({
      name: 'Winter',
      audience: { customerGroupId: GROUP.id },
      channels: null,
      template: 'notice',
      version: 2,
    });
    await expect(change({ name: 'Late' }, 1)).rejects.toMatchObject({
      code: 'notifications.stale-campaign',
      data: { version: 2 },
    });
    const both = await Promise.allSettled([change({ name: 'A' }, 2), change({ name: 'B' }, 2)]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    for (const [it, code] of [
      [{ audience: {} }, 'notifications.audience-invalid'],
      [{ template: 'no-such-letter' }, 'notifications.template-not-found'],
      [{ category: 'security' }, 'notifications.request-invalid'],
    ] as const)
      await expect(change(it)).rejects.toThrow(code);
    await move(id, 'start');
    expect(await find(id)).toMatchObject({ state: 'done', recipients: 3, version: 3 });
    const { rows } = await sql.query('select distinct title from notifications.notifications where tenant_id = $1', [
      tenant,
    ]);
    expect(rows).toEqual([{ title: 'Winter sale' }]);
    await expect(change({ name: 'Too late' })).rejects.toThrow('notifications.campaign-state');
  });

  it('go to the customers of a group, and to nobody who has left meanwhile', async () => {
    const id = await create({ customerGroupId: GROUP.id });
    MEMBERS.splice(MEMBERS.indexOf(GROUP.userIds[1]), 1);
    await move(id, 'start');
    expect(await find(id)).toMatchObject({ state: 'done', recipients: 2 });
  });

  it('go to the customers of a group by a plain request as well', async () => {
    const many = (segment: Segment) =>
      asTenant(tenant, () =>
        app.get(CommandBus).execute(
          new NotifyManyCommand({
            segment,
            template: 'notice',
            category: 'general',
            data: { title: 'To you', body: 'Hello' },
          }),
        ),
      );
    MEMBERS.splice(MEMBERS.indexOf(GROUP.userIds[1]), 1);
    expect(await many({ customerGroupId: GROUP.id })).toMatchObject({ state: 'done', recipients: 2 });
    for (const segment of [{ customerGroupId: newId() }, { customerGroupId: GROUP.id, roles: ['customer'] }])
      await expect(many(segment)).rejects.toThrow('notifications.request-invalid');
  });

  it.each<[string, () => Audience]>([
    ['nobody', () => ({})],
    ['two audiences', () => ({ roles: ['customer'], userIds: [MEMBERS[0]] })],
    ['a stranger', () => ({ userIds: [newId()] })],
    ['an unknown group', () => ({ customerGroupId: newId() })],
  ])('for %s are refused', async (_, audience) => {
    await expect(create(audience())).rejects.toThrow('notifications.audience-invalid');
  });

  it('at a time that no calendar has are refused, also by a change', async () => {
    const request = { category: 'campaigns', template: 'notice', data: { title: 'Sale', body: 'A fifth off.' } };
    const draft = { name: 'Sale', audience: { roles: ['customer'] }, ...request };
    const localTime = '2026-02-30T09:00';
    await expect(
      within(() => app.get(CommandBus).execute(new CreateCampaignCommand({ ...draft, localTime }))),
    ).rejects.toMatchObject({ code: 'notifications.local-time-unknown' });
    const id = await create({ roles: ['customer'] });
    await expect(
      within(() => app.get(CommandBus).execute(new ChangeCampaignCommand(id, { localTime }))),
    ).rejects.toMatchObject({ code: 'notifications.local-time-unknown' });
  });

  it('without a template are refused', async () => {
    await expect(create({ roles: ['customer'] }, 'no-such-letter')).rejects.toThrow('notifications.template-not-found');
  });
});
