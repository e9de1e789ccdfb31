import type { DynamicModule, Type } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Client } from 'pg';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import { newId } from '../../src/kernel/ids/ids';
import { CompleteReturnCommand } from '../../src/money/payments/commands/complete-return';
import { SettleAttemptCommand } from '../../src/money/payments/commands/settle-attempt';
import { ContactGatewayCommand } from '../../src/money/payments/contracts/contact-gateway';
import { OpenIntentCommand } from '../../src/money/payments/contracts/open-intent';
import { SandboxGateway } from '../../src/money/payments/adapters/sandbox.gateway';
import { RecordOutcomeCommand } from '../../src/money/payments/contracts/record-outcome';
import { FraudModule } from '../../src/money/fraud/fraud.module';
import { SandboxModule } from '../../src/money/sandbox/sandbox.module';
import { asTenant, testApp, type TestApp } from '../support/app';
import { RecordedRealtimeModule } from '../support/realtime';
import { testDatabase } from '../support/cluster';

async function withPayments<T>(
  module: Type | DynamicModule,
  work: (app: TestApp, sql: Client) => Promise<T>,
): Promise<T> {
  const app = await testApp([RecordedRealtimeModule, FraudModule, SandboxModule, module], {
    database: await testDatabase({ fresh: true }),
    env: { MAINSTAY_DATABASE_POOL_SIZE: '32' },
  });
  const sql = new Client({ connectionString: app.database.superuserUrl });
  await sql.connect();
  try {
    return await work(app, sql);
  } finally {
    await sql.end();
    await app.close();
  }
}

const open = (app: TestApp, orderId: string, token: string) =>
  app.get(UnitOfWork).run(() =>
    app.get(CommandBus).execute(
      new OpenIntentCommand({
        payable: { type: 'order', id: orderId },
        amount: { amount: 1_250, currency: 'EUR' },
        method: { type: 'sandbox', token },
      }),
    ),
  );

/** What is left when several paths settle the same payments at once. */
export interface SettleRaceResult {
  payments: number;
  succeeded: number;
  /** How often `payment-captured` was said, over all payments. */
  captured: number;
  /** Errors that reached a caller. */
  errors: number;
}

/** The race is about locks: how long a busy machine takes over 300 calls of the gateway at once is not its matter. */
function patient(app: TestApp): void {
  const gateway = app.get(SandboxGateway);
  const capabilities = { ...gateway.capabilities(), callTimeoutMs: 50_000 };
  gateway.capabilities = () => capabilities;
}

/** Checkout, webhook, poller and the browser's return, all at once on every one of `payments` payments. */
export const settleRace = (module: Type | DynamicModule, payments = 100): Promise<SettleRaceResult> =>
  withPayments(module, async (app, sql) => {
    patient(app);
    const tenant = newId();
    const result: SettleRaceResult = { payments, succeeded: 0, captured: 0, errors: 0 };
    const commands = app.get(CommandBus);
    await asTenant(tenant, async () => {
      const opened = [];
      for (let i = 0; i < payments; i++) opened.push(await open(app, newId(), 'success'));
      const outcomes = await Promise.all(
        opened.map(({ attemptId }) => commands.execute(new ContactGatewayCommand({ attemptId }))),
      );
      const settlers = opened.flatMap(({ intentId, attemptId }, i) => [
        // Checkout and a webhook have their answer in hand; the other two still ask the gateway.
        () => commands.execute(new RecordOutcomeCommand({ attemptId, outcome: outcomes[i] })),
        () => commands.execute(new RecordOutcomeCommand({ attemptId, outcome: outcomes[i] })),
        () => commands.execute(new SettleAttemptCommand(attemptId)),
        () => commands.execute(new CompleteReturnCommand(intentId)),
      ]);
      const settled = await Promise.allSettled(settlers.map((settler) => settler() as Promise<unknown>));
      result.errors = settled.filter(({ status }) => status === 'rejected').length;
    });
    const { rows } = await sql.query<{ succeeded: number; captured: number }>(
      `select (select count(*)::int from payments.intents where tenant_id = $1 and status = 'succeeded') as succeeded,
        (select count(*)::int from kernel.events where tenant_id = $1 and type = 'payments.payment-captured.v1') as captured`,
      [tenant],
    );
    return { ...result, ...rows[0] };
  });

/** Every payment succeeded and said so once; nobody saw an error. */
export const expectCapturedOnce = (result: SettleRaceResult): void =>
  expect(result).toEqual({
    payments: result.payments,
    succeeded: result.payments,
    captured: result.payments,
    errors: 0,
  });

/**
 * A shopper whose payment timed out after the gateway had charged tries again at once, if the product lets them.
 * @returns how often the gateway charged for the one order
 */
export const chargesAfterTimeout = (module: Type | DynamicModule): Promise<number> =>
  withPayments(module, async (app, sql) => {
    const orderId = newId();
    const commands = app.get(CommandBus);
    await asTenant(newId(), async () => {
      for (const token of ['timeout_after_success', 'success']) {
        const opened = await open(app, orderId, token).catch((error: { code?: string }) => {
          if (error.code !== 'payments.payment-in-flight') throw error;
        });
        if (!opened) continue;
        const { attemptId } = opened;
        const outcome = await commands.execute(new ContactGatewayCommand({ attemptId }));
        await commands.execute(new RecordOutcomeCommand({ attemptId, outcome }));
      }
    });
    const { rows } = await sql.query<{ charges: number }>(
      `select count(*)::int as charges from sandbox.payments p join payments.attempts a on a.id::text = p.key
        join payments.intents i on i.id = a.intent_id where i.payable_id = $1 and p.status = 'succeeded'`,
      [orderId],
    );
    return rows[0].charges;
  });
