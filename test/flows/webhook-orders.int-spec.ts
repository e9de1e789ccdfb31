import { Global, Module } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { Client } from 'pg';
import { InventoryModule } from '../../src/commerce/inventory/inventory.module';
import { clock } from '../../src/kernel/clock/clock';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import { newId } from '../../src/kernel/ids/ids';
import { DeliveryWorker } from '../../src/kernel/messaging/delivery-worker';
import { JobQueue, type HandedJob } from '../../src/kernel/messaging/job-queue';
import { MessagingRegistry } from '../../src/kernel/messaging/registry';
import { FraudModule } from '../../src/money/fraud/fraud.module';
import { VerifyLedgerQuery } from '../../src/money/ledger/contracts/verify-ledger';
import { LedgerModule } from '../../src/money/ledger/ledger.module';
import { OpenGatewayCommand } from '../../src/money/payments/commands/manage-gateways';
import { ReceiveWebhookCommand } from '../../src/money/payments/commands/receive-webhook';
import { CapturePaymentCommand } from '../../src/money/payments/contracts/capture-payment';
import { ContactGatewayCommand } from '../../src/money/payments/contracts/contact-gateway';
import { OpenIntentCommand } from '../../src/money/payments/contracts/open-intent';
import { RequestRefundCommand } from '../../src/money/payments/contracts/request-refund';
import { RecordOutcomeCommand } from '../../src/money/payments/contracts/record-outcome';
import { PaymentsModule } from '../../src/money/payments/payments.module';
import { FindPaymentQuery } from '../../src/money/payments/queries/find-payment';
import { SandboxModule } from '../../src/money/sandbox/sandbox.module';
import { StripeDouble } from '../doubles/stripe-double';
import { asTenant, testApp, type TestApp } from '../support/app';
import { testDatabase } from '../support/cluster';
import { killedAt } from '../support/killed-payment';
import { RecordedRealtimeModule } from '../support/realtime';
import { HeldJobsOnce } from '../support/held-jobs';

const held = new HeldJobsOnce();

@Global()
@Module({ providers: [{ provide: JobQueue, useValue: held }], exports: [JobQueue] })
class HeldJobsModule {}

const SECRET = 'whsec_ofTheDoubleOnLoopback';
const KEY = `sk_test_${'k'.repeat(24)}`;
const AMOUNT = 2_500;

const orders = <T>(things: T[]): T[][] =>
  things.length === 0
    ? [[]]
    : things.flatMap((first, i) => orders(things.toSpliced(i, 1)).map((others) => [first, ...others]));

describe('what Stripe says and what stands here, with the books', () => {
  const double = new StripeDouble();
  const tenant = newId();
  let app: TestApp;
  let commands: CommandBus;
  let sql: Client;
  let gatewayId: string;
  let base: string;

  beforeAll(async () => {
    base = await double.listen();
    app = await testApp(
      [
        HeldJobsModule,
        SandboxModule,
        PaymentsModule,
        FraudModule,
        LedgerModule,
        InventoryModule,
        RecordedRealtimeModule,
      ],
      {
        database: await testDatabase({ fresh: true, label: 'webhookorders' }),
        env: { STRIPE_API_BASE: base, MAINSTAY_GATEWAY_TIMEOUT_MS: '20000' },
      },
    );
    commands = app.get(CommandBus);
    sql = new Client({ connectionString: app.database.superuserUrl });
    await sql.connect();
    const credentials = { secretKey: KEY, webhookSecret: SECRET };
    gatewayId = await here(() => commands.execute(new OpenGatewayCommand({ provider: 'stripe', credentials })));
  }, 120_000);

  afterAll(async () => {
    clock.setOffset(0);
    await sql?.end();
    await app?.close();
    await double.close();
    expect([...double.refused, ...double.publishedFaults()]).toEqual([]);
  });

  const here = <T>(work: () => Promise<T>) => asTenant(tenant, work);
  const payment = (id: string) => here(() => app.get(QueryBus).execute(new FindPaymentQuery(id)));
  const pay = async (token: string, capture?: 'manual') => {
    const request = {
      payable: { type: 'order' as const, id: newId() },
      amount: { amount: AMOUNT, currency: 'EUR' },
      method: { type: 'card', token },
      capture,
    };
    return here(async () => {
      const uow = app.get(UnitOfWork);
      const { intentId, attemptId } = await uow.run(() => commands.execute(new OpenIntentCommand(request)));
      const outcome = await commands.execute(new ContactGatewayCommand({ attemptId }));
      await uow.run(() => commands.execute(new RecordOutcomeCommand({ attemptId, outcome })));
      const theirs = [...double.books.payments.values()].find(({ metadata }) => metadata.attempt_id === attemptId)!;
      return { id: intentId, attemptId, theirs };
    });
  };
  const receive = (event: object) => {
    const { header, body } = StripeDouble.signed(event, SECRET);
    const request = {
      provider: 'stripe',
      gatewayId,
      headers: { 'stripe-signature': header },
      body: Buffer.from(body),
    };
    return asTenant(null as never, () => commands.execute(new ReceiveWebhookCommand(request)));
  };
  const run = (job: HandedJob) =>
    here(() =>
      app
        .get(MessagingRegistry)
        .job(job.name)!
        .instance.run(job.data.payload, { id: job.id, attempt: 1, tenantId: tenant }),
    );
  /** Runs what was asked for until nothing is left: payments side by side, the webhooks of each in the order they came. */
  const work = async () => {
    for (;;) {
      await app.get(DeliveryWorker).drain();
      const jobs = held.jobs.splice(0);
      if (jobs.length === 0) return;
      const { rows } = await sql.query<{ id: string; attempt_id: string }>(
        'select id, attempt_id from payments.provider_events where tenant_id = $1',
        [tenant],
      );
      const attemptOf = new Map(rows.map(({ id, attempt_id }) => [id, attempt_id]));
      const came = ({ id, data }: HandedJob) => (data.payload as { providerEventId?: string }).providerEventId ?? id;
      // Ids grow with time: the first that was stored is the first to be worked on.
      jobs.sort((a, b) => came(a).localeCompare(came(b)));
      const lines = new Map<string, HandedJob[]>();
      for (const job of jobs) {
        const line = attemptOf.get(came(job)) ?? job.id;
        lines.set(line, [...(lines.get(line) ?? []), job]);
      }
      await Promise.all(
        [...lines.values()].map(async (line) => {
          for (const job of line) await run(job);
        }),
      );
      await sql.query('delete from kernel.deliveries where id = any($1)', [jobs.map(({ id }) => id)]);
    }
  };
  const journals = async (paymentId: string) =>
    (
      await sql.query<{ purpose: string; times: number }>(
        `select purpose, count(*)::int as times from ledger.journals where tenant_id = $1 and payment_id = $2
         group by purpose order by purpose`,
        [tenant, paymentId],
      )
    ).rows;
  /** What the books say the provider holds, and what it says itself. */
  const standing = async () => {
    const { rows } = await sql.query<{ sum: number; all: number }>(
      `select coalesce(sum(p.amount) filter (where a.code = '1100'), 0)::int as sum, coalesce(sum(p.amount), 0)::int as all
       from ledger.postings p join ledger.accounts a on a.tenant_id = p.tenant_id and a.id = p.account_id
       join ledger.journals j on j.tenant_id = p.tenant_id and j.id = p.journal_id
       where p.tenant_id = $1 and j.kind <> 'pending'`,
      [tenant],
    );
    const charges = [...double.books.payments.values()].map(({ latest_charge: charge }) =>
      charge && typeof charge !== 'string'
        ? charge.amount_captured - charge.amount_refunded - charge.balance_transaction!.fee
        : 0,
    );
    return { here: rows[0], there: charges.reduce((sum, one) => sum + one, 0) };
  };

  it('ends in one row and one journal each, whatever the order and however often webhooks come', async () => {
    const steps = ['created', 'requires_action', 'processing', 'succeeded', 'refunded'];
    const all = orders(steps);
    expect(all).toHaveLength(120);
    const begin = async (telling: string[]) => {
      const { id, theirs } = await pay('pm_card_threeDSecure2Required');
      const { metadata } = theirs;
      const about = (name: string): [type: string, object: object] =>
        name === 'refunded'
          ? ['charge.refunded', { ...(theirs.latest_charge as object), metadata }]
          : [`payment_intent.${name}`, { ...theirs, status: name === 'created' ? 'requires_payment_method' : name }];
      let reached = 0;
      const told = new Map<string, object>();
      /** Stripe has got as far as what it tells of, at least. */
      const happen = (name: string): void => {
        for (; reached <= steps.indexOf(name); reached++) {
          const step = steps[reached];
          if (step === 'processing') theirs.status = step;
          else if (step === 'succeeded') double.books.charge(theirs);
          else if (step === 'refunded') double.books.refund({ payment_intent: theirs.id });
          const [type, object] = about(step);
          told.set(step, { id: `evt_${newId()}`, object: 'event', type, data: { object } });
        }
      };
      const tell = async (name: string): Promise<void> => {
        happen(name);
        for (const _time of [1, 2]) await receive(told.get(name)!);
      };
      return { id, telling, tell };
    };
    const paid: { id: string; telling: string[] }[] = [];
    const between = new Set<string>();
    const states = async () => {
      const { rows } = await sql.query<{ state: string }>(
        'select distinct state from payments.attempts where tenant_id = $1',
        [tenant],
      );
      return rows.map(({ state }) => state);
    };
    for (let from = 0; from < all.length; from += 20) {
      const some = await Promise.all(all.slice(from, from + 20).map(begin));
      paid.push(...some);
      for (let step = 0; step < steps.length; step++) {
        await Promise.all(some.map(({ telling, tell }) => tell(telling[step])));
        // Every other twenty are looked at while it happens, the others once all has happened.
        if (from % 40 > 0) continue;
        await work();
        for (const state of await states()) between.add(state);
      }
      await work();
    }
    expect([...between].sort()).toEqual(['authentication_pending', 'charged', 'processing']);
    const wrong: unknown[] = [];
    for (const { id, telling } of paid) {
      const { status, captured, refunded, attempts } = await payment(id);
      const seen = {
        status,
        captured,
        refunded,
        states: attempts.map(({ state }) => state),
        journals: await journals(id),
      };
      const money = { amount: AMOUNT, currency: 'EUR' };
      const expected = {
        status: 'succeeded',
        captured: money,
        refunded: money,
        states: ['charged'],
        journals: ['payment-captured', 'payment-fee', 'refund'].map((purpose) => ({ purpose, times: 1 })),
      };
      if (JSON.stringify(seen) !== JSON.stringify(expected)) wrong.push([telling, seen]);
    }
    expect(wrong).toEqual([]);
    const { rows } = await sql.query(`select state, count(*)::int from payments.provider_events group by state`);
    expect(rows.reduce((sum, { count }: { count: number }) => sum + count, 0)).toBe(5 * all.length);
    expect(rows.map(({ state }: { state: string }) => state)).toEqual(['processed']);
    const sums = await standing();
    expect(sums).toEqual({ here: { sum: sums.there, all: 0 }, there: sums.there });
  }, 120_000);

  it('is called off by Stripe where what is reserved lapses, and may be paid anew', async () => {
    const { id, theirs } = await pay('pm_card_visa', 'manual');
    await work();
    expect(await payment(id)).toMatchObject({ status: 'requires_capture' });
    double.books.cancel(theirs);
    await receive({ id: `evt_${newId()}`, object: 'event', type: 'payment_intent.canceled', data: { object: theirs } });
    await work();
    expect(await payment(id)).toMatchObject({
      status: 'requires_payment_method',
      error: { code: 'canceled' },
      attempts: [{ state: 'voided' }],
    });
    // What was pending in the books is void.
    expect((await journals(id)).map(({ purpose }) => purpose)).toEqual(['payment-authorized', 'payment-voided']);
    const sums = await standing();
    expect(sums).toEqual({ here: { sum: sums.there, all: 0 }, there: sums.there });
  });

  it('is given back in more parts at Stripe than one page of a list has', async () => {
    const { id, theirs } = await pay('pm_card_visa');
    for (let part = 0; part < 120; part++) double.books.refund({ payment_intent: theirs.id, amount: 10 });
    const { metadata } = theirs;
    const object = { ...(theirs.latest_charge as object), metadata };
    await receive({ id: `evt_${newId()}`, object: 'event', type: 'charge.refunded', data: { object } });
    await work();
    expect(await payment(id)).toMatchObject({ refunded: { amount: 1_200 } });
    expect((await journals(id)).find(({ purpose }) => purpose === 'refund')).toEqual({ purpose: 'refund', times: 120 });
    const sums = await standing();
    expect(sums).toEqual({ here: { sum: sums.there, all: 0 }, there: sums.there });
  }, 60_000);

  it.each(['its job', 'the timer of a day'] as const)(
    'is given back once and booked once by a process that is killed at refund.after-gateway, by %s',
    async (next) => {
      const { id, theirs } = await pay('pm_card_visa');
      await work();
      const { refundId } = await here(() =>
        commands.execute(
          new RequestRefundCommand({
            paymentId: id,
            amount: { amount: 1_000, currency: 'EUR' },
            reason: 'requested_by_customer',
          }),
        ),
      );
      const env = { STRIPE_API_BASE: base };
      expect(await killedAt('refund.after-gateway', [tenant, 'refund', refundId], app.database, env)).toEqual([
        'SIGKILL',
        '',
      ]);
      const given = () => [...double.books.refunds.values()].filter((one) => one.payment_intent === theirs.id);
      expect([given().length, (await payment(id)).refunded.amount]).toEqual([1, 0]);
      if (next === 'the timer of a day') {
        // The job died with its process, and Stripe has forgotten the key.
        await app.get(DeliveryWorker).drain();
        await sql.query('delete from kernel.deliveries where id = any($1)', [held.jobs.splice(0).map((job) => job.id)]);
        double.forgetKeys();
        clock.setOffset(86_400);
      }
      await work();
      clock.setOffset(0);
      expect([given().length, (await payment(id)).refunded.amount]).toEqual([1, 1_000]);
      expect((await journals(id)).filter(({ purpose }) => purpose === 'refund')).toEqual([
        { purpose: 'refund', times: 1 },
      ]);
      const sums = await standing();
      expect(sums).toEqual({ here: { sum: sums.there, all: 0 }, there: sums.there });
    },
    60_000,
  );

  it.each(['capture.after-t1', 'capture.after-gateway'])(
    'is captured once and booked once by a process that is killed at %s',
    async (point) => {
      const { id, theirs } = await pay('pm_card_visa', 'manual');
      await work();
      expect(await payment(id)).toMatchObject({ status: 'requires_capture' });
      const asked = () => double.requests.filter((line) => line === `POST /v1/payment_intents/${theirs.id}/capture`);
      const [signal, output] = await killedAt(point, [tenant, 'capture', id], app.database, { STRIPE_API_BASE: base });
      expect([signal, output]).toEqual(['SIGKILL', '']);
      expect(await payment(id)).toMatchObject({ attempts: [{ state: 'capture_started' }] });
      expect(asked()).toHaveLength(point === 'capture.after-gateway' ? 1 : 0);

      // A job that asked for the capture runs again, while the timer of the first commit asks what became of it.
      const again = () => here(() => commands.execute(new CapturePaymentCommand({ paymentId: id, repeatable: true })));
      if (point === 'capture.after-gateway') {
        clock.setOffset(61);
        await work();
        clock.setOffset(0);
      } else await again();
      expect(await again()).toMatchObject({ status: 'succeeded', captured: { amount: AMOUNT } });
      await work();
      expect(asked()).toHaveLength(1);
      expect(theirs).toMatchObject({ status: 'succeeded', amount_received: AMOUNT });
      expect((await journals(id)).filter(({ purpose }) => purpose === 'payment-captured')).toEqual([
        { purpose: 'payment-captured', times: 1 },
      ]);
      const sums = await standing();
      expect(sums).toEqual({ here: { sum: sums.there, all: 0 }, there: sums.there });
      expect(await here(() => app.get(QueryBus).execute(new VerifyLedgerQuery()))).toMatchObject({ fault: null });
    },
    60_000,
  );
});
