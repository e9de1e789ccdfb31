import type { DynamicModule, Type } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { clock } from '../../src/kernel/clock/clock';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import { newId } from '../../src/kernel/ids/ids';
import { OpenAccountCommand } from '../../src/money/ledger/commands/open-account';
import { Bookkeeper } from '../../src/money/ledger/commands/bookkeeper';
import { VerifyLedgerQuery, type LedgerReport } from '../../src/money/ledger/contracts/verify-ledger';
import { asTenant, testApp } from '../support/app';
import { testDatabase } from '../support/cluster';

/** What a race over one guarded account left behind. */
export interface LedgerRace {
  won: number;
  refused: number;
  other: Record<string, number>;
  report: LedgerReport;
}

const eur = (amount: number) => ({ amount, currency: 'EUR' });

/**
 * `takers` take one from a guarded account that holds `units`, over two pools, while nobody ever used the accounts they
 * give it to; each names its two accounts in another order.
 */
export async function drainRace(module: Type | DynamicModule, { takers = 60, units = 10 } = {}): Promise<LedgerRace> {
  const database = await testDatabase({ fresh: true });
  const env = { MAINSTAY_DATABASE_POOL_SIZE: '16' };
  const apps = [await testApp([module], { database, env }), await testApp([module], { database, env })];
  try {
    const tenant = newId();
    const [first] = apps;
    const post = (app: typeof first, from: string, to: string, amount: number, turned = false): Promise<unknown> =>
      asTenant(tenant, () =>
        app.get(UnitOfWork).run(() => {
          const lines = [
            { account: to, amount: eur(amount) },
            { account: from, amount: eur(-amount) },
          ];
          return app.get(Bookkeeper).post({
            kind: 'posted',
            purpose: 'race',
            description: 'race',
            source: { type: 'race', id: newId() },
            idempotencyKey: newId(),
            effectiveAt: clock.now(),
            lines: turned ? lines.reverse() : lines,
          });
        }),
      );
    for (const code of ['safe', 'till'])
      await asTenant(tenant, () =>
        first.get(CommandBus).execute(
          new OpenAccountCommand({
            code,
            currency: 'EUR',
            name: code,
            type: 'asset',
            mayGoNegative: code === 'till',
          }),
        ),
      );
    await post(first, '3900', 'safe', units);
    const race: LedgerRace = { won: 0, refused: 0, other: {}, report: null as never };
    await Promise.all(
      Array.from({ length: takers }, (_, i) =>
        post(apps[i % 2], 'safe', 'till', 1, i % 3 === 0).then(
          () => void (race.won += 1),
          (error: { code?: string }) => {
            const code = error.code ?? String(error);
            if (code === 'ledger.insufficient-balance') race.refused += 1;
            else race.other[code] = (race.other[code] ?? 0) + 1;
          },
        ),
      ),
    );
    race.report = await asTenant(tenant, () => first.get(QueryBus).execute(new VerifyLedgerQuery()));
    return race;
  } finally {
    await Promise.all(apps.map((app) => app.close()));
  }
}

/** Exactly what was there was taken, everybody else was told so, and the balances are the sum of their postings. */
export function expectExactlyDrained(race: LedgerRace, units = 10, takers = 60): void {
  expect({ won: race.won, refused: race.refused, other: race.other }).toEqual({
    won: units,
    refused: takers - units,
    other: {},
  });
  expect(race.report).toMatchObject({ ok: true, fault: null });
}
