import { Global, Module } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { Client } from 'pg';
import { clock } from '../../src/kernel/clock/clock';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import { HealthRegistry } from '../../src/kernel/health/health.registry';
import { newId } from '../../src/kernel/ids/ids';
import { DeliveryWorker } from '../../src/kernel/messaging/delivery-worker';
import { JobQueue, type HandedJob } from '../../src/kernel/messaging/job-queue';
import { MessagingRegistry } from '../../src/kernel/messaging/registry';
import { CapturePaymentCommand } from '../../src/money/payments/contracts/capture-payment';
import { CompleteReturnCommand } from '../../src/money/payments/commands/complete-return';
import { ChangeGatewayCommand, OpenGatewayCommand } from '../../src/money/payments/commands/manage-gateways';
import { ReceiveWebhookCommand } from '../../src/money/payments/commands/receive-webhook';
import { ReplayProviderEventCommand } from '../../src/money/payments/commands/replay-provider-event';
import { SettleAttemptCommand } from '../../src/money/payments/commands/settle-attempt';
import { RequestRefundCommand } from '../../src/money/payments/contracts/request-refund';
import { VoidPaymentCommand } from '../../src/money/payments/contracts/void-payment';
import { ContactGatewayCommand } from '../../src/money/payments/contracts/contact-gateway';
import { OpenIntentCommand } from '../../src/money/payments/contracts/open-intent';
import { RecordOutcomeCommand } from '../../src/money/payments/contracts/record-outcome';
import { VoidIntentCommand } from '../../src/money/payments/contracts/void-intent';
import { FraudModule } from '../../src/money/fraud/fraud.module';
import { PaymentsModule } from '../../src/money/payments/payments.module';
import { FindPaymentQuery } from '../../src/money/payments/queries/find-payment';
import { FindGatewayQuery } from '../../src/money/payments/queries/list-gateways';
import { ListProviderEventsQuery } from '../../src/money/payments/queries/list-provider-events';
import { GATEWAYS } from '../../src/money/payments/adapters/gateway-desk';
import { PaymentRepository } from '../../src/money/payments/data/payment.repository';
import { GatewayAccounts } from '../../src/money/payments/data/gateway-accounts';
import type { PaymentGateway } from '../../src/money/payments/domain/payment-gateway';
import { SandboxModule } from '../../src/money/sandbox/sandbox.module';
import { StripeDouble, type StripeEvent } from '../doubles/stripe-double';
import { asTenant, testApp, type TestApp } from '../support/app';
import { RecordedRealtimeModule } from '../support/realtime';
import { testDatabase } from '../support/cluster';
import { HeldJobsOnce } from '../support/held-jobs';

const held = new HeldJobsOnce();

@Global()
@Module({ providers: [{ provide: JobQueue, useValue: held }, HealthRegistry], exports: [JobQueue, HealthRegistry] })
class HeldJobsModule {}

const SECRET = 'whsec_ofTheDoubleOnLoopback';
const KEY = `sk_test_${'k'.repeat(24)}`;

describe('gateways of tenants, with Stripe’s own client against a double', () => {
  const double = new StripeDouble();
  const tenant = newId();
  let app: TestApp;
  let commands: CommandBus;
  let sql: Client;
  let gatewayId: string;

  beforeAll(async () => {
    const base = await double.listen();
    app = await testApp([HeldJobsModule, RecordedRealtimeModule, FraudModule, SandboxModule, PaymentsModule], {
      database: await testDatabase({ fresh: true, label: 'gateways' }),
      env: { STRIPE_API_BASE: base, MAINSTAY_GATEWAY_TIMEOUT_MS: '20000' },
    });
    commands = app.get(CommandBus);
    sql = new Client({ connectionString: app.database.superuserUrl });
    await sql.connect();
    gatewayId = await here(() =>
      commands.execute(
        new OpenGatewayCommand({ provider: 'stripe', credentials: { secretKey: KEY, webhookSecret: SECRET } }),
      ),
    );
  }, 120_000);

  afterAll(async () => {
    clock.setOffset(0);
    await sql.end();
    await app.close();
    await double.close();
    expect(double.refused).toEqual([]);
    expect(double.publishedFaults()).toEqual([]);
  });

  const here = <T>(work: () => Promise<T>) => asTenant(tenant, work);
  const payment = (id: string) => here(() => app.get(QueryBus).execute(new FindPaymentQuery(id)));
  const open = (type: string, token: string, more: { capture?: 'manual'; orderId?: string } = {}) =>
    here(() =>
      app.get(UnitOfWork).run(() =>
        commands.execute(
          new OpenIntentCommand({
            payable: { type: 'order', id: more.orderId ?? newId() },
            amount: { amount: 2_500, currency: 'EUR' },
            method: { type, token },
            capture: more.capture,
            metadata: { order: 'A-1' },
          }),
        ),
      ),
    );
  const pay = async (type: string, token: string, more: { capture?: 'manual'; orderId?: string } = {}) => {
    const { intentId, attemptId } = await open(type, token, more);
    const outcome = await here(() => commands.execute(new ContactGatewayCommand({ attemptId })));
    await here(() => app.get(UnitOfWork).run(() => commands.execute(new RecordOutcomeCommand({ attemptId, outcome }))));
    return { id: intentId, attemptId, outcome };
  };
  const settle = (attemptId: string) => here(() => commands.execute(new SettleAttemptCommand(attemptId)));
  const theirs = (attemptId: string) =>
    [...double.books.payments.values()].filter(({ metadata }) => metadata.attempt_id === attemptId);
  const receive = (event: object, secret = SECRET, at?: number) => {
    const { header, body } = StripeDouble.signed(event, secret, at);
    return receiveRaw(body, { 'stripe-signature': header });
  };
  const receiveRaw = (body: string, headers: Record<string, string>) =>
    asTenant(null as never, () =>
      commands.execute(
        new ReceiveWebhookCommand({ provider: 'stripe', gatewayId, headers, body: Buffer.from(body, 'utf8') }),
      ),
    );
  const run = (job: HandedJob, attempt = 1) =>
    here(() =>
      app
        .get(MessagingRegistry)
        .job(job.name)!
        .instance.run(job.data.payload, { id: job.id, attempt, tenantId: tenant }),
    );
  /** Runs what was asked for until nothing is left. */
  const work = async () => {
    for (;;) {
      await app.get(DeliveryWorker).drain();
      const jobs = held.jobs.splice(0);
      if (jobs.length === 0) return;
      for (const job of jobs) {
        await run(job);
        await sql.query('delete from kernel.deliveries where id = $1', [job.id]);
      }
    }
  };
  const told = (paymentId: string): StripeEvent[] =>
    double.events.filter(({ data: { object } }) => object.id === paymentId || object.payment_intent === paymentId);

  it('takes tokens of the older scripts, of which a payment method is made first', async () => {
    const { id, attemptId } = await pay('card', 'tok_visa');
    await here(() => commands.execute(new ContactGatewayCommand({ attemptId })));
    expect(theirs(attemptId)).toHaveLength(1);
    expect(await payment(id)).toMatchObject({ status: 'succeeded' });
  });

  it('takes a card once, whoever asks how often, and says what Stripe kept', async () => {
    const { id, attemptId } = await pay('card', 'pm_card_visa');
    await here(() => commands.execute(new ContactGatewayCommand({ attemptId })));
    expect(theirs(attemptId)).toMatchObject([{ status: 'succeeded', amount_received: 2_500 }]);
    expect(await payment(id)).toMatchObject({
      status: 'succeeded',
      captured: { amount: 2_500, currency: 'EUR' },
      attempts: [{ state: 'charged', gatewayId, method: 'card', fee: { amount: 63, currency: 'EUR' } }],
    });
  });

  it('goes through 3-D Secure and other pages, in whatever order webhooks tell of it', async () => {
    for (const [type, token] of [
      ['card', 'pm_card_threeDSecure2Required'],
      ['ideal', 'new'],
    ]) {
      const { id, attemptId, outcome } = await pay(type, token);
      expect(outcome).toMatchObject({ status: 'requires_action' });
      const { nextAction } = await payment(id);
      const approved = await fetch(`${nextAction!.url}/approve`, { method: 'POST', redirect: 'manual' });
      expect(approved.headers.get('location')).toContain(`/api/v1/payments/${id}/return`);
      // The last first, each twice.
      for (const event of told(theirs(attemptId)[0].id).reverse()) for (const _time of [1, 2]) await receive(event);
      await work();
      expect(await payment(id)).toMatchObject({ status: 'succeeded', attempts: [{ state: 'charged' }] });
    }
    const refused = await pay('card', 'pm_card_threeDSecure2Required');
    await fetch(`${(await payment(refused.id)).nextAction!.url}/decline`, { method: 'POST', redirect: 'manual' });
    const back = await asTenant(null as never, () => commands.execute(new CompleteReturnCommand(refused.id)));
    expect(back.status).toBe('requires_payment_method');
    expect(await payment(refused.id)).toMatchObject({ error: { code: 'authentication_required' } });
  });

  it('declines with the bank’s reason, and takes another card for the same order', async () => {
    const orderId = newId();
    const first = await pay('card', 'pm_card_chargeDeclinedInsufficientFunds', { orderId });
    expect(await payment(first.id)).toMatchObject({
      status: 'requires_payment_method',
      error: { code: 'insufficient_funds' },
    });
    const second = await pay('card', 'pm_card_visa', { orderId });
    expect(second.id).toBe(first.id);
    expect(await payment(first.id)).toMatchObject({
      status: 'succeeded',
      attempts: [{ state: 'failed' }, { state: 'charged' }],
    });
  });

  it('tells under health what became of the last call, without one of its own', async () => {
    const line = async () => {
      const found = app.get(HealthRegistry).all.find(({ name }) => name === 'payments-stripe')!;
      return { critical: found.critical, ...(await found.check()) };
    };
    await pay('card', 'pm_card_chargeDeclinedInsufficientFunds');
    expect(await line()).toEqual({ critical: false, message: expect.stringMatching(/^Stripe answered \d+ s ago\.$/) });
    const { attemptId } = await pay('card', 'pm_double_500');
    expect(await line()).toMatchObject({ status: 'degraded', message: expect.stringContaining('no readable answer') });
    await settle(attemptId);
    expect(await line()).not.toHaveProperty('status');
    const names = app.get(HealthRegistry).all.map(({ name }) => name);
    expect(names).not.toContain('payments-paypal');
  });

  it('leaves a payment whose answer was lost unresolved, and finds the charge without charging again', async () => {
    for (const token of ['pm_double_lost', 'pm_double_500']) {
      const { id, attemptId, outcome } = await pay('card', token);
      expect(outcome).toMatchObject({ status: 'unresolved' });
      expect(await payment(id)).toMatchObject({ status: 'processing', attempts: [{ state: 'unresolved' }] });
      await settle(attemptId);
      expect(theirs(attemptId)).toHaveLength(1);
      expect(await payment(id)).toMatchObject({
        status: 'succeeded',
        attempts: [{ state: 'charged', providerPaymentId: theirs(attemptId)[0].id }],
      });
    }
    // Never sent at all: Stripe knows of nothing, and the order can be paid again.
    const { intentId, attemptId } = await open('card', 'pm_card_visa');
    await settle(attemptId);
    expect(await payment(intentId)).toMatchObject({ status: 'requires_payment_method', error: { code: 'abandoned' } });
  });

  it('waits for money that comes later', async () => {
    const { id, attemptId } = await pay('sepa_debit', 'pm_sepaDebit');
    expect(await payment(id)).toMatchObject({ status: 'processing', attempts: [{ state: 'processing' }] });
    double.books.charge(theirs(attemptId)[0]);
    await receive(told(theirs(attemptId)[0].id).at(-1)!);
    await work();
    expect(await payment(id)).toMatchObject({ status: 'succeeded' });
  });

  it('reserves first, captures a part or all of it once, or lets it go', async () => {
    const part = await pay('card', 'pm_card_visa', { capture: 'manual' });
    expect(await payment(part.id)).toMatchObject({
      status: 'requires_capture',
      capture: 'manual',
      attempts: [{ state: 'authorized', authorized: { amount: 2_500 } }],
    });
    const capture = (amount?: number) =>
      here(() => commands.execute(new CapturePaymentCommand({ paymentId: part.id, amount: amount })));
    const results = await Promise.allSettled([capture(1_000), capture(1_000), capture(1_000)]);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await payment(part.id)).toMatchObject({ status: 'partially_captured', captured: { amount: 1_000 } });
    expect(theirs(part.attemptId)).toMatchObject([{ status: 'succeeded', amount_received: 1_000 }]);
    await expect(capture()).rejects.toMatchObject({ code: 'payments.not-capturable' });
    await expect(here(() => commands.execute(new VoidPaymentCommand({ paymentId: part.id })))).rejects.toMatchObject({
      code: 'payments.not-voidable',
    });

    // A job that runs again is answered with what was done; another amount is another wish.
    const again = (amount?: number) =>
      here(() => commands.execute(new CapturePaymentCommand({ paymentId: part.id, amount, repeatable: true })));
    expect(await again(1_000)).toMatchObject({ status: 'partially_captured', captured: { amount: 1_000 } });
    await expect(again(900)).rejects.toMatchObject({ code: 'payments.not-capturable' });

    // The gateway took a capture that nobody here knows of; asking again tells.
    const known = await pay('card', 'pm_card_visa', { capture: 'manual' });
    double.books.capture(theirs(known.attemptId)[0], undefined);
    await here(() => commands.execute(new CapturePaymentCommand({ paymentId: known.id })));
    expect(await payment(known.id)).toMatchObject({ status: 'succeeded', captured: { amount: 2_500 } });

    // Whoever asked for it died before the gateway heard of it: the poller asks in their stead, once.
    const died = await pay('card', 'pm_card_visa', { capture: 'manual' });
    await here(() =>
      app.get(UnitOfWork).run(async (tx) => {
        const intent = (await app.get(PaymentRepository).lock(tx, died.id))!;
        intent.startCapture(900, clock.now());
        await app.get(PaymentRepository).save(tx, intent);
      }),
    );
    await Promise.all([settle(died.attemptId), settle(died.attemptId)]);
    expect(await payment(died.id)).toMatchObject({ status: 'partially_captured', captured: { amount: 900 } });
    expect(theirs(died.attemptId)).toMatchObject([{ status: 'succeeded', amount_received: 900 }]);

    const gone = await pay('card', 'pm_card_visa', { capture: 'manual' });
    await here(() => commands.execute(new VoidPaymentCommand({ paymentId: gone.id })));
    await work();
    expect(await payment(gone.id)).toMatchObject({ status: 'canceled', attempts: [{ state: 'voided' }] });
    expect(theirs(gone.attemptId)).toMatchObject([{ status: 'canceled' }]);
  });

  it('gives a charge back once, and takes in what was given back at Stripe’s own console', async () => {
    const orderId = newId();
    const { id, attemptId } = await pay('card', 'pm_card_visa', { orderId });
    double.books.refund({ payment_intent: theirs(attemptId)[0].id, amount: 700 });
    for (const event of told(theirs(attemptId)[0].id)) await receive(event);
    await work();
    expect(await payment(id)).toMatchObject({ refunded: { amount: 700 } });
    await here(() =>
      app
        .get(UnitOfWork)
        .run(() =>
          commands.execute(new VoidIntentCommand({ payable: { type: 'order', id: orderId }, reason: 'test' })),
        ),
    );
    await work();
    expect(await payment(id)).toMatchObject({ refunded: { amount: 2_500 } });
    expect([...double.books.refunds.values()].map(({ amount }) => amount)).toEqual([700, 1_800]);
  });

  it('takes a refund back that failed after it had succeeded, once, however often Stripe tells', async () => {
    const { id, attemptId } = await pay('card', 'pm_card_visa');
    const intent = theirs(attemptId)[0].id;
    const { refundId } = await here(() =>
      commands.execute(
        new RequestRefundCommand({ paymentId: id, amount: { amount: 900, currency: 'EUR' }, reason: 'staff' }),
      ),
    );
    await work();
    expect(await payment(id)).toMatchObject({ refunded: { amount: 900 } });
    double.books.failRefund(
      [...double.books.refunds.values()].find(({ payment_intent }) => payment_intent === intent)!.id,
    );
    const events = told(intent);
    for (const event of [...events, ...events.reverse()]) await receive(event);
    await work();
    expect(await payment(id)).toMatchObject({ refunded: { amount: 0 } });
    const said = await sql.query<{ type: string }>(
      `select type from kernel.events where payload ->> 'refundId' = $1 order by type`,
      [refundId],
    );
    expect(said.rows.map(({ type }) => type)).toEqual(['payments.refund-reversed.v1', 'payments.refund-succeeded.v1']);
    // It can be given back once more, and the report of Stripe agrees with both.
    await here(() =>
      commands.execute(
        new RequestRefundCommand({ paymentId: id, amount: { amount: 2_500, currency: 'EUR' }, reason: 'staff' }),
      ),
    );
    await work();
    expect(await payment(id)).toMatchObject({ refunded: { amount: 2_500 } });
  });

  it('tells disputes and payouts as they stand', async () => {
    const { attemptId } = await pay('card', 'pm_card_visa');
    const stripe = app.get<PaymentGateway[]>(GATEWAYS as never).find(({ provider }) => provider === 'stripe')!;
    const account = (await app.get(GatewayAccounts).find(tenant, gatewayId))!;
    const { signal } = new AbortController();
    const dispute = double.books.dispute(theirs(attemptId)[0].id);
    expect(await stripe.fetchDispute!(account, dispute.id, signal)).toMatchObject({
      providerPaymentId: theirs(attemptId)[0].id,
      amount: { amount: 2_500, currency: 'EUR' },
      status: 'needs_response',
    });
    const evidence = { providerDisputeId: dispute.id, evidence: { uncategorizedText: 'Signed.' } };
    expect(
      await stripe.submitEvidence!(account, { ...evidence, files: [], idempotencyKey: newId() }, signal),
    ).toMatchObject({
      status: 'under_review',
    });
    const payout = double.books.payOut('eur');
    const reported = await stripe.fetchPayout!(account, payout.id, signal);
    expect(reported.amount).toEqual({ amount: payout.amount, currency: 'EUR' });
    expect(reported.entries.reduce((sum, { amount, fee }) => sum + amount.amount - fee.amount, 0)).toBe(payout.amount);
    const kinds = Object.fromEntries(reported.entries.map(({ type, providerPaymentId }) => [type, providerPaymentId]));
    expect(Object.keys(kinds).sort()).toEqual(['charge', 'refund']);
  });

  it('accepts webhooks by signature and age alone, and rolled secrets for their time', async () => {
    const now = () => Math.floor(clock.nowMs() / 1000);
    const event = () => ({
      id: `evt_${newId()}`,
      type: 'payment_intent.created',
      data: { object: { id: 'pi_x', object: 'payment_intent' } },
    });
    const { header, body } = StripeDouble.signed(event(), SECRET);
    const second = StripeDouble.signed(event(), SECRET);
    const stale = StripeDouble.signed(event(), 'whsec_another', now());
    const big = { ...event(), padding: 'x'.repeat(900_000) };
    const table: [string, () => Promise<unknown>, string | null][] = [
      ['fresh', () => receive(event()), null],
      ['290 s old', () => receive(event(), SECRET, now() - 290), null],
      [
        'two signatures, one wrong',
        () => receiveRaw(second.body, { 'stripe-signature': `${second.header},v1=00ff` }),
        null,
      ],
      ['nearly 1 MB', () => receive(big), null],
      ['301 s old', () => receive(event(), SECRET, now() - 301), 'payments.webhook-too-old'],
      ['600 s ahead', () => receive(event(), SECRET, now() + 600), 'payments.webhook-too-new'],
      ['wrong secret', () => receive(event(), 'whsec_another'), 'payments.webhook-signature'],
      [
        'one byte changed',
        () => receiveRaw(body.replace('created', 'createD'), { 'stripe-signature': header }),
        'payments.webhook-signature',
      ],
      [
        'printed anew',
        () => receiveRaw(JSON.stringify(JSON.parse(body), null, 1), { 'stripe-signature': header }),
        'payments.webhook-signature',
      ],
      [
        'v0 alone',
        () => receiveRaw(body, { 'stripe-signature': header.replace('v1=', 'v0=') }),
        'payments.webhook-headers',
      ],
      ['no header', () => receiveRaw(body, {}), 'payments.webhook-headers'],
      [
        'no JSON',
        () => receiveRaw('[', { 'stripe-signature': StripeDouble.signed({}, SECRET).header }),
        'payments.webhook-signature',
      ],
      ['no event', () => receive({ hello: 1 }), 'payments.webhook-malformed'],
      [
        'of another account',
        () => receiveRaw(stale.body, { 'stripe-signature': stale.header }),
        'payments.webhook-signature',
      ],
    ];
    for (const [name, send, code] of table) {
      const answer = await send().then(
        () => null,
        (error: { code: string }) => error.code,
      );
      expect([name, answer]).toEqual([name, code]);
    }

    const roll = { credentials: { webhookSecret: 'whsec_theNewOneOfTheDouble' }, keepFormerWebhookHours: 2 };
    await here(() => commands.execute(new ChangeGatewayCommand(gatewayId, roll)));
    await receive(event(), 'whsec_theNewOneOfTheDouble');
    await receive(event());
    clock.setOffset(7_201);
    try {
      const at = Math.floor(clock.nowMs() / 1000);
      await receive(event(), 'whsec_theNewOneOfTheDouble', at);
      await expect(receive(event(), SECRET, at)).rejects.toMatchObject({ code: 'payments.webhook-signature' });
    } finally {
      clock.setOffset(0);
    }
    await here(() => commands.execute(new ChangeGatewayCommand(gatewayId, { credentials: { webhookSecret: SECRET } })));
  });

  it('keeps webhooks that cannot be worked on, and works on them when they are replayed', async () => {
    await work();
    const { id, attemptId } = await pay('sepa_debit', 'pm_sepaDebit');
    const [theirOwn] = theirs(attemptId);
    double.books.charge(theirOwn);
    await receive(told(theirOwn.id).at(-1)!);
    await app.get(DeliveryWorker).drain();
    const [job] = held.jobs.splice(0);
    double.books.payments.delete(theirOwn.id);
    for (let attempt = 1; attempt <= 8; attempt++) await expect(run(job, attempt)).rejects.toThrow();
    await sql.query('delete from kernel.deliveries where id = $1', [job.id]);
    const dead = () =>
      here(() => app.get(QueryBus).execute(new ListProviderEventsQuery({ limit: 20, status: ['dead'] } as never)));
    const [event] = (await dead()).data;
    expect(event).toMatchObject({ kind: 'payment', type: 'payment_intent.succeeded', attempts: 8, replays: 0 });
    expect(event.lastError).toContain('No such payment_intent');
    double.books.payments.set(theirOwn.id, theirOwn);
    await here(() => commands.execute(new ReplayProviderEventCommand(event.id)));
    await work();
    expect((await dead()).data).toEqual([]);
    expect(await payment(id)).toMatchObject({ status: 'succeeded' });
  });

  it('has an account compared every morning from its opening on', async () => {
    const timers = `select 1 from kernel.deliveries where name = 'payments.reconcile-daily' and tenant_id = $1`;
    expect((await sql.query(timers, [tenant])).rowCount).toBe(1);
    await here(() => commands.execute(new ChangeGatewayCommand(gatewayId, { name: 'Same' })));
    expect((await sql.query(timers, [tenant])).rowCount).toBe(1);
  });

  it('seals credentials and shows their last characters alone', async () => {
    const shown = await here(() => app.get(QueryBus).execute(new FindGatewayQuery(gatewayId)));
    expect(shown).toMatchObject({ testMode: true, credentials: { secretKey: '…kkkk', webhookSecret: '…back' } });
    const { rows } = await sql.query('select * from payments.gateways where id = $1', [gatewayId]);
    expect(JSON.stringify(rows)).not.toContain(KEY);
    expect(rows[0].secrets).toMatch(/^v1\.1\./);
    const opened = (credentials: Record<string, string>, more: object = {}) =>
      here(() => commands.execute(new OpenGatewayCommand({ provider: 'stripe', credentials, ...more })));
    await expect(opened({ secretKey: 'nonsense', what: 'x' })).rejects.toMatchObject({
      code: 'payments.credentials-invalid',
    });
    await expect(opened({ secretKey: KEY }, { apiBase: 'http://10.0.0.1:80' })).rejects.toMatchObject({
      code: 'payments.api-base-refused',
    });
    await here(() => commands.execute(new ChangeGatewayCommand(gatewayId, { status: 'disabled' })));
    await expect(open('card', 'pm_card_visa')).rejects.toMatchObject({ code: 'payments.unknown-method' });
    await here(() => commands.execute(new ChangeGatewayCommand(gatewayId, { status: 'active' })));
  });

  it('opens the sandbox as it is asked to, the first time too', async () => {
    const terms = { name: 'Practice', capture: 'manual' as const };
    const open = (more: object) =>
      commands.execute(new OpenGatewayCommand({ provider: 'sandbox', credentials: {}, ...more }));
    const id = await asTenant(newId(), async () => {
      const first = await open(terms);
      expect(await app.get(QueryBus).execute(new FindGatewayQuery(first))).toMatchObject(terms);
      expect(await open({ name: 'Again' })).toBe(first);
      return first;
    });
    const { rows } = await sql.query('select name, capture from payments.gateways where id = $1', [id]);
    expect(rows).toEqual([{ name: 'Again', capture: 'manual' }]);
  });
});
