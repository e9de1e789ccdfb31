import { Global, Module, type Type } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { SYSTEM, type Principal } from '../../src/kernel/auth/principal';
import { Database } from '../../src/kernel/database/database';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import { newId } from '../../src/kernel/ids/ids';
import { DeliveryWorker } from '../../src/kernel/messaging/delivery-worker';
import { JobQueue } from '../../src/kernel/messaging/job-queue';
import { MessagingRegistry } from '../../src/kernel/messaging/registry';
import { FraudModule } from '../../src/money/fraud/fraud.module';
import { OpenGatewayCommand } from '../../src/money/payments/commands/manage-gateways';
import { ReceiveWebhookCommand } from '../../src/money/payments/commands/receive-webhook';
import { SettleAttemptCommand } from '../../src/money/payments/commands/settle-attempt';
import { ContactGatewayCommand } from '../../src/money/payments/contracts/contact-gateway';
import { OpenIntentCommand, type OpenedIntent } from '../../src/money/payments/contracts/open-intent';
import { RecordOutcomeCommand } from '../../src/money/payments/contracts/record-outcome';
import { PaymentsModule } from '../../src/money/payments/payments.module';
import { FindPaymentQuery } from '../../src/money/payments/queries/find-payment';
import { SandboxModule } from '../../src/money/sandbox/sandbox.module';
import { StripeDouble } from '../doubles/stripe-double';
import { asTenant, testApp, type TestApp } from './app';
import { RecordedRealtimeModule } from './realtime';
import { HeldJobsOnce } from './held-jobs';

@Global()
@Module({ providers: [{ provide: JobQueue, useClass: HeldJobsOnce }], exports: [JobQueue] })
class HeldJobsModule {}

const SECRET = 'whsec_ofTheDoubleOnLoopback';

type Request = OpenIntentCommand['request'];

/** Payments, fraud and the sandbox in one process without HTTP; `open` gives each test a shop of its own. */
export class PaymentDesk {
  tenant = newId();
  /** Who asks. */
  principal: Principal = SYSTEM;

  private constructor(readonly app: TestApp) {}

  static async start(env: Record<string, string> = {}, more: Type[] = []): Promise<PaymentDesk> {
    const modules = [HeldJobsModule, RecordedRealtimeModule, FraudModule, SandboxModule, PaymentsModule, ...more];
    return new PaymentDesk(await testApp(modules, { env }));
  }

  open(): void {
    this.tenant = newId();
  }

  get commands(): CommandBus {
    return this.app.get(CommandBus);
  }

  here<T>(work: () => Promise<T>): Promise<T> {
    return asTenant(this.tenant, work, this.principal);
  }

  within<T>(work: () => Promise<T>): Promise<T> {
    return this.here(() => this.app.get(UnitOfWork).run(work));
  }

  /** An account at Stripe's double. */
  async stripe(apiBase: string, more: Partial<OpenGatewayCommand['request']> = {}): Promise<string> {
    const credentials = {
      secretKey: `sk_test_${'k'.repeat(24)}`,
      publishableKey: `pk_test_${'p'.repeat(24)}`,
      webhookSecret: SECRET,
    };
    return (this.lastAccount = await this.here(() =>
      this.commands.execute(new OpenGatewayCommand({ provider: 'stripe', credentials, apiBase, ...more })),
    ));
  }

  begin(method: Request['method'], more: Partial<Request> = {}): Promise<OpenedIntent> {
    const request = { payable: { type: 'order', id: newId() }, amount: { amount: 2_500, currency: 'EUR' }, method };
    return this.within(() => this.commands.execute(new OpenIntentCommand({ ...request, ...more } as Request)));
  }

  contact({ attemptId, attempt: opened }: OpenedIntent, first = true) {
    return this.here(() =>
      this.commands.execute(new ContactGatewayCommand({ attemptId, ...(first ? { opened } : {}) })),
    );
  }

  record(outcome: Awaited<ReturnType<PaymentDesk['contact']>>) {
    return this.within(() =>
      this.commands.execute(new RecordOutcomeCommand({ attemptId: outcome.attemptId, outcome })),
    );
  }

  /** As checkout pays. */
  async pay(method: Request['method'], more: Partial<Request> = {}) {
    const opened = await this.begin(method, more);
    const outcome = await this.contact(opened);
    return { id: opened.intentId, attemptId: outcome.attemptId, outcome, facts: await this.record(outcome) };
  }

  settle(attemptId: string) {
    return this.here(() => this.commands.execute(new SettleAttemptCommand(attemptId)));
  }

  /** A webhook of Stripe's double to the account that was opened last. */
  receive(event: object) {
    const { header, body } = StripeDouble.signed(event, SECRET);
    const request = { provider: 'stripe', gatewayId: this.lastAccount, headers: { 'stripe-signature': header } };
    return asTenant(null as never, () =>
      this.commands.execute(new ReceiveWebhookCommand({ ...request, body: Buffer.from(body) })),
    );
  }
  private lastAccount = '';

  payment(id: string) {
    return this.here(() => this.app.get(QueryBus).execute(new FindPaymentQuery(id)));
  }

  rows<Row extends object>(text: string, params: unknown[] = []): Promise<Row[]> {
    return this.app.get(Database).readAs<Row>(this.tenant, text, params);
  }

  /** Runs this shop's jobs until nothing is left. @returns names of those that ran */
  async work(): Promise<string[]> {
    const held = this.app.get(JobQueue as never) as HeldJobsOnce;
    const ran: string[] = [];
    for (;;) {
      await this.app.get(DeliveryWorker).drain();
      const jobs = held.jobs.filter(({ data }) => data.tenantId === this.tenant);
      held.jobs = held.jobs.filter((job) => !jobs.includes(job));
      const due = jobs.filter(({ id }) => !this.done.has(id));
      if (due.length === 0) return ran;
      for (const { id, name, data } of due) {
        this.done.add(id);
        const job = { id, attempt: 1, tenantId: this.tenant };
        await this.here(() => this.app.get(MessagingRegistry).job(name)!.instance.run(data.payload, job));
        ran.push(name);
      }
    }
  }
  private readonly done = new Set<string>();
}
