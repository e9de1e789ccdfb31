import { Global, Module } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { Client, Pool } from 'pg';
import { asTenant, testApp, type TestApp } from '../support/app';
import { RecordedRealtimeModule } from '../support/realtime';
import { eventually } from '../support/eventually';
import { testDatabase } from '../support/cluster';
import { Config } from '../../src/kernel/config/config';
import { clock } from '../../src/kernel/clock/clock';
import { webhookHeaders } from '../../src/kernel/crypto/webhook-signature';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import { newId } from '../../src/kernel/ids/ids';
import { DeliveryWorker } from '../../src/kernel/messaging/delivery-worker';
import { JobQueue, type HandedJob } from '../../src/kernel/messaging/job-queue';
import { MessagingRegistry } from '../../src/kernel/messaging/registry';
import { SandboxModule } from '../../src/money/sandbox/sandbox.module';
import { AnswerChallengeCommand } from '../../src/money/sandbox/commands/answer-challenge';
import { CompleteReturnCommand } from '../../src/money/payments/commands/complete-return';
import { ReceiveWebhookCommand } from '../../src/money/payments/commands/receive-webhook';
import { SettleAttemptCommand } from '../../src/money/payments/commands/settle-attempt';
import { ContactGatewayCommand } from '../../src/money/payments/contracts/contact-gateway';
import { OpenIntentCommand } from '../../src/money/payments/contracts/open-intent';
import type { IntentStatus, AttemptState, PaymentFacts } from '../../src/money/payments/contracts/payment-view';
import { PaymentViewQuery } from '../../src/money/payments/contracts/payment-view-query';
import { RecordOutcomeCommand } from '../../src/money/payments/contracts/record-outcome';
import { VoidIntentCommand } from '../../src/money/payments/contracts/void-intent';
import { GatewayAccounts } from '../../src/money/payments/data/gateway-accounts';
import {
  ATTEMPT_STATES,
  canMoveAttempt,
  canMoveIntent,
  INTENT_STATUSES,
} from '../../src/money/payments/domain/machines';
import { FraudModule } from '../../src/money/fraud/fraud.module';
import { PaymentsModule } from '../../src/money/payments/payments.module';
import { HeldJobsOnce } from '../support/held-jobs';

const held = new HeldJobsOnce();

@Global()
@Module({ providers: [{ provide: JobQueue, useValue: held }], exports: [JobQueue] })
class HeldJobsModule {}

const EUR = (amount: number) => ({ amount, currency: 'EUR' });

describe('payments', () => {
  let app: TestApp;
  let commands: CommandBus;
  let worker: DeliveryWorker;
  let uow: UnitOfWork;
  let sql: Client;
  let noted: Pool;
  const tenant = newId();

  beforeAll(async () => {
    app = await testApp([HeldJobsModule, RecordedRealtimeModule, FraudModule, SandboxModule, PaymentsModule], {
      database: await testDatabase({ fresh: true, label: 'payments' }),
    });
    commands = app.get(CommandBus);
    worker = app.get(DeliveryWorker);
    uow = app.get(UnitOfWork);
    sql = new Client({ connectionString: app.database.superuserUrl });
    await sql.connect();
    noted = new Pool({ connectionString: app.database.superuserUrl, max: 2 });
  }, 120_000);

  afterAll(async () => {
    clock.setOffset(0);
    await sql.end();
    await noted.end();
    await app.close();
  });

  beforeEach(() => {
    held.jobs = [];
  });

  const here = <T>(work: () => Promise<T>) => asTenant(tenant, work);
  const open = (token: string, orderId = newId(), amount = EUR(1_250)) =>
    here(async () => {
      const opened = await uow.run(() =>
        commands.execute(
          new OpenIntentCommand({
            payable: { type: 'order', id: orderId },
            amount,
            method: { type: 'sandbox', token },
          }),
        ),
      );
      return { orderId, ...opened };
    });
  const contact = (attemptId: string) => here(() => commands.execute(new ContactGatewayCommand({ attemptId })));
  const record = (attemptId: string, outcome: Awaited<ReturnType<typeof contact>>) =>
    here(() => uow.run(() => commands.execute(new RecordOutcomeCommand({ attemptId, outcome }))));
  const pay = async (token: string, orderId = newId()) => {
    const opened = await open(token, orderId);
    const outcome = await contact(opened.attemptId);
    return { ...opened, outcome, facts: await record(opened.attemptId, outcome) };
  };
  const settle = (attemptId: string) => here(() => commands.execute(new SettleAttemptCommand(attemptId)));
  const view = async (orderId: string): Promise<PaymentFacts> =>
    (await here(() => app.get(QueryBus).execute(new PaymentViewQuery({ payableIds: [orderId] }))))[0];
  const events = async (type: string, intentId: string): Promise<number> =>
    Number(
      (await sql.query('select count(*) from kernel.events where type = $1 and aggregate_id = $2', [type, intentId]))
        .rows[0].count,
    );
  const captured = (intentId: string) => events('payments.payment-captured.v1', intentId);
  const attempt = async (id: string) =>
    (await sql.query('select * from payments.attempts where id = $1', [id])).rows[0];
  const double = async (key: string) =>
    (await sql.query('select * from sandbox.payments where key = $1', [key])).rows[0];
  const run = async (job: HandedJob) => {
    await asTenant(job.data.tenantId, () =>
      app
        .get(MessagingRegistry)
        .job(job.name)!
        .instance.run(job.data.payload, { id: job.id, attempt: 1, tenantId: job.data.tenantId }),
    );
    await noted.query('delete from kernel.deliveries where id = $1', [job.id]);
  };
  /** Runs reactions, timers and jobs of payments until nothing is left; the double's webhooks are not sent. */
  const work = async () => {
    for (;;) {
      await worker.drain();
      const jobs = held.jobs.filter(({ name }) => name !== 'sandbox.send-webhook');
      held.jobs = held.jobs.filter(({ name }) => name === 'sandbox.send-webhook');
      if (jobs.length === 0) return;
      for (const job of jobs) await run(job);
    }
  };
  const moveTime = async (seconds: number, during: () => Promise<void>) => {
    clock.setOffset(seconds);
    await sql.query('select 1');
    try {
      await during();
    } finally {
      clock.setOffset(0);
    }
  };
  /** The webhooks that the double wants to send about a payment, signed as it would. */
  const webhooksOf = async (attemptId: string) => {
    const { rows } = await sql.query(
      `select id, account_id, body from sandbox.webhooks where body->'data'->>'key' = $1 order by id`,
      [attemptId],
    );
    return rows as { id: string; account_id: string; body: { type: string; data: object } }[];
  };
  const deliver = async (hook: { id: string; account_id: string; body: object }) => {
    const account = (await here(() => app.get(GatewayAccounts).find(tenant, hook.account_id)))!;
    const body = Buffer.from(JSON.stringify(hook.body));
    const headers = webhookHeaders(
      { id: hook.id, timestamp: Math.floor(clock.nowMs() / 1000), body },
      account.secrets.webhook[0],
    );
    return asTenant(null as never, () =>
      commands.execute(new ReceiveWebhookCommand({ provider: 'sandbox', gatewayId: hook.account_id, headers, body })),
    );
  };

  it('writes the attempt before the gateway is called, and refuses to call it inside a transaction', async () => {
    const { attemptId, orderId } = await open('success');
    expect((await attempt(attemptId)).state).toBe('started');
    expect(await double(attemptId)).toBeUndefined();
    expect(await view(orderId)).toMatchObject({ status: 'processing', attemptId, attemptState: 'started' });
    await expect(here(() => uow.run(() => commands.execute(new ContactGatewayCommand({ attemptId }))))).rejects.toThrow(
      /transaction/,
    );
    expect(await double(attemptId)).toBeUndefined();
  });

  it('charges once however often the gateway is asked', async () => {
    const { attemptId, intentId, orderId } = await open('success');
    const outcomes = await Promise.all([contact(attemptId), contact(attemptId), contact(attemptId)]);
    for (const outcome of outcomes) expect(outcome).toMatchObject({ status: 'charged', captured: EUR(1_250) });
    for (const outcome of outcomes) await record(attemptId, outcome);
    expect(await view(orderId)).toMatchObject({ status: 'succeeded', error: null, nextAction: null });
    expect(await captured(intentId)).toBe(1);
    await expect(open('success', orderId)).rejects.toMatchObject({ code: 'payments.already-paid' });
  });

  it('declines with the provider’s code and lets the shopper try again', async () => {
    const first = await pay('declined');
    expect(first.facts).toMatchObject({ status: 'requires_payment_method', error: { code: 'card_declined' } });
    const second = await pay('success', first.orderId);
    expect(second.intentId).toBe(first.intentId);
    expect(await view(first.orderId)).toMatchObject({ status: 'succeeded', error: null });
    expect([await captured(first.intentId), await events('payments.payment-failed.v1', first.intentId)]).toEqual([
      1, 1,
    ]);
  });

  it('opens one intent when two transactions ask at once, and one try in flight', async () => {
    const orderId = newId();
    const results = await Promise.allSettled([
      open('success', orderId),
      open('success', orderId),
      open('success', orderId),
    ]);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const result of results)
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'payments.payment-in-flight' });
    const { rows } = await sql.query(
      'select count(*)::int as n from payments.attempts a join payments.intents i on i.id = a.intent_id where i.payable_id = $1',
      [orderId],
    );
    expect(rows[0].n).toBe(1);
  });

  it('keeps card numbers and unknown methods out', async () => {
    await expect(open('4242 4242 4242 4242')).rejects.toMatchObject({ code: 'payments.card-number-refused' });
    await expect(
      here(() =>
        commands.execute(
          new OpenIntentCommand({
            payable: { type: 'order', id: newId() },
            amount: EUR(1),
            method: { type: 'paper', token: 'x' },
          }),
        ),
      ),
    ).rejects.toMatchObject({ code: 'payments.unknown-method' });
  });

  it('sends browsers of a production to its own pages only', async () => {
    const to = (returnUrl: string) =>
      here(() =>
        uow.run(() =>
          commands.execute(
            new OpenIntentCommand({
              payable: { type: 'order', id: newId() },
              amount: EUR(1_250),
              method: { type: 'sandbox', token: 'success' },
              returnUrl,
            }),
          ),
        ),
      );
    const config = app.get(Config);
    const foreign = 'https://elsewhere.example/thanks';
    await expect(to(foreign)).resolves.toMatchObject({});
    const replaced = jest.replaceProperty(config, 'isProduction', true);
    try {
      await expect(to(foreign)).rejects.toMatchObject({ code: 'payments.return-url-invalid' });
      await expect(to(`${new URL(config.publicUrl).origin}@elsewhere.example/`)).rejects.toMatchObject({
        code: 'payments.return-url-invalid',
      });
      await expect(to(`${config.publicUrl}/thanks`)).resolves.toMatchObject({});
    } finally {
      replaced.restore();
    }
  });

  it('opens one sandbox account for a tenant whose first payments come at once', async () => {
    const fresh = newId();
    await asTenant(fresh, () =>
      Promise.all(
        Array.from({ length: 4 }, () =>
          commands.execute(
            new OpenIntentCommand({
              payable: { type: 'order', id: newId() },
              amount: EUR(5),
              method: { type: 'sandbox', token: 'success' },
            }),
          ),
        ),
      ),
    );
    const { rows } = await sql.query(
      'select (select count(*)::int from payments.gateways where tenant_id = $1) as g, (select count(*)::int from sandbox.accounts where tenant_id = $1) as a',
      [fresh],
    );
    expect(rows[0]).toEqual({ g: 1, a: 1 });
  });

  it('settles 3-D Secure at the browser’s return', async () => {
    const { facts, orderId, intentId, attemptId } = await pay('requires_action');
    expect(facts).toMatchObject({ status: 'requires_action', nextAction: { type: 'redirect' } });
    const row = await double(attemptId);
    expect(facts.nextAction!.url).toContain(row.action_secret);
    const back = () => asTenant(null as never, () => commands.execute(new CompleteReturnCommand(intentId)));
    expect(await back()).toMatchObject({ status: 'requires_action' });
    const answered = await commandsIn(() =>
      commands.execute(
        new AnswerChallengeCommand({ tenantId: tenant, secret: row.action_secret, decision: 'approve' }),
      ),
    );
    expect(answered.returnUrl).toMatch(new RegExp(`/api/v1/payments/${intentId}/return$`));
    const returns = await Promise.all([back(), back(), back()]);
    expect(new Set(returns.map(({ status }) => status))).toEqual(new Set(['succeeded']));
    expect(await captured(intentId)).toBe(1);
    expect(await view(orderId)).toMatchObject({ status: 'succeeded', nextAction: null });

    const refused = await pay('requires_action');
    const secret = (await double(refused.attemptId)).action_secret;
    await commandsIn(() =>
      commands.execute(new AnswerChallengeCommand({ tenantId: tenant, secret, decision: 'decline' })),
    );
    await settle(refused.attemptId);
    expect(await view(refused.orderId)).toMatchObject({
      status: 'requires_payment_method',
      error: { code: 'authentication_failed' },
    });
  });
  const commandsIn = <T>(workIn: () => Promise<T>) => asTenant(null as never, workIn);

  it('lets a shopper leave 3-D Secure for another card, and gives a charge of the first back', async () => {
    const first = await pay('requires_action');
    const second = await pay('success', first.orderId);
    expect(second.facts.status).toBe('succeeded');
    expect((await attempt(first.attemptId)).state).toBe('voided');
    // The shopper approves the old page before the gateway hears of the cancellation.
    const secret = (await double(first.attemptId)).action_secret;
    await commandsIn(() =>
      commands.execute(new AnswerChallengeCommand({ tenantId: tenant, secret, decision: 'approve' })),
    );
    await work();
    const old = await attempt(first.attemptId);
    expect([old.state, old.captured, old.refunded, old.refund_pending]).toEqual(['charged', 1250, 1250, 0]);
    const doubled = await double(first.attemptId);
    expect([doubled.captured, doubled.refunded]).toEqual([1250, 1250]);
    expect(await captured(first.intentId)).toBe(1);
    expect((await attempt(second.attemptId)).refunded).toBe(0);
  });

  it('keeps a timeout after success unresolved, and learns of the charge later', async () => {
    const { facts, outcome, attemptId, intentId, orderId } = await pay('timeout_after_success');
    expect(outcome).toMatchObject({ status: 'unresolved' });
    expect(facts).toMatchObject({ status: 'processing', attemptState: 'unresolved', error: null });
    expect((await double(attemptId)).status).toBe('succeeded');
    await expect(open('success', orderId)).rejects.toMatchObject({ code: 'payments.payment-in-flight' });
    await moveTime(301, work);
    expect(await view(orderId)).toMatchObject({ status: 'succeeded' });
    expect([await captured(intentId), await events('payments.payment-failed.v1', intentId)]).toEqual([1, 0]);
  });

  describe('after a crash', () => {
    it('before the gateway was called: the poller voids, and the payable can be paid again', async () => {
      const { attemptId, orderId, intentId } = await open('success');
      await work();
      expect((await attempt(attemptId)).state).toBe('started');
      await moveTime(61, work);
      expect((await attempt(attemptId)).state).toBe('voided');
      expect(await view(orderId)).toMatchObject({ status: 'requires_payment_method', error: { code: 'abandoned' } });
      // The call was only slow: it charges after all, and is used.
      const late = await contactLate(attemptId);
      expect(await record(attemptId, late)).toMatchObject({ status: 'succeeded' });
      expect(await captured(intentId)).toBe(1);
    });
    /** What a paused process does: it calls the gateway although the attempt was voided meanwhile. */
    const contactLate = async (attemptId: string) => {
      await sql.query('alter table payments.attempts disable trigger edge');
      await sql.query(`update payments.attempts set state = 'started' where id = $1`, [attemptId]);
      const outcome = await contact(attemptId);
      await sql.query(`update payments.attempts set state = 'voided' where id = $1`, [attemptId]);
      await sql.query('alter table payments.attempts enable trigger edge');
      return outcome;
    };

    it('after the gateway charged: the poller settles', async () => {
      const { attemptId, orderId, intentId } = await open('success');
      await contact(attemptId);
      await moveTime(61, work);
      expect(await view(orderId)).toMatchObject({ status: 'succeeded' });
      expect(await captured(intentId)).toBe(1);
      await moveTime(301, work);
      expect(await captured(intentId)).toBe(1);
    });

    it('with a silent gateway: asks on, then tells a person', async () => {
      const { attemptId, intentId } = await open('success');
      for (const seconds of [61, 301, 3_601, 86_401, 172_801, 259_201, 345_601, 432_001]) {
        await moveTime(seconds, async () => {
          await worker.drain();
          const asked = held.jobs.filter(
            ({ data }) => (data.payload as { attemptId?: string }).attemptId === attemptId,
          );
          expect(asked.map(({ name }) => name)).toEqual(['payments.settle-attempt']);
          await sql.query('delete from kernel.deliveries where id = $1', [asked[0].id]);
          held.jobs = [];
        });
      }
      expect(await events('payments.needs-attention.v1', intentId)).toBe(0);
      await moveTime(518_401, async () => void (await worker.drain()));
      expect(await events('payments.needs-attention.v1', intentId)).toBe(1);
      expect((await attempt(attemptId)).state).toBe('started');
    });
  });

  it('captures every paid intent once under checkout, webhook, poller and return at once', async () => {
    const paid = await Promise.all(Array.from({ length: 25 }, () => open('success')));
    await Promise.all(
      paid.map(async ({ attemptId, intentId }) => {
        const outcome = await contact(attemptId);
        const [hook] = await webhooksOf(attemptId);
        await deliver(hook);
        // Another of the 25 may have claimed this one's job and be about to hand it over: take whichever comes.
        const job = await eventually(
          async () => {
            await worker.drain();
            const index = held.jobs.findIndex(
              ({ name, data }) => name === 'payments.process-provider-event' && data.tenantId === tenant,
            );
            return index < 0 ? undefined : held.jobs.splice(index, 1)[0];
          },
          { timeoutMs: 40_000 },
        );
        await Promise.all([
          record(attemptId, outcome),
          run(job),
          settle(attemptId),
          commandsIn(() => commands.execute(new CompleteReturnCommand(intentId))),
        ]);
      }),
    );
    const { rows } = await sql.query(
      `select i.status, count(*)::int as n, min(e.n) as least, max(e.n) as most from payments.intents i
       cross join lateral (select count(*)::int as n from kernel.events where aggregate_id = i.id::text and type = 'payments.payment-captured.v1') e
       where i.id = any($1) group by 1`,
      [paid.map(({ intentId }) => intentId)],
    );
    expect(rows).toEqual([{ status: 'succeeded', n: 25, least: 1, most: 1 }]);
  });

  describe('webhooks', () => {
    it('end in one row whatever their order, each with a duplicate', async () => {
      const types = [
        'payment.created',
        'payment.requires_action',
        'payment.processing',
        'payment.succeeded',
        'refund.succeeded',
      ];
      const orders = permutations(types);
      expect(orders).toHaveLength(120);
      const { attemptId, intentId } = await pay('requires_action');
      const secret = (await double(attemptId)).action_secret;
      const accountId = (await double(attemptId)).account_id;
      await commandsIn(() =>
        commands.execute(new AnswerChallengeCommand({ tenantId: tenant, secret, decision: 'approve' })),
      );
      // A refund made at the provider's own console: nobody here knows its id.
      await sql.query(
        `insert into sandbox.refunds (tenant_id, id, account_id, payment_id, key, amount, currency, status, created_at)
         select tenant_id, $2::uuid, account_id, id, $3, 250, currency, 'succeeded', now() from sandbox.payments where key = $1`,
        [attemptId, newId(), newId()],
      );
      await sql.query('update sandbox.payments set refunded = 250 where key = $1', [attemptId]);
      for (const order of orders) {
        const hooks = order.map((type) => ({
          id: newId(),
          account_id: accountId,
          body: { type, data: { paymentId: 'x', key: attemptId } },
        }));
        for (const hook of hooks) {
          expect(await deliver(hook)).toMatchObject({ duplicate: false });
          expect(await deliver(hook)).toMatchObject({ duplicate: true });
        }
        await worker.drain();
        const jobs = held.jobs.filter(({ name }) => name === 'payments.process-provider-event');
        // Once the charge is known, the webhook that tells of it is stored and needs no further work.
        expect(jobs).toHaveLength(order === orders[0] ? 5 : 4);
        held.jobs = [];
        for (const job of jobs) await Promise.all([run(job), run(job)]);
        const row = await attempt(attemptId);
        expect([row.state, row.captured, row.refunded, row.refund_pending]).toEqual(['charged', 1250, 250, 0]);
      }
      expect([await captured(intentId), await events('payments.refund-succeeded.v1', intentId)]).toEqual([1, 1]);
      const { rows } = await sql.query(
        `select count(*)::int as n, count(*) filter (where state = 'processed')::int as done from payments.provider_events where attempt_id = $1`,
        [attemptId],
      );
      expect(rows[0]).toEqual({ n: 600, done: 600 });
      const { rows: results } = await sql.query(
        `select result, count(*)::int as n from payments.provider_events where attempt_id = $1 group by result order by n`,
        [attemptId],
      );
      const result = { paymentId: intentId, attemptId };
      expect(results).toEqual([
        { result: { ...result, known: true }, n: 119 },
        { result, n: 481 },
      ]);
    }, 120_000);

    it('stored and then crashed, are worked on once after the restart', async () => {
      const { attemptId, intentId } = await open('success');
      await contact(attemptId);
      const [hook] = await webhooksOf(attemptId);
      await deliver(hook);
      // The worker died with the job in hand; its queue runs the job again, beside a first run that was only slow.
      await worker.drain();
      const job = held.jobs.find(({ name }) => name === 'payments.process-provider-event')!;
      await Promise.all([run(job), run(job), run(job)]);
      await run(job);
      expect(await captured(intentId)).toBe(1);
      const { rows } = await sql.query('select state, attempts from payments.provider_events where event_id = $1', [
        hook.id,
      ]);
      expect(rows).toEqual([{ state: 'processed', attempts: 1 }]);
    });

    it('are accepted by signature and age alone', async () => {
      const { attemptId } = await pay('success');
      const [hook] = await webhooksOf(attemptId);
      const secret = (await here(() => app.get(GatewayAccounts).find(tenant, hook.account_id)))!.secrets.webhook[0];
      const text = JSON.stringify(hook.body);
      const now = () => Math.floor(clock.nowMs() / 1000);
      const signed = (timestamp: number, body = text, key = secret, id = newId()) =>
        webhookHeaders({ id, timestamp, body }, key);
      const send = (headers: Record<string, string>, body = text, gatewayId = hook.account_id, provider = 'sandbox') =>
        commandsIn(() =>
          commands.execute(new ReceiveWebhookCommand({ provider, gatewayId, headers, body: Buffer.from(body) })),
        );
      const other = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
      const table: [string, () => Promise<unknown>, string | null][] = [
        ['fresh', () => send(signed(now())), null],
        ['290 s old', () => send(signed(now() - 290)), null],
        [
          'two signatures',
          () =>
            send({
              ...signed(now()),
              'webhook-signature': `v1,AAAA ${signed(now(), text, secret, 'twice')['webhook-signature']}`,
              'webhook-id': 'twice',
            }),
          null,
        ],
        ['302 s old', () => send(signed(now() - 302)), 'payments.webhook-too-old'],
        ['600 s ahead', () => send(signed(now() + 600)), 'payments.webhook-too-new'],
        ['wrong secret', () => send(signed(now(), text, other)), 'payments.webhook-signature'],
        [
          'one byte changed',
          () => send(signed(now()), text.replace('payment', 'paymenT')),
          'payments.webhook-signature',
        ],
        [
          'printed anew',
          () => send(signed(now()), JSON.stringify(JSON.parse(text), null, 1)),
          'payments.webhook-signature',
        ],
        ['no header', () => send({}), 'payments.webhook-headers'],
        ['not JSON', () => send(signed(now(), 'nonsense'), 'nonsense'), 'payments.webhook-malformed'],
        ['another account', () => send(signed(now()), text, newId()), 'payments.gateway-not-found'],
        ['another provider', () => send(signed(now()), text, hook.account_id, 'stripe'), 'payments.gateway-not-found'],
      ];
      for (const [name, sent, code] of table) {
        const answer = await sent().then(
          () => null,
          (error: { code: string }) => error.code,
        );
        expect([name, answer]).toEqual([name, code]);
      }
    });
  });

  describe('given up', () => {
    const giveUp = (orderId: string) =>
      here(() =>
        uow.run(() =>
          commands.execute(
            new VoidIntentCommand({ payable: { type: 'order', id: orderId }, reason: 'order_cancelled' }),
          ),
        ),
      );

    it('before, while and after the charge, ends with no money kept', async () => {
      expect(await giveUp(newId())).toEqual({ result: 'none' });

      const declined = await pay('declined');
      expect(await giveUp(declined.orderId)).toEqual({ result: 'canceled' });

      const waiting = await pay('requires_action');
      expect(await giveUp(waiting.orderId)).toEqual({ result: 'canceled' });
      await work();
      expect((await double(waiting.attemptId)).status).toBe('canceled');

      const unresolved = await pay('timeout_after_success');
      expect(await giveUp(unresolved.orderId)).toEqual({ result: 'pending' });
      await settle(unresolved.attemptId);
      await work();

      const paid = await pay('success');
      expect(await giveUp(paid.orderId)).toEqual({ result: 'refunding' });
      expect(await giveUp(paid.orderId)).toEqual({ result: 'refunding' });
      await work();

      for (const { attemptId, intentId } of [unresolved, paid]) {
        const row = await double(attemptId);
        expect([row.captured, row.refunded]).toEqual([1250, 1250]);
        expect((await attempt(attemptId)).refunded).toBe(1250);
        expect(await events('payments.refund-succeeded.v1', intentId)).toBe(1);
      }
      expect(await captured(unresolved.intentId)).toBe(0);
      // A canceled payment makes room for a new one.
      const again = await pay('success', declined.orderId);
      expect(again.intentId).not.toBe(declined.intentId);
      expect(await view(declined.orderId)).toMatchObject({ id: again.intentId, status: 'succeeded' });
    });
  });

  it('tells a person of a refund that the gateway refused, whoever hears of it first', async () => {
    const { attemptId, intentId, orderId } = await pay('success');
    await here(() =>
      uow.run(() =>
        commands.execute(new VoidIntentCommand({ payable: { type: 'order', id: orderId }, reason: 'order_cancelled' })),
      ),
    );
    // The job died with the gateway's refusal in its hands.
    await sql.query(
      `insert into sandbox.refunds (tenant_id, id, account_id, payment_id, key, amount, currency, status, error_code, error_message, created_at)
       select p.tenant_id, $2, p.account_id, p.id, r.id::text, r.amount, r.currency, 'failed', 'refused', 'No.', now()
       from sandbox.payments p, payments.refunds r where p.key = $1 and r.attempt_id::text = $1`,
      [attemptId, newId()],
    );
    await settle(attemptId);
    await work();
    expect(await events('payments.needs-attention.v1', intentId)).toBe(1);
    expect(await events('payments.refund-failed.v1', intentId)).toBe(1);
    expect(await events('payments.refund-succeeded.v1', intentId)).toBe(0);
  });

  it('gives a refund whose job died to the gateway again', async () => {
    const { attemptId, intentId, orderId } = await pay('success');
    await here(() =>
      uow.run(() =>
        commands.execute(new VoidIntentCommand({ payable: { type: 'order', id: orderId }, reason: 'order_cancelled' })),
      ),
    );
    await worker.drain();
    held.jobs = [];
    await work();
    expect((await attempt(attemptId)).refunded).toBe(0);
    await moveTime(7_201, work);
    expect((await attempt(attemptId)).refunded).toBe(1250);
    expect(await events('payments.refund-succeeded.v1', intentId)).toBe(1);
    await moveTime(600_000, work);
    expect(await events('payments.needs-attention.v1', intentId)).toBe(0);
  });

  it('has the same edges in the database as in the code, for every pair', async () => {
    const { intentId, attemptId } = await open('success');
    const refused = async (table: string, column: string, id: string, from: string, to: string): Promise<boolean> => {
      await sql.query('begin');
      try {
        await sql.query(`alter table payments.${table} disable trigger edge`);
        await sql.query(`update payments.${table} set ${column} = $2 where id = $1`, [id, from]);
        await sql.query(`alter table payments.${table} enable trigger edge`);
        await sql.query(`update payments.${table} set ${column} = $2 where id = $1`, [id, to]);
        return false;
      } catch (error) {
        expect((error as { code: string }).code).toBe('23514');
        return true;
      } finally {
        await sql.query('rollback');
      }
    };
    for (const from of INTENT_STATUSES)
      for (const to of INTENT_STATUSES.filter((one) => one !== from))
        expect([from, to, await refused('intents', 'status', intentId, from, to)]).toEqual([
          from,
          to,
          !canMoveIntent(from as IntentStatus, to as IntentStatus),
        ]);
    for (const from of ATTEMPT_STATES)
      for (const to of ATTEMPT_STATES.filter((one) => one !== from))
        expect([from, to, await refused('attempts', 'state', attemptId, from, to)]).toEqual([
          from,
          to,
          !canMoveAttempt(from as AttemptState, to as AttemptState),
        ]);
  }, 60_000);
});

function permutations<T>(items: T[]): T[][] {
  if (items.length < 2) return [items];
  return items.flatMap((item, index) =>
    permutations([...items.slice(0, index), ...items.slice(index + 1)]).map((rest) => [item, ...rest]),
  );
}
