import { Global, Module } from '@nestjs/common';
import { CommandBus, QueryBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Client } from 'pg';
import { MailServerDouble } from '../../../test/doubles/mail-server-double';
import { asTenant, testApp, type TestApp } from '../../../test/support/app';
import { testDatabase } from '../../../test/support/cluster';
import { ContactsOfUsersQuery, type Contact } from '../../access/identity/contracts/contacts';
import { MembersByRoleQuery, type MemberFacts } from '../../access/organizations/contracts/members-by-role';
import { StockAlertRaised, StockDigestDue } from '../../commerce/inventory/contracts/inventory-events';
import { OrderCancelled, OrderPaid, type OrderFacts } from '../../commerce/orders/contracts/order-events';
import { PLATFORM_TENANT } from '../../kernel/context/request-context';
import { UnitOfWork } from '../../kernel/database/unit-of-work';
import { newId } from '../../kernel/ids/ids';
import { DeliveryWorker } from '../../kernel/messaging/delivery-worker';
import { JobQueue, type HandedJob } from '../../kernel/messaging/job-queue';
import { MessagingRegistry } from '../../kernel/messaging/registry';
import { Realtime } from '../../kernel/realtime/realtime';
import { MailHealth } from './adapters/mail-health';
import { SendMessageCommand } from './contracts/send-message';
import { NotificationsModule } from './notifications.module';
import { DevMailboxQuery } from './queries/dev-mailbox';
import { HeldJobs } from '../../../test/support/held-jobs';
import { ShopName } from '../../../test/support/brands';

/** What organizations would answer: one shop with an owner, a clerk, and a colleague whose address is unproven. */
/** Nobody of the staff set up anything. */
@QueryHandler(ContactsOfUsersQuery)
class Contacts implements IQueryHandler<ContactsOfUsersQuery> {
  async execute({ userIds }: ContactsOfUsersQuery): Promise<Contact[]> {
    const contact = { name: 'Clerk', email: null, hasPhone: false, locale: null, timeZone: 'Europe/Lisbon' };
    return userIds.map((userId) => ({ ...contact, userId }));
  }
}
const [OWNER, CLERK] = [newId(), newId()];

@QueryHandler(MembersByRoleQuery)
class Staff implements IQueryHandler<MembersByRoleQuery> {
  async execute({ request }: MembersByRoleQuery): Promise<MemberFacts[]> {
    const all: MemberFacts[] = [
      { userId: OWNER, role: 'owner', email: 'owner@example.org' },
      { userId: CLERK, role: 'staff', email: 'clerk@example.org' },
      { userId: '3', role: 'staff' },
      { userId: '4', role: 'customer', email: 'shopper@example.org' },
    ];
    return all.filter(({ role }) => request.roles.includes(role));
  }
}

async function start(env: Record<string, string>, label: string) {
  const held = new HeldJobs();
  const pushed: { tenantId: string; event: string; payload: object }[] = [];
  const sockets = {
    toStaff: (tenantId: string, event: string, payload: object) => void pushed.push({ tenantId, event, payload }),
  };
  @Global()
  @Module({
    providers: [
      { provide: JobQueue, useValue: held },
      { provide: Realtime, useValue: sockets },
      ShopName,
      Staff,
      Contacts,
    ],
    exports: [JobQueue, Realtime],
  })
  class Surroundings {}
  const app: TestApp = await testApp([Surroundings, NotificationsModule], {
    database: await testDatabase({ fresh: true, label }),
    env,
  });
  const sql = new Client({ connectionString: app.database.superuserUrl });
  await sql.connect();
  const commands = app.get(CommandBus);
  const uow = app.get(UnitOfWork);
  const run = async (job: HandedJob, attempt = 1) => {
    await asTenant(job.data.tenantId, () =>
      app
        .get(MessagingRegistry)
        .job(job.name)!
        .instance.run(job.data.payload, { id: job.id, attempt, tenantId: job.data.tenantId }),
    );
    await sql.query('delete from kernel.deliveries where id = $1', [job.id]);
  };
  return {
    app,
    sql,
    held,
    pushed,
    run,
    record: (tenant: string, ...events: Parameters<Awaited<ReturnType<typeof uow.current>>['record']>) =>
      asTenant(tenant, () => uow.run(async (tx) => tx.record(...events))),
    send: (tenant: string, message: SendMessageCommand['message']) =>
      asTenant(tenant, () => uow.run(() => commands.execute(new SendMessageCommand(message)))),
    /** Hands over what is due and returns the jobs, without running them. */
    jobs: async (): Promise<HandedJob[]> => {
      await app.get(DeliveryWorker).drain();
      return held.jobs.splice(0);
    },
    message: async (id: string) =>
      (await sql.query('select * from notifications.messages where id = $1', [id])).rows[0],
    mailbox: (to?: string) => asTenant(PLATFORM_TENANT, () => app.get(QueryBus).execute(new DevMailboxQuery({ to }))),
    close: async () => {
      await sql.end();
      await app.close();
    },
  };
}
type Started = Awaited<ReturnType<typeof start>>;

const order = (over: Partial<OrderFacts> = {}): OrderFacts => ({
  orderId: newId(),
  number: '1001',
  channel: 'web',
  email: 'ada@example.org',
  customerId: null,
  userId: null,
  status: 'paid',
  subtotal: { amount: 2_500, currency: 'EUR' },
  discount: { amount: 0, currency: 'EUR' },
  shipping: { amount: 0, currency: 'EUR' },
  tax: { amount: 0, currency: 'EUR' },
  taxIncluded: false,
  total: { amount: 2_500, currency: 'EUR' },
  lines: [
    {
      lineId: newId(),
      sku: 'MUG-1',
      name: 'Mug',
      quantity: 2,
      unitPrice: { amount: 1_250, currency: 'EUR' },
      discount: { amount: 0, currency: 'EUR' },
      tax: { amount: 0, currency: 'EUR' },
      total: { amount: 2_500, currency: 'EUR' },
    },
  ],
  ...over,
});
const verify = (to: string) => ({
  to,
  template: 'verify-email' as const,
  data: { name: 'Ada', token: 'tok' },
  dedupeKey: `verify/${to}`,
});

describe('mail without a mail server', () => {
  let here: Started;
  const tenant = newId();
  beforeAll(async () => {
    here = await start({}, 'mailbox');
  }, 120_000);
  afterAll(() => here.close());

  it('ends in the development mailbox, newest first, once per message', async () => {
    const { messageId } = await here.send(tenant, verify('Grace@Example.org'));
    expect(await here.send(tenant, verify('Grace@Example.org'))).toEqual({ messageId });
    const jobs = await here.jobs();
    expect(jobs).toHaveLength(1);
    const both = await Promise.allSettled([here.run(jobs[0]), here.run(jobs[0])]);
    expect(both.some(({ status }) => status === 'fulfilled')).toBe(true);
    await here.run(jobs[0]);
    await here.send(PLATFORM_TENANT, {
      to: 'grace@example.org',
      template: 'already-registered',
      data: { name: 'Grace' },
      dedupeKey: 'again',
    });
    for (const job of await here.jobs()) await here.run(job);
    const letters = await here.mailbox('grace@example.org');
    expect(letters.map(({ subject }) => subject)).toEqual([
      'You already have an account',
      'Confirm your email address',
    ]);
    expect(letters[0].text).toContain('Mainstay');
    expect(letters[1]).toMatchObject({ channel: 'email', to: 'grace@example.org' });
    expect(letters[1].text).toMatch(/^http.*\/verify-email\/tok$/m);
    expect(letters[1].html).toContain('Corner Shop');
    expect(await here.message(messageId)).toMatchObject({
      state: 'sent',
      attempts: 1,
      // The link is nobody's business once it is sent.
      subject: null,
      text_body: null,
      data: {},
    });
  });

  it('is nothing when the asking transaction does not commit', async () => {
    const uow = here.app.get(UnitOfWork);
    await expect(
      asTenant(tenant, () =>
        uow.run(async () => {
          await here.app.get(CommandBus).execute(new SendMessageCommand(verify('lost@example.org')));
          throw new Error('planted');
        }),
      ),
    ).rejects.toThrow('planted');
    expect(await here.jobs()).toEqual([]);
    const { rows } = await here.sql.query(`select 1 from notifications.messages where recipient = 'lost@example.org'`);
    expect(rows).toEqual([]);
  });

  it('goes to one address', async () => {
    for (const to of ['nobody', 'a@b.example, c@d.example', 'a@b.example\r\nBcc: c@d.example', '<a@b.example>'])
      await expect(here.send(tenant, verify(to))).rejects.toMatchObject({ code: 'notifications.recipient-invalid' });
  });

  it('confirms a paid order once, and tells of a cancelled one', async () => {
    const paid = order();
    await here.record(tenant, new OrderPaid(paid.orderId, paid), new OrderPaid(paid.orderId, paid));
    await here.record(
      tenant,
      new OrderPaid(newId(), order({ channel: 'import' })),
      new OrderPaid(newId(), order({ email: null })),
    );
    await here.record(tenant, new OrderCancelled(paid.orderId, { ...paid, reason: 'unpaid', note: null }));
    for (const job of await here.jobs()) await here.run(job);
    const letters = await here.mailbox('ada@example.org');
    expect(letters.map(({ subject }) => subject).sort()).toEqual(['Your order 1001', 'Your order 1001 was cancelled']);
    expect(letters.find(({ subject }) => subject === 'Your order 1001')!.text).toContain('2 × Mug (MUG-1)  25.00 EUR');
    expect(letters.find(({ subject }) => subject.endsWith('cancelled'))!.text).toContain('it was not paid in time');
  });

  it('tells owners and staff of low stock, once per alert', async () => {
    const alert = {
      alertId: newId(),
      kind: 'low_stock' as const,
      levelId: newId(),
      sku: 'MUG-1',
      locationId: newId(),
      locationName: 'Main',
      available: 2,
      reorderLevel: 5,
    };
    await here.record(tenant, new StockAlertRaised(alert.levelId, alert), new StockAlertRaised(alert.levelId, alert));
    for (const job of await here.jobs()) await here.run(job);
    for (const to of ['owner@example.org', 'clerk@example.org']) {
      const letters = await here.mailbox(to);
      expect(letters.map(({ subject }) => subject)).toEqual(['Low stock: MUG-1']);
    }
    expect(await here.mailbox('shopper@example.org')).toEqual([]);
    // Once a day all that is open, in one letter.
    const open = { kind: 'out_of_stock' as const, sku: 'TEA-1', locationName: 'Main', lotNumber: null, available: 0 };
    const digest = (): StockDigestDue =>
      new StockDigestDue(tenant, {
        day: '2026-03-01',
        counts: { low_stock: 60, out_of_stock: 1, expiring: 0, overstock: 0 },
        unacknowledged: 61,
        alerts: [{ ...open, onHand: 0, removeAt: null, acknowledged: false }],
        expiringValue: [{ amount: 1234, currency: 'EUR' }],
      });
    await here.record(tenant, digest(), digest());
    for (const job of await here.jobs()) await here.run(job);
    for (const to of ['owner@example.org', 'clerk@example.org']) {
      const [letter, ...others] = (await here.mailbox(to)).filter(({ subject }) => subject.includes('alerts'));
      expect([letter.subject, others]).toEqual(['Stock on 1 March 2026: 61 open alerts', []]);
      expect(letter.text).toContain('- TEA-1, Main: sold out\n... and 60 more.');
      expect(letter.text).toContain('at cost: 12.34 EUR');
    }
    // Who switched these mails off gets none, and the other does.
    await here.sql.query(
      `insert into notifications.user_preferences (tenant_id, id, document, updated_at) values ($1, $2, $3, now())`,
      [tenant, CLERK, JSON.stringify({ categories: { stock: { email: false } } })],
    );
    await here.record(tenant, new StockAlertRaised(alert.levelId, { ...alert, alertId: newId() }));
    for (const job of await here.jobs()) await here.run(job);
    const lows = async (to: string) =>
      (await here.mailbox(to)).filter(({ subject }) => subject.startsWith('Low stock')).length;
    expect([await lows('owner@example.org'), await lows('clerk@example.org')]).toEqual([2, 1]);
    // The socket is inventory's own matter: two messages of one alert would be two on a screen.
    expect(here.pushed).toEqual([]);
  });
});

describe('mail by SMTP', () => {
  let here: Started;
  const server = new MailServerDouble();
  const tenant = newId();
  beforeAll(async () => {
    here = await start(
      { SMTP_URL: await server.start(), MAINSTAY_MAIL_FROM: 'Mainstay <no-reply@shop.example.org>' },
      'smtp',
    );
  }, 120_000);
  afterAll(async () => {
    await here.close();
    await server.stop();
  });
  beforeEach(() => {
    server.received.length = 0;
  });
  const ask = async (to: string) => {
    const { messageId } = await here.send(tenant, verify(to));
    const [job] = await here.jobs();
    return { messageId, job };
  };

  it('arrives complete, from the shop, with a Message-ID of its own', async () => {
    expect(await here.app.get(MailHealth).check()).toEqual({ message: 'The mail server answers.' });
    const { messageId, job } = await ask('ada@example.org');
    await here.run(job);
    expect(server.received).toHaveLength(1);
    const [{ to, mail }] = server.received;
    expect(to).toEqual(['ada@example.org']);
    expect(mail).toMatchObject({
      from: { name: 'Corner Shop', address: 'no-reply@shop.example.org' },
      subject: 'Confirm your email address',
      messageId: `<${messageId}@shop.example.org>`,
    });
    expect(mail.text).toContain('/verify-email/tok');
    expect(mail.html).toContain('Confirm address');
    expect(mail.headers.find(({ key }) => key === 'auto-submitted')?.value).toBe('auto-generated');
    expect(await here.mailbox('ada@example.org')).toEqual([]);
  });

  it('can be ended by one click where one may do without it, and only there', async () => {
    const data = { sku: 'MUG-1', available: 1, reorderLevel: 5 };
    await here.send(tenant, { to: 'clerk@example.org', template: 'low-stock', data, dedupeKey: newId() });
    await here.send(tenant, verify('safe@example.org'));
    for (const job of await here.jobs()) await here.run(job);
    const headers = (to: string) =>
      Object.fromEntries(
        server.received.find((one) => one.to[0] === to)!.mail.headers.map(({ key, value }) => [key, value]),
      );
    expect(headers('clerk@example.org')).toMatchObject({
      'list-unsubscribe': expect.stringMatching(/^<https?:\/\/\S+\/unsubscribe\/[\w-]+\.[\w-]+>$/) as string,
      'list-unsubscribe-post': 'List-Unsubscribe=One-Click',
    });
    expect(headers('safe@example.org')).not.toHaveProperty('list-unsubscribe');
  });

  it('is tried again after a passing refusal, with the same Message-ID', async () => {
    const { messageId, job } = await ask('greylisted@example.org');
    server.refusals.push({ responseCode: 451, message: 'try again later' });
    await expect(here.run(job)).rejects.toThrow(/451/);
    expect(await here.message(messageId)).toMatchObject({ state: 'failed', attempts: 1 });
    await here.run(job, 2);
    expect(await here.message(messageId)).toMatchObject({ state: 'sent', attempts: 2, last_error: null });
    expect(server.received.map(({ mail }) => mail.messageId)).toEqual([`<${messageId}@shop.example.org>`]);
  });

  it('is dead at once when the address is refused for good, and after the last try otherwise', async () => {
    const refused = await ask('nobody@example.org');
    await here.run(refused.job);
    expect(await here.message(refused.messageId)).toMatchObject({ state: 'dead', attempts: 1 });
    await here.run(refused.job, 2);
    expect(server.received).toEqual([]);

    const unlucky = await ask('unlucky@example.org');
    server.refusals.push({ responseCode: 451, message: 'still busy' });
    await expect(here.run(unlucky.job, 8)).rejects.toThrow(/451/);
    expect(await here.message(unlucky.messageId)).toMatchObject({ state: 'dead' });
  });

  it('is sent by one worker at a time; after a crash another takes over when the claim lapses', async () => {
    const { messageId, job } = await ask('slow@example.org');
    await here.sql.query(
      `update notifications.messages set claimed_until = now() + interval '1 minute' where id = $1`,
      [messageId],
    );
    await expect(here.run(job)).rejects.toThrow(/another worker/i);
    expect(server.received).toEqual([]);
    await here.sql.query(
      `update notifications.messages set claimed_until = now() - interval '1 second' where id = $1`,
      [messageId],
    );
    await here.run(job);
    expect(server.received).toHaveLength(1);
  });
});

describe('mail in production without a mail server', () => {
  it('waits, says why, and fills no mailbox', async () => {
    const here = await start(
      {
        NODE_ENV: 'production',
        MAINSTAY_SECRET_KEY: newId() + newId(),
        MAINSTAY_PUBLIC_URL: 'https://shop.example.org',
      },
      'production',
    );
    try {
      const { messageId } = await here.send(newId(), verify('ada@example.org'));
      const [job] = await here.jobs();
      await expect(here.run(job)).rejects.toMatchObject({ code: 'notifications.no-mail-server' });
      expect(await here.message(messageId)).toMatchObject({ state: 'failed' });
      expect(await here.mailbox()).toEqual([]);
      expect(await here.app.get(MailHealth).check()).toMatchObject({ status: 'degraded' });
    } finally {
      await here.close();
    }
  }, 60_000);
});
