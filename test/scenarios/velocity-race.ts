import type { DynamicModule, Type } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { clock } from '../../src/kernel/clock/clock';
import { GUEST } from '../../src/kernel/auth/principal';
import { runInContext } from '../../src/kernel/context/request-context';
import { Database } from '../../src/kernel/database/database';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import { newId } from '../../src/kernel/ids/ids';
import { PaymentFollower } from '../../src/money/fraud/commands/follow-payment';
import { CreateRuleCommand } from '../../src/money/fraud/commands/manage-rules';
import { OpenIntentCommand, type OpenedIntent } from '../../src/money/payments/contracts/open-intent';
import { PaymentsModule } from '../../src/money/payments/payments.module';
import { SandboxModule } from '../../src/money/sandbox/sandbox.module';
import { asTenant, testApp, type TestApp } from '../support/app';
import { RecordedRealtimeModule } from '../support/realtime';
import { testDatabase } from '../support/cluster';

export interface VelocityRace {
  tries: number;
  limit: number;
  through: number;
  refused: number;
  /** Errors of another kind. */
  errors: number;
  /** Judgements that are stored: every try, the refused ones too. */
  stored: number;
}

interface Shop {
  app: TestApp;
  tenant: string;
  /** Tries to pay for an order of its own. */
  pay(token: string, email: string): Promise<OpenedIntent>;
}

/** A shop with a rule that refuses whatever is over the limit. */
async function withLimit<T>(
  module: Type | DynamicModule,
  signal: string,
  limit: number,
  work: (shop: Shop) => Promise<T>,
): Promise<T> {
  const app = await testApp([RecordedRealtimeModule, SandboxModule, PaymentsModule, module], {
    database: await testDatabase({ fresh: true }),
    env: { MAINSTAY_DATABASE_POOL_SIZE: '32' },
  });
  try {
    const tenant = newId();
    const commands = app.get(CommandBus);
    await asTenant(tenant, () =>
      commands.execute(
        new CreateRuleCommand({
          name: 'Too fast',
          description: null,
          mode: 'live',
          condition: { signal, op: 'gt', value: limit },
          weight: 0,
          decision: 'block',
        }),
      ),
    );
    const pay = (token: string, email: string) =>
      app.get(UnitOfWork).run(() =>
        commands.execute(
          new OpenIntentCommand({
            payable: { type: 'order', id: newId() },
            amount: { amount: 1_250, currency: 'EUR' },
            method: { type: 'sandbox', token },
            shopper: { email },
          }),
        ),
      );
    return await work({ app, tenant, pay });
  } finally {
    await app.close();
  }
}

/** So many tries to pay by one email address at once, of which a rule lets `limit` through in an hour. */
export const velocityRace = (module: Type | DynamicModule, tries = 200, limit = 20): Promise<VelocityRace> =>
  withLimit(module, 'tries.email.1h', limit, async ({ app, tenant, pay }) => {
    const one = (i: number) =>
      runInContext({ ip: `198.51.100.${i}`, requestId: newId() }, () => pay('success', 'fast@example.com'));
    const settled = await asTenant(tenant, () => Promise.allSettled(Array.from({ length: tries }, (_, i) => one(i))), {
      ...GUEST,
      tenantId: tenant,
    });
    const codes = settled.map((each) =>
      each.status === 'fulfilled' ? 'let' : ((each.reason as { code?: string }).code ?? 'unknown'),
    );
    const [{ stored }] = await app
      .get(Database)
      .readAs<{ stored: number }>(tenant, 'select count(*)::int as stored from fraud.assessments');
    const through = codes.filter((code) => code === 'let').length;
    const refused = codes.filter((code) => code === 'payments.not-accepted').length;
    return { tries, limit, through, refused, errors: tries - through - refused, stored };
  });

/**
 * So many payments by one card, each by somebody else, whose card the gateway tells of at once: the money of all is
 * reserved, and a rule lets that of `limit` be taken in an hour.
 */
export const cardRace = (module: Type | DynamicModule, tries = 200, limit = 20): Promise<VelocityRace> =>
  withLimit(module, 'tries.card.1h', limit, async ({ app, tenant, pay }) => {
    const card = { fingerprint: 'one', country: null, funding: null, avs: null, cvc: null };
    const settled = await asTenant(tenant, async () => {
      const opened: OpenedIntent[] = [];
      for (let i = 0; i < tries; i++) opened.push(await pay('success:card=one', `buyer-${i}@example.com`));
      const follower = app.get(PaymentFollower);
      return Promise.allSettled(
        opened.map(({ attemptId, intentId }) =>
          runInContext({ requestId: newId() }, () =>
            app
              .get(UnitOfWork)
              .run((tx) => follower.secured(tx, { attemptId, intentId, card, at: clock.now() }, 'reserved')),
          ),
        ),
      );
    });
    const errors = settled.filter(({ status }) => status === 'rejected').length;
    const [told] = await app.get(Database).readAs<Pick<VelocityRace, 'through' | 'refused' | 'stored'>>(
      tenant,
      `select (select count(*)::int from kernel.events where type = 'fraud.payment-cleared.v1') as through,
         (select count(*)::int from kernel.events where type = 'fraud.payment-rejected.v1') as refused,
         (select count(*)::int from fraud.assessments where card = 'one') as stored`,
    );
    return { tries, limit, errors, ...told };
  });

/** As many as the limit got through, and every try is on record. */
export const expectLimitHeld = (race: VelocityRace): void =>
  expect(race).toEqual({
    ...race,
    through: race.limit,
    refused: race.tries - race.limit,
    errors: 0,
    stored: race.tries,
  });
