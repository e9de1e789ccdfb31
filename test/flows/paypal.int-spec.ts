import { Global, Module } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import { newId } from '../../src/kernel/ids/ids';
import { DeliveryWorker } from '../../src/kernel/messaging/delivery-worker';
import { JobQueue } from '../../src/kernel/messaging/job-queue';
import { MessagingRegistry } from '../../src/kernel/messaging/registry';
import { CapturePaymentCommand } from '../../src/money/payments/contracts/capture-payment';
import { CompleteReturnCommand } from '../../src/money/payments/commands/complete-return';
import { OpenGatewayCommand } from '../../src/money/payments/commands/manage-gateways';
import { ReceiveWebhookCommand } from '../../src/money/payments/commands/receive-webhook';
import { SettleAttemptCommand } from '../../src/money/payments/commands/settle-attempt';
import { VoidPaymentCommand } from '../../src/money/payments/contracts/void-payment';
import { ContactGatewayCommand } from '../../src/money/payments/contracts/contact-gateway';
import { OpenIntentCommand } from '../../src/money/payments/contracts/open-intent';
import { RecordOutcomeCommand } from '../../src/money/payments/contracts/record-outcome';
import { VoidIntentCommand } from '../../src/money/payments/contracts/void-intent';
import { FraudModule } from '../../src/money/fraud/fraud.module';
import { PayPalSignatures } from '../../src/money/payments/adapters/paypal/paypal-webhook';
import { PaymentsModule } from '../../src/money/payments/payments.module';
import { FindPaymentQuery } from '../../src/money/payments/queries/find-payment';
import { SandboxModule } from '../../src/money/sandbox/sandbox.module';
import { PayPalDouble } from '../doubles/paypal-double';
import { asTenant, testApp, type TestApp } from '../support/app';
import { RecordedRealtimeModule } from '../support/realtime';
import { testDatabase } from '../support/cluster';
import { HeldJobsOnce } from '../support/held-jobs';

const held = new HeldJobsOnce();

@Global()
@Module({ providers: [{ provide: JobQueue, useValue: held }], exports: [JobQueue] })
class HeldJobsModule {}

const WEBHOOK = 'WH0123456789';

describe('PayPal by its own SDK, against a double', () => {
  const double = new PayPalDouble();
  const tenant = newId();
  let app: TestApp;
  let commands: CommandBus;
  let gatewayId: string;

  beforeAll(async () => {
    const base = await double.listen();
    app = await testApp([HeldJobsModule, RecordedRealtimeModule, FraudModule, SandboxModule, PaymentsModule], {
      database: await testDatabase({ fresh: true, label: 'paypal' }),
      env: { PAYPAL_API_BASE: base, MAINSTAY_GATEWAY_TIMEOUT_MS: '20000' },
    });
    commands = app.get(CommandBus);
    const credentials = { clientId: 'client-of-the-double', clientSecret: 'secret-of-the-double', webhookId: WEBHOOK };
    gatewayId = await here(() =>
      commands.execute(new OpenGatewayCommand({ provider: 'paypal', credentials, testMode: true })),
    );
  }, 120_000);

  afterAll(async () => {
    await app.close();
    await double.close();
    expect(double.refused).toEqual([]);
  });

  const here = <T>(work: () => Promise<T>) => asTenant(tenant, work);
  const payment = (id: string) => here(() => app.get(QueryBus).execute(new FindPaymentQuery(id)));
  const pay = async (capture: 'automatic' | 'manual' = 'automatic', orderId = newId()) => {
    const { intentId, attemptId } = await here(() =>
      app.get(UnitOfWork).run(() =>
        commands.execute(
          new OpenIntentCommand({
            payable: { type: 'order', id: orderId },
            amount: { amount: 2_505, currency: 'EUR' },
            method: { type: 'paypal', token: 'new' },
            capture,
          }),
        ),
      ),
    );
    const outcome = await here(() => commands.execute(new ContactGatewayCommand({ attemptId })));
    await here(() => app.get(UnitOfWork).run(() => commands.execute(new RecordOutcomeCommand({ attemptId, outcome }))));
    const providerId = (await payment(intentId)).attempts[0].providerPaymentId!;
    return { id: intentId, attemptId, outcome, order: double.find(providerId) };
  };
  const settle = (attemptId: string) => here(() => commands.execute(new SettleAttemptCommand(attemptId)));
  const comeBack = (id: string) => asTenant(null as never, () => commands.execute(new CompleteReturnCommand(id)));
  const receive = (body: string, headers: Record<string, string>) =>
    asTenant(null as never, () =>
      commands.execute(new ReceiveWebhookCommand({ provider: 'paypal', gatewayId, headers, body: Buffer.from(body) })),
    );
  const work = async () => {
    for (;;) {
      await app.get(DeliveryWorker).drain();
      const jobs = held.jobs.splice(0);
      if (jobs.length === 0) return;
      for (const job of jobs)
        await here(() =>
          app
            .get(MessagingRegistry)
            .job(job.name)!
            .instance.run(job.data.payload, { id: job.id, attempt: 1, tenantId: tenant }),
        );
    }
  };
  const captures = (order: { purchase_units: { payments: { captures: { amount: { value: string } }[] } }[] }) =>
    order.purchase_units[0].payments.captures.map(({ amount }) => amount.value);

  it('takes the money once when the shopper agreed, whoever hears of it first', async () => {
    const { id, attemptId, outcome, order } = await pay();
    expect(outcome).toMatchObject({ status: 'requires_action', url: `${double.url}/double/pages/${order.id}` });
    expect(order.purchase_units[0].amount).toEqual({ currency_code: 'EUR', value: '25.05' });
    const approved = await fetch(`${double.url}/double/pages/${order.id}/approve`, {
      method: 'POST',
      redirect: 'manual',
    });
    expect(approved.headers.get('location')).toContain(`/api/v1/payments/${id}/return?token=${order.id}`);
    await Promise.all([comeBack(id), settle(attemptId), comeBack(id)]);
    expect(captures(order)).toEqual(['25.05']);
    expect(await payment(id)).toMatchObject({
      status: 'succeeded',
      attempts: [{ state: 'charged', fee: { amount: 114, currency: 'EUR' }, providerPaymentId: order.id }],
    });
  });

  it('is settled by webhooks alone, in any order and twice', async () => {
    const { id, order } = await pay();
    double.approve(order.id);
    for (const event of [double.events.at(-1)!, double.events.at(-1)!]) {
      const body = JSON.stringify(event);
      await receive(body, double.signed(body, WEBHOOK));
    }
    await work();
    expect(captures(order)).toHaveLength(1);
    expect(await payment(id)).toMatchObject({ status: 'succeeded' });
  });

  it('charges once although the answer was lost, and is declined with PayPal’s reason', async () => {
    const lost = await pay();
    double.approve(lost.order.id);
    double.loseNext = true;
    await settle(lost.attemptId);
    expect(await payment(lost.id)).toMatchObject({ status: 'processing', attempts: [{ state: 'unresolved' }] });
    await settle(lost.attemptId);
    expect(captures(lost.order)).toHaveLength(1);
    expect(await payment(lost.id)).toMatchObject({ status: 'succeeded' });

    const declined = await pay();
    double.approve(declined.order.id);
    double.declineNext = 'INSTRUMENT_DECLINED';
    expect(await comeBack(declined.id)).toMatchObject({ status: 'requires_payment_method' });
    expect(await payment(declined.id)).toMatchObject({ error: { code: 'instrument_declined' } });
  });

  it('takes nothing of what was given up, although the shopper agrees afterwards', async () => {
    const { id, attemptId, order } = await pay();
    await here(() => commands.execute(new VoidPaymentCommand({ paymentId: id })));
    double.approve(order.id);
    await settle(attemptId);
    await work();
    expect(captures(order)).toEqual([]);
    expect(await payment(id)).toMatchObject({ status: 'canceled', attempts: [{ state: 'voided' }] });
  });

  it('reserves first, captures a part, lets go, and gives back', async () => {
    const part = await pay('manual');
    double.approve(part.order.id);
    await comeBack(part.id);
    expect(await payment(part.id)).toMatchObject({ status: 'requires_capture', attempts: [{ state: 'authorized' }] });
    await here(() => commands.execute(new CapturePaymentCommand({ paymentId: part.id, amount: 1_000 })));
    expect(captures(part.order)).toEqual(['10.00']);
    expect(await payment(part.id)).toMatchObject({ status: 'partially_captured', captured: { amount: 1_000 } });

    const gone = await pay('manual');
    double.approve(gone.order.id);
    await comeBack(gone.id);
    await here(() => commands.execute(new VoidPaymentCommand({ paymentId: gone.id })));
    await work();
    expect(gone.order.purchase_units[0].payments.authorizations).toMatchObject([{ status: 'VOIDED' }]);

    const orderId = newId();
    const back = await pay('automatic', orderId);
    double.approve(back.order.id);
    await comeBack(back.id);
    double.refund(back.order.purchase_units[0].payments.captures[0].id, {
      amount: { currency_code: 'EUR', value: '5.05' },
    });
    const body = JSON.stringify(double.events.at(-1));
    await receive(body, double.signed(body, WEBHOOK));
    await work();
    expect(await payment(back.id)).toMatchObject({ refunded: { amount: 505 } });
    await here(() =>
      app
        .get(UnitOfWork)
        .run(() =>
          commands.execute(new VoidIntentCommand({ payable: { type: 'order', id: orderId }, reason: 'test' })),
        ),
    );
    await work();
    expect(await payment(back.id)).toMatchObject({ refunded: { amount: 2_505 } });
    expect(back.order.purchase_units[0].payments.refunds.map(({ amount }) => amount.value)).toEqual(['5.05', '20.00']);
  });

  it('accepts webhooks by a certificate of PayPal’s own host alone', async () => {
    const fresh = () =>
      JSON.stringify({ id: `WH-${newId()}`, event_type: 'CHECKOUT.ORDER.APPROVED', resource: { id: 'x' } });
    const body = fresh();
    const good = double.signed(body, WEBHOOK);
    const at = (ms: number) => double.signed(body, WEBHOOK, new Date(Date.now() + ms).toISOString());
    const { port } = new URL(double.url);
    const certified = (name: string) => ({
      ...good,
      'paypal-cert-url': `${double.url}/v1/notifications/certs/CERT-${name}`,
    });
    const table: [string, string, Record<string, string>, string | null][] = [
      ['fresh', body, good, null],
      ['repeated after two days', body, at(-2 * 86_400_000), null],
      ['four days old', body, at(-4 * 86_400_000), 'payments.webhook-too-old'],
      ['600 s ahead', body, at(600_000), 'payments.webhook-too-new'],
      ['one byte changed', body.replace('APPROVED', 'APPROVEd'), good, 'payments.webhook-signature'],
      ['printed anew', JSON.stringify(JSON.parse(body), null, 1), good, 'payments.webhook-signature'],
      ['for another webhook', body, double.signed(body, 'WH9876543210'), 'payments.webhook-signature'],
      ['no header', body, {}, 'payments.webhook-headers'],
      ['another algorithm', body, { ...good, 'paypal-auth-algo': 'none' }, 'payments.webhook-headers'],
      [
        'certificate of a stranger',
        body,
        { ...good, 'paypal-cert-url': `http://localhost:${port}/v1/notifications/certs/CERT-double` },
        'payments.webhook-certificate',
      ],
      [
        'certificate elsewhere',
        body,
        { ...good, 'paypal-cert-url': `${double.url}/double/cert` },
        'payments.webhook-certificate',
      ],
      ['certificate that is none', body, certified('broken'), 'payments.webhook-certificate'],
      ['certificate that is gone', body, certified('gone'), 'payments.webhook-certificate'],
      // Nothing is wrong with the webhook: it comes again.
      ['certificate of a busy host', body, certified('busy'), 'payments.gateway-silent'],
      ['certificate that moved', body, certified('moved'), 'payments.gateway-silent'],
      ['certificate whose connection broke', body, certified('cut'), 'payments.gateway-silent'],
      ['no event', '{}', double.signed('{}', WEBHOOK), 'payments.webhook-malformed'],
    ];
    for (const [name, sent, headers, code] of table) {
      const answer = await receive(sent, headers).then(
        () => null,
        (error: { code: string }) => error.code,
      );
      expect([name, answer]).toEqual([name, code]);
    }
    const checked = new PayPalSignatures(100).check(
      certified('silent'),
      Buffer.from(body),
      [WEBHOOK],
      Date.now(),
      double.url,
    );
    await expect(checked).rejects.toMatchObject({ kind: 'unavailable', data: { retryAfterSeconds: 60 } });
  });
});
