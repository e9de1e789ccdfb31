import { CommandBus } from '@nestjs/cqrs';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Client } from 'pg';
import { AppModule } from '../../src/app.module';
import { clock } from '../../src/kernel/clock/clock';
import { Config } from '../../src/kernel/config/config';
import { webhookHeaders } from '../../src/kernel/crypto/webhook-signature';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import { createHttpApp } from '../../src/kernel/http/http-app';
import { newId } from '../../src/kernel/ids/ids';
import { DeliveryWorker } from '../../src/kernel/messaging/delivery-worker';
import { JobRunner } from '../../src/kernel/messaging/job-runner';
import { Queues } from '../../src/kernel/messaging/queues';
import { ReportScheduleRepository } from '../../src/money/ledger/data/report-schedule.repository';
import { MakeReport } from '../../src/money/ledger/jobs/make-report';
import { ContactGatewayCommand } from '../../src/money/payments/contracts/contact-gateway';
import { OpenIntentCommand } from '../../src/money/payments/contracts/open-intent';
import { RecordOutcomeCommand } from '../../src/money/payments/contracts/record-outcome';
import { GatewayAccounts } from '../../src/money/payments/data/gateway-accounts';
import { ProcessProviderEvent } from '../../src/money/payments/jobs/process-provider-event';
import type { ProviderEventView } from '../../src/money/payments/queries/list-provider-events';
import { StripeDouble } from '../doubles/stripe-double';
import { asTenant, testConfig } from '../support/app';
import { testDatabase, type TestDatabase } from '../support/cluster';
import { eventually } from '../support/eventually';
import { freePort } from '../support/server';
import { expectStatus } from '../support/client';
import { openShop, type Shop } from '../support/shop';

interface Payment {
  status: string;
  captured: { amount: number };
  attempts: { state: string }[];
}

describe('payments, mail and the sandbox over real HTTP, with real queues', () => {
  let app: NestFastifyApplication;
  let database: TestDatabase;
  let sql: Client;
  let url: string;
  let shop: Shop;

  beforeAll(async () => {
    database = await testDatabase({ fresh: true, label: 'payhttp' });
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    const config = testConfig(database, {
      PORT: String(port),
      MAINSTAY_PUBLIC_URL: url,
      MAINSTAY_RATE_LIMIT: '1000000',
    });
    app = await createHttpApp(AppModule.register(config), config);
    await app.init();
    app.get(DeliveryWorker).start();
    await app.get(JobRunner).start();
    await app.listen(port, '127.0.0.1');
    sql = new Client({ connectionString: database.superuserUrl });
    await sql.connect();
    shop = await openShop(url, 'Pay');
  }, 120_000);

  afterAll(async () => {
    await sql?.end();
    await app?.get(JobRunner).stop();
    await app?.get(DeliveryWorker).stop();
    await app?.close();
  }, 60_000);

  const open = (token: string, returnUrl?: string, type = 'sandbox') =>
    asTenant(shop.id, () =>
      app.get(UnitOfWork).run(() =>
        app.get(CommandBus).execute(
          new OpenIntentCommand({
            payable: { type: 'order', id: newId() },
            amount: { amount: 1_999, currency: 'EUR' },
            method: { type, token },
            returnUrl,
          }),
        ),
      ),
    );
  const contact = (attemptId: string) =>
    asTenant(shop.id, () => app.get(CommandBus).execute(new ContactGatewayCommand({ attemptId })));
  const record = (attemptId: string, outcome: Awaited<ReturnType<typeof contact>>) =>
    asTenant(shop.id, () => app.get(CommandBus).execute(new RecordOutcomeCommand({ attemptId, outcome })));
  const payment = async (id: string): Promise<Payment> =>
    expectStatus(await shop.asOwner.get<Payment>(`/payments/${id}`), 200);
  const becomes = (id: string, status: string) =>
    eventually(async () => ((await payment(id)).status === status ? payment(id) : undefined), { timeoutMs: 20_000 });
  const browse = (address: string, init?: RequestInit) => fetch(address, { redirect: 'manual', ...init });

  it('a shop that just opened has its sandbox account', async () => {
    await eventually(
      async () => (await sql.query('select 1 from payments.gateways where tenant_id = $1', [shop.id])).rowCount,
    );
  });

  it('the sandbox’s own webhook settles what a dead process left', async () => {
    const { intentId, attemptId } = await open('success');
    await contact(attemptId);
    expect(await becomes(intentId, 'succeeded')).toMatchObject({
      captured: { amount: 1_999 },
      attempts: [{ state: 'charged' }],
    });
    const seen = await eventually(async () => {
      const { rows } = await sql.query('select state from payments.provider_events where attempt_id = $1', [attemptId]);
      return rows.length > 0 && rows.every(({ state }) => state === 'processed') ? rows : undefined;
    });
    expect(seen).toHaveLength(1);
    await eventually(
      async () =>
        (
          await sql.query(
            `select 1 from sandbox.webhooks where body->'data'->>'key' = $1 and delivered_at is not null`,
            [attemptId],
          )
        ).rowCount,
    );
  });

  it('the sandbox reaches its own process where everybody else is sent to https', async () => {
    const config = app.get(Config);
    const redirects = (httpsRedirect: boolean): void => void Object.assign(config, { httpsRedirect });
    const { attemptId } = await open('success');
    redirects(true);
    try {
      expect((await fetch(`${url}/api/v1/products`, { redirect: 'manual' })).status).toBe(308);
      await contact(attemptId);
      await eventually(
        async () =>
          (
            await sql.query(
              `select 1 from sandbox.webhooks where body->'data'->>'key' = $1 and delivered_at is not null`,
              [attemptId],
            )
          ).rowCount,
      );
    } finally {
      redirects(false);
    }
  });

  it('refuses a webhook of more than 1 MB, whoever signed it, and reads one just below', async () => {
    const { rows } = await sql.query('select id from payments.gateways where tenant_id = $1', [shop.id]);
    const send = async (bytes: number) => {
      const body = JSON.stringify({ padding: 'x'.repeat(bytes - 14) });
      const headers = { 'content-type': 'application/json' };
      const address = `${url}/api/v1/payment-webhooks/sandbox/${rows[0].id}`;
      const answer = await fetch(address, { method: 'POST', headers, body });
      return [answer.status, ((await answer.json()) as { code: string }).code];
    };
    expect(await send(1024 ** 2 + 1)).toEqual([413, expect.stringContaining('too-large')]);
    // It was read, and has no signature.
    expect(await send(1024 ** 2)).toEqual([400, 'payments.webhook-headers']);
  });

  it('a timeout after success is resolved by webhook', async () => {
    const { intentId, attemptId } = await open('timeout_after_success');
    const outcome = await contact(attemptId);
    expect(outcome.status).toBe('unresolved');
    await record(attemptId, outcome);
    await becomes(intentId, 'succeeded');
  });

  it('a review cannot wait for longer than what is reserved is kept', async () => {
    const save = (rejectAfterHours: number) =>
      shop.asOwner.call('PUT', '/fraud/settings', { enabled: false, rejectAfterHours });
    expect([(await save(161)).status, (await save(160)).status]).toEqual([400, 200]);
  });

  it('a browser that comes back to a payment that was called off meanwhile is told that nothing was charged', async () => {
    const { intentId, attemptId } = await open('requires_action', 'https://shop.example.org/thanks');
    await record(attemptId, await contact(attemptId));
    const voided = await shop.asOwner.post<Payment>(`/payments/${intentId}/void`, {}, { key: newId() });
    expect(expectStatus(voided, 200)).toMatchObject({ status: 'canceled' });
    const address = `${url}/api/v1/payments/${intentId}`;
    const onward = (await browse(`${address}/return`)).headers.get('location')!;
    expect(onward).toBe(`https://shop.example.org/thanks?payment=${intentId}&status=failed`);
    expect((await browse(`${address}/continue`)).headers.get('location')).toBe('/payment-result/failed');
    expect(await (await browse(`${url}/payment-result/failed`)).text()).toContain('Nothing was charged');
  });

  it('3-D Secure goes by page, form and return', async () => {
    for (const [decision, shown, status] of [
      ['approve', 'succeeded', 'succeeded'],
      ['decline', 'failed', 'requires_payment_method'],
    ]) {
      const { intentId, attemptId } = await open(
        'requires_action',
        decision === 'approve' ? 'https://shop.example.org/thanks?x=1' : undefined,
      );
      const { nextAction } = await record(attemptId, await contact(attemptId));
      const page = await browse(nextAction!.url);
      expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
      expect(await page.text()).toContain('19.99 EUR');
      const answered = await browse(nextAction!.url, { method: 'POST', body: new URLSearchParams({ decision }) });
      expect(answered.status).toBe(303);
      const back = answered.headers.get('location')!;
      expect(back).toBe(`${url}/api/v1/payments/${intentId}/return`);
      const returned = await browse(back);
      expect(returned.status).toBe(303);
      const onward = returned.headers.get('location')!;
      if (decision === 'approve')
        expect(onward).toBe(`https://shop.example.org/thanks?x=1&payment=${intentId}&status=succeeded`);
      else expect((await (await browse(new URL(onward, url).href)).text()).includes('Nothing was charged')).toBe(true);
      expect(onward).toContain(shown);
      expect((await payment(intentId)).status).toBe(status);
      expect(await (await browse(nextAction!.url)).text()).toContain('Already answered');
    }
    expect((await browse(`${url}/api/v1/sandbox/challenges/${'a'.repeat(60)}`)).status).toBe(404);
    expect((await browse(`${url}/api/v1/payments/${newId()}/return`)).status).toBe(404);
  });

  it('the webhook address answers by signature alone', async () => {
    const { rows } = await sql.query('select id from payments.gateways where tenant_id = $1', [shop.id]);
    const gateway = rows[0].id as string;
    const account = (await app.get(GatewayAccounts, { strict: false }).find(shop.id, gateway))!;
    const body = JSON.stringify({ type: 'payment.created', data: { paymentId: 'sbx_x', key: newId() } });
    const id = newId();
    const signed = webhookHeaders(
      { id, timestamp: Math.floor(clock.nowMs() / 1000), body },
      account.secrets.webhook[0],
    );
    const post = async (headers: Record<string, string>, sent = body, address = gateway) => {
      const answer = await fetch(`${url}/api/v1/payment-webhooks/sandbox/${address}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: sent,
      });
      return [answer.status, ((await answer.json()) as { code?: string }).code];
    };
    expect(await post(signed)).toEqual([200, undefined]);
    expect(await post(signed)).toEqual([200, undefined]);
    expect(await post(signed, body.replace('created', 'creates'))).toEqual([400, 'payments.webhook-signature']);
    expect(await post({})).toEqual([400, 'payments.webhook-headers']);
    expect(await post(signed, body, newId())).toEqual([404, 'payments.gateway-not-found']);
    expect((await post(signed, JSON.stringify({ ...JSON.parse(body), pad: 'x'.repeat(1024 ** 2) })))[0]).toBe(413);
    const stored = await sql.query('select 1 from payments.provider_events where event_id = $1', [id]);
    expect(stored.rowCount).toBe(1);
    // Signed, but about nothing here: kept, and ignored.
    await eventually(
      async () =>
        (await sql.query(`select 1 from payments.provider_events where event_id = $1 and state = 'ignored'`, [id]))
          .rowCount,
    );
  });

  it('a webhook that could not be worked off is shown as dead, and worked off once it is replayed', async () => {
    const double = new StripeDouble();
    const secret = 'whsec_ofTheDoubleOnLoopback';
    const webhooks = app
      .get(Queues)
      .all()
      .find(({ name }) => name === 'payment-webhooks')!;
    try {
      const body = {
        provider: 'stripe',
        credentials: { secretKey: `sk_test_${'k'.repeat(24)}`, webhookSecret: secret },
        apiBase: await double.listen(),
      };
      const gateway = expectStatus(await shop.asOwner.post<{ id: string }>('/payment-gateways', body), 201);
      const { intentId, attemptId } = await open('pm_card_visa', undefined, 'card');
      await contact(attemptId);
      // Its jobs are run by hand, as nobody waits for eight tries of a queue.
      await webhooks.pause();
      double.down = true;
      const { header, body: told } = StripeDouble.signed(
        double.events.find(({ type }) => type === 'payment_intent.succeeded')!,
        secret,
      );
      const received = await fetch(`${url}/api/v1/payment-webhooks/stripe/${gateway.id}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'stripe-signature': header },
        body: told,
      });
      expect(received.status).toBe(200);
      const events = async (query: string) =>
        expectStatus(
          await shop.asOwner.get<{ data: ProviderEventView[] }>(
            `/payment-webhooks/events?gatewayId=${gateway.id}${query}`,
          ),
          200,
        ).data;
      const [{ id: providerEventId, status: waits }] = await events('');
      expect([waits, (await events('&status=dead')).length]).toEqual(['received', 0]);
      for (let attempt = 1; attempt <= 8; attempt++) {
        const tried = asTenant(shop.id, () => app.get(ProcessProviderEvent).run({ providerEventId }, { attempt }));
        await expect(tried).rejects.toThrow();
      }
      expect(await events('&status=dead')).toMatchObject([
        {
          id: providerEventId,
          eventId: (JSON.parse(told) as { id: string }).id,
          attempts: 8,
          replays: 0,
          lastError: expect.stringContaining('unexpected'),
          result: null,
          payload: { type: 'payment_intent.succeeded' },
        },
      ]);
      expect(await payment(intentId)).toMatchObject({ status: 'processing', attempts: [{ state: 'started' }] });
      double.down = false;
      // BullMQ counts jobs of a queue that rests apart, and its types do not know.
      await eventually(async () => (await webhooks.getJobCountByTypes('waiting', 'paused' as 'waiting')) > 0);
      await webhooks.drain();
      await webhooks.resume();
      const replayed = await shop.asOwner.post(`/payment-webhooks/events/${providerEventId}/replay`, {});
      expect([replayed.status, replayed.body]).toEqual([202, { id: providerEventId }]);
      expect(await becomes(intentId, 'succeeded')).toMatchObject({ captured: { amount: 1_999 } });
      const [processed] = await eventually(async () => {
        const found = await events('&status=processed');
        return found.length > 0 ? found : undefined;
      });
      expect(processed).toMatchObject({
        id: providerEventId,
        replays: 1,
        lastError: null,
        result: { paymentId: intentId, attemptId },
      });
      expect(await events('&status=dead')).toEqual([]);
      expect(double.refused).toEqual([]);
    } finally {
      await webhooks.resume();
      await double.close();
    }
  });

  it('staff see their payments page by page, others see nothing', async () => {
    const list = expectStatus(
      await shop.asOwner.get<{
        data: { id: string; status: string }[];
        page: { hasMore: boolean; total: number; nextCursor: string };
      }>('/payments?limit=2&count=exact'),
      200,
    );
    expect([list.data.length, list.page.hasMore]).toEqual([2, true]);
    const next = expectStatus(
      await shop.asOwner.get<{ data: { id: string }[] }>(`/payments?limit=2&cursor=${list.page.nextCursor}`),
      200,
    );
    expect(next.data.map(({ id }) => id)).not.toContain(list.data[0].id);
    const paid = expectStatus(
      await shop.asOwner.get<{ data: { status: string }[] }>('/payments?status=succeeded'),
      200,
    );
    expect(new Set(paid.data.map(({ status }) => status))).toEqual(new Set(['succeeded']));
    expect((await shop.asGuest.get('/payments')).status).toBe(401);
    const other = await openShop(url, 'Other');
    expect((await other.asOwner.get(`/payments/${list.data[0].id}`)).status).toBe(404);
    expect((await other.asOwner.get(`/payments/${list.data[0].id}/return`)).status).toBe(404);
    expect(expectStatus(await other.asOwner.get<{ data: [] }>('/payments'), 200).data).toEqual([]);
  });

  it('the development mailbox shows its letters', async () => {
    const page = await browse(`${url}/dev/mailbox`);
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    const text = await page.text();
    expect(text).toContain(shop.owner.user.email);
    const letter = await browse(url + /\/dev\/mailbox\/[0-9a-f-]{36}/.exec(text)![0]);
    expect(letter.status).toBe(200);
    expect(await letter.text()).toContain('sandbox="');
  });

  it('reports go out in the form that is asked for, and by mail with links that do what they say', async () => {
    const token = shop.owner.accessToken;
    const ask = (accept: string, query = '') =>
      fetch(`${url}/api/v1/finance/reports/trial-balance?from=2020-01-01&to=2100-01-01${query}`, {
        headers: { authorization: `Bearer ${token}`, accept },
      });
    for (const [accept, query, type, begin] of [
      ['text/csv', '', 'text/csv; charset=utf-8', '\uFEFFAccount,Name,Currency,'],
      ['text/csv;q=0.5, application/pdf', '', 'application/pdf', '%PDF-'],
      ['*/*', '', 'application/json; charset=utf-8', '{"report":"trial-balance"'],
      ['application/json', '&format=csv', 'text/csv; charset=utf-8', '\uFEFFAccount'],
    ]) {
      const answer = await ask(accept, query);
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, type]);
      expect(
        Buffer.from(await answer.arrayBuffer())
          .toString()
          .startsWith(begin),
      ).toBe(true);
    }
    const body = { report: 'trial-balance', format: 'pdf', every: 'month', recipients: ['books@example.com'] };
    const { id } = expectStatus(await shop.asOwner.post<{ id: string }>('/finance/report-schedules', body), 201);
    // As its timer does.
    const period = { from: new Date('2026-01-01'), to: new Date('2026-02-01') };
    await asTenant(shop.id, () =>
      app.get(UnitOfWork).run(async (tx) => {
        const runId = await app.get(ReportScheduleRepository).begin(tx, id, period);
        tx.job(MakeReport, { runId: runId! });
      }),
    );
    const letter = await eventually(
      async () =>
        (
          await sql.query<{ text_body: string }>(
            `select text_body from notifications.dev_mailbox where recipient = 'books@example.com'`,
          )
        ).rows[0],
      { timeoutMs: 20_000 },
    );
    expect(letter.text_body).toContain('1 January 2026 to 31 January 2026, is ready as PDF');
    const [file, unsubscribe] = letter.text_body.match(/http:\S+\/report-mails\/\S+/g)!;
    const fetched = await fetch(file);
    expect([fetched.status, fetched.headers.get('content-type')]).toEqual([200, 'application/pdf']);
    expect(Buffer.from(await fetched.arrayBuffer()).toString('latin1', 0, 5)).toBe('%PDF-');
    expect((await fetch(`${file}x`)).status).toBe(404);
    const gone = async () =>
      expectStatus(
        await shop.asOwner.get<{ recipients: { unsubscribedAt: string | null }[] }>(`/finance/report-schedules/${id}`),
        200,
      ).recipients[0].unsubscribedAt !== null;
    const page = await fetch(unsubscribe);
    expect([page.status, await gone()]).toEqual([200, false]);
    expect(await page.text()).toContain('<form method="post">');
    expect([(await fetch(unsubscribe, { method: 'POST' })).status, await gone()]).toEqual([200, true]);
    const broken = await fetch(unsubscribe.slice(0, -3), { method: 'POST' });
    expect([broken.status, (await broken.text()).includes('This link does not work')]).toEqual([404, true]);
  });
});
