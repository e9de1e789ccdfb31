import { Global, Module } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { asTenant, testApp, type TestApp } from '../support/app';
import { testDatabase } from '../support/cluster';
import { RecordedRealtimeModule } from '../support/realtime';
import { OrganizationsModule } from '../../src/access/organizations/organizations.module';
import { NotificationsModule } from '../../src/engagement/notifications/notifications.module';
import { clock } from '../../src/kernel/clock/clock';
import { Database } from '../../src/kernel/database/database';
import { newId } from '../../src/kernel/ids/ids';
import { DeliveryWorker } from '../../src/kernel/messaging/delivery-worker';
import { JobQueue } from '../../src/kernel/messaging/job-queue';
import { ReportLinks } from '../../src/money/ledger/adapters/report-links';
import { MailReportCommand } from '../../src/money/ledger/commands/mail-report';
import {
  ChangeReportScheduleCommand,
  CreateReportScheduleCommand,
  DeleteReportScheduleCommand,
  UnsubscribeFromReportCommand,
  type NewReportSchedule,
} from '../../src/money/ledger/commands/manage-report-schedules';
import { PostManualJournalCommand } from '../../src/money/ledger/commands/post-manual-journal';
import { followingDue, nextDue, periodAt, type Rhythm } from '../../src/money/ledger/domain/report-schedule';
import { LedgerModule } from '../../src/money/ledger/ledger.module';
import {
  FindReportScheduleQuery,
  ListReportRunsQuery,
  ReportFileQuery,
} from '../../src/money/ledger/queries/report-schedules';
import { HeldJobs } from '../support/held-jobs';

const held = new HeldJobs();

@Global()
@Module({ providers: [{ provide: JobQueue, useValue: held }], exports: [JobQueue] })
class HeldJobsModule {}

describe('reports that are mailed by themselves', () => {
  let app: TestApp;
  let tenant: string;
  beforeAll(async () => {
    const modules = [OrganizationsModule, NotificationsModule, LedgerModule, RecordedRealtimeModule, HeldJobsModule];
    app = await testApp(modules, { database: await testDatabase({ fresh: true }) });
  });
  afterAll(() => app?.close());
  beforeEach(() => {
    tenant = newId();
    held.jobs = [];
  });
  afterEach(() => clock.setOffset(0));

  const within = <T>(work: () => Promise<T>): Promise<T> => asTenant(tenant, work);
  const run = <T>(command: import('@nestjs/cqrs').Command<T>): Promise<T> =>
    within(() => app.get(CommandBus).execute(command));
  const ask = <T>(query: import('@nestjs/cqrs').Query<T>): Promise<T> => within(() => app.get(QueryBus).execute(query));
  const schedule = (more: Partial<NewReportSchedule> = {}) =>
    run(
      new CreateReportScheduleCommand({
        report: 'trial-balance',
        groupBy: [],
        currency: null,
        format: 'csv',
        every: 'month',
        day: 2,
        hour: 6,
        timeZone: 'Europe/Vienna',
        enabled: true,
        recipients: ['Anna@example.com', 'berta@example.com'],
        ...more,
      }),
    );
  /** Moves the clock to a moment and lets everything that is due happen; two workers at once. */
  const passTo = async (moment: string): Promise<void> => {
    clock.setOffset(clock.offsetSeconds + Math.ceil((Date.parse(moment) - clock.nowMs()) / 1_000) + 1);
    await Promise.all([app.get(DeliveryWorker).drain(), app.get(DeliveryWorker).drain()]);
    const made = held.jobs.filter(({ name }) => name === 'ledger.make-report');
    // A queue gives a job twice where a worker was killed: at the same time, and once more afterwards.
    for (const { data } of [...made, ...made])
      await Promise.all([1, 2].map(() => run(new MailReportCommand((data.payload as { runId: string }).runId))));
  };
  const mails = () =>
    app
      .get(Database)
      .readAs<{ recipient: string; data: Record<string, string> }>(
        tenant,
        `select recipient, data from notifications.messages where template = 'finance-report' order by created_at, recipient`,
      );

  it('are sent once a period to those who want them, whatever runs twice, and link to their file', async () => {
    // In the middle of a month: on its first days the report that is due next is of the month before.
    const today = new Date();
    clock.setOffset((Date.UTC(today.getUTCFullYear(), today.getUTCMonth() + 1, 15) - today.getTime()) / 1_000);
    const line = (account: string, side: 1 | -1) => ({ account, amount: { amount: side * 1_250, currency: 'EUR' } });
    await run(new PostManualJournalCommand({ description: 'x', lines: [line('1000', 1), line('3900', -1)] }));
    const made = await schedule();
    const due = nextDue(made, clock.now());
    expect(made).toMatchObject({
      nextAt: due.toISOString(),
      recipients: [{ email: 'Anna@example.com' }, { email: 'berta@example.com' }],
    });
    await passTo(due.toISOString());
    const sent = await mails();
    expect(sent.map(({ recipient }) => recipient).sort()).toEqual(['Anna@example.com', 'berta@example.com']);
    const runs = await ask(new ListReportRunsQuery(made.id, { limit: 20 }));
    const { from, to } = periodAt(made, due);
    expect(runs.data).toMatchObject([
      { state: 'sent', recipients: 2, from: from.toISOString(), to: to.toISOString(), error: null },
    ]);

    const links = app.get(ReportLinks);
    const { fileToken, unsubscribeToken } = sent[0].data;
    const link = links.read('file', fileToken);
    expect(link).toMatchObject({ tenantId: tenant, id: runs.data[0].id });
    const file = await ask(new ReportFileQuery(link.id));
    expect(file.name).toBe(runs.data[0].fileName);
    expect(file.content.toString()).toContain('Account,Name,Currency');
    expect(file.content.toString()).toContain('1000,Bank,EUR,0.00,12.50,0.00,12.50');
    const changed = `${fileToken.slice(0, -5)}${fileToken.at(-5) === 'A' ? 'B' : 'A'}${fileToken.slice(-4)}`;
    for (const forged of [changed, unsubscribeToken, 'x', '', `x${fileToken}`])
      expect(() => links.read('file', forged)).toThrow('not valid');
    await expect(
      asTenant(newId(), () => app.get(QueryBus).execute(new ReportFileQuery(link.id))),
    ).rejects.toMatchObject({
      code: 'ledger.report-link-not-found',
    });

    await run(new UnsubscribeFromReportCommand(links.read('unsubscribe', unsubscribeToken).id));
    const later = await ask(new FindReportScheduleQuery(made.id));
    expect(later.recipients.filter(({ unsubscribedAt }) => unsubscribedAt !== null)).toHaveLength(1);
    // Naming the same people again brings nobody back who went.
    await run(new ChangeReportScheduleCommand(made.id, { recipients: ['anna@example.com', 'BERTA@example.com'] }));
    await passTo(later.nextAt!);
    expect(await mails()).toHaveLength(3);
    expect(() => links.read('file', fileToken)).toThrow('not valid');

    const off = await run(new ChangeReportScheduleCommand(made.id, { enabled: false }));
    expect(off.nextAt).toBeNull();
    await passTo(nextDue(made, clock.now()).toISOString());
    expect(await mails()).toHaveLength(3);
    await run(new DeleteReportScheduleCommand(made.id));
    await expect(ask(new FindReportScheduleQuery(made.id))).rejects.toMatchObject({
      code: 'ledger.report-schedule-not-found',
    });
  });

  it('of periods that were missed are sent each, twelve at most', async () => {
    const made = await schedule({ every: 'day', day: 1, hour: 0, timeZone: 'UTC', recipients: ['a@example.com'] });
    await passTo(new Date(clock.nowMs() + 30 * 86_400_000).toISOString());
    const { data } = await ask(new ListReportRunsQuery(made.id, { limit: 50 }));
    expect(data).toHaveLength(12);
    expect(new Set(data.map(({ from }) => from)).size).toBe(12);
    expect(await mails()).toHaveLength(12);
  });

  it.each<[Partial<NewReportSchedule>, string]>([
    [{ groupBy: ['product'] }, 'ledger.grouping-invalid'],
    [{ every: 'day', day: 2 }, 'ledger.report-schedule-invalid'],
    [{ every: 'week', day: 8 }, 'ledger.report-schedule-invalid'],
  ])('refuse %j', async (more, code) => {
    await expect(schedule(more)).rejects.toMatchObject({ code });
  });

  const vienna = (more: Partial<Rhythm>): Rhythm => ({
    every: 'month',
    day: 1,
    hour: 2,
    timeZone: 'Europe/Vienna',
    ...more,
  });
  it.each<[Rhythm, string, string, [string, string]]>([
    // Two o'clock is put forward to three on 29 March.
    [
      vienna({ every: 'day' }),
      '2026-03-28T12:00:00Z',
      '2026-03-29T01:00:00.000Z',
      ['2026-03-27T23:00:00.000Z', '2026-03-28T23:00:00.000Z'],
    ],
    [
      vienna({ every: 'week', day: 1 }),
      '2026-03-25T12:00:00Z',
      '2026-03-30T00:00:00.000Z',
      ['2026-03-22T23:00:00.000Z', '2026-03-29T22:00:00.000Z'],
    ],
    [
      vienna({ day: 28 }),
      '2026-01-28T01:00:00Z',
      '2026-02-28T01:00:00.000Z',
      ['2025-12-31T23:00:00.000Z', '2026-01-31T23:00:00.000Z'],
    ],
    [
      vienna({ every: 'quarter' }),
      '2026-02-01T00:00:00Z',
      '2026-04-01T00:00:00.000Z',
      ['2025-12-31T23:00:00.000Z', '2026-03-31T22:00:00.000Z'],
    ],
    [
      vienna({ every: 'year', day: 3 }),
      '2026-01-02T00:00:00Z',
      '2026-01-03T01:00:00.000Z',
      ['2024-12-31T23:00:00.000Z', '2025-12-31T23:00:00.000Z'],
    ],
  ])('are due by local time: %j after %s', (rhythm, after, due, period) => {
    const at = nextDue(rhythm, new Date(after));
    expect(at.toISOString()).toBe(due);
    const { from, to } = periodAt(rhythm, at);
    expect([from.toISOString(), to.toISOString()]).toEqual(period);
    expect(followingDue(rhythm, at, at)).toEqual(nextDue(rhythm, at));
  });
});
