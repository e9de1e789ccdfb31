import type { DynamicModule, Type } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { GUEST } from '../../src/kernel/auth/principal';
import { runInContext } from '../../src/kernel/context/request-context';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import { newId } from '../../src/kernel/ids/ids';
import { CreateRuleCommand } from '../../src/money/fraud/commands/manage-rules';
import { OpenIntentCommand } from '../../src/money/payments/contracts/open-intent';
import { PaymentsModule } from '../../src/money/payments/payments.module';
import { SandboxModule } from '../../src/money/sandbox/sandbox.module';
import { Database } from '../../src/kernel/database/database';
import { asTenant, testApp } from '../support/app';
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

/** So many tries to pay by one email address at once, of which a rule lets `limit` through in an hour. */
export async function velocityRace(module: Type | DynamicModule, tries = 200, limit = 20): Promise<VelocityRace> {
  const app = await testApp([RecordedRealtimeModule, SandboxModule, PaymentsModule, module], {
    database: await testDatabase({ fresh: true }),
    env: { MAINSTAY_DATABASE_POOL_SIZE: '32' },
  });
  try {
    const tenant = newId();
    const commands = app.get(CommandBus);
    const pay = () =>
      app.get(UnitOfWork).run(() =>
        commands.execute(
          new OpenIntentCommand({
            payable: { type: 'order', id: newId() },
            amount: { amount: 1_250, currency: 'EUR' },
            method: { type: 'sandbox', token: 'success' },
            shopper: { email: 'fast@example.com' },
          }),
        ),
      );
    await asTenant(tenant, () =>
      commands.execute(
        new CreateRuleCommand({
          name: 'Too fast',
          description: null,
          mode: 'live',
          condition: { signal: 'tries.email.1h', op: 'gt', value: limit },
          weight: 0,
          decision: 'block',
        }),
      ),
    );
    const guest = { ...GUEST, tenantId: tenant };
    const settled = await asTenant(
      tenant,
      () =>
        Promise.allSettled(
          Array.from({ length: tries }, (_, i) => runInContext({ ip: `198.51.100.${i}`, requestId: newId() }, pay)),
        ),
      guest,
    );
    const codes = settled.map((each) =>
      each.status === 'fulfilled' ? 'let' : ((each.reason as { code?: string }).code ?? 'unknown'),
    );
    const [{ stored }] = await app
      .get(Database)
      .readAs<{ stored: number }>(tenant, 'select count(*)::int as stored from fraud.assessments');
    const through = codes.filter((code) => code === 'let').length;
    const refused = codes.filter((code) => code === 'payments.not-accepted').length;
    return { tries, limit, through, refused, errors: tries - through - refused, stored };
  } finally {
    await app.close();
  }
}

/** As many as the limit got through, and every try is on record. */
export const expectLimitHeld = (race: VelocityRace): void =>
  expect(race).toEqual({
    ...race,
    through: race.limit,
    refused: race.tries - race.limit,
    errors: 0,
    stored: race.tries,
  });
