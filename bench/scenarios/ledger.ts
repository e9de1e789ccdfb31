import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { QueryBus, type Query } from '@nestjs/cqrs';
import { OrganizationsModule } from '../../src/access/organizations/organizations.module';
import { SYSTEM } from '../../src/kernel/auth/principal';
import { loadConfig } from '../../src/kernel/config/config';
import { runInContext, type RequestContext } from '../../src/kernel/context/request-context';
import type { EmbeddedPostgres } from '../../src/kernel/database/embedded-postgres';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import { newId } from '../../src/kernel/ids/ids';
import { KernelModule } from '../../src/kernel/kernel.module';
import { Bookkeeper } from '../../src/money/ledger/commands/bookkeeper';
import { Sealer } from '../../src/money/ledger/commands/sealer';
import { VerifyLedgerQuery } from '../../src/money/ledger/contracts/verify-ledger';
import type { JournalDraft, Line } from '../../src/money/ledger/domain/journal-draft';
import { LedgerModule } from '../../src/money/ledger/ledger.module';
import { FinanceReportQuery } from '../../src/money/ledger/queries/finance-report';
import { productEnv } from '../environment';
import type { Measure } from '../report';

const AT_ONCE = 16;
/** Journals of one transaction where only the ledger's size matters. */
const IN_BULK = 50;
const DAYS = 365;
const SKUS = 200;

/** What a shipped and paid order posts in sum: revenue, discount, tax, fee and cost, on the accounts that everybody needs. */
function sale(n: number): JournalDraft {
  const of = {
    sku: `SKU-${n % SKUS}`,
    product: `Thing ${n % SKUS}`,
    channel: n % 3 === 0 ? 'import' : 'web',
    country: 'AT',
  };
  const line = (account: string, amount: number, dimensions: Line['dimensions'] = of): Line => ({
    account,
    amount: { amount, currency: 'EUR' },
    dimensions,
  });
  return {
    kind: 'posted',
    purpose: 'order-shipped',
    description: 'Bench',
    source: { type: 'bench', id: newId() },
    document: { type: 'order', id: newId() },
    idempotencyKey: newId(),
    effectiveAt: new Date(Date.UTC(2025, 0, 1) + (n % DAYS) * 86_400_000 + (n % 86_000) * 1_000),
    lines: [
      line('1100', 11_300, { provider: 'sandbox' }),
      line('5200', 200, { provider: 'sandbox' }),
      line('4000', -10_000),
      line('4090', 500),
      line('2200', -2_000, { country: 'AT' }),
      line('5000', 4_000),
      line('1300', -4_000, { sku: of.sku }),
    ],
  };
}

/** Journals a second and what each asks of the database, sealing, checking of the whole chain, reports over a year. */
export async function ledger(postgres: EmbeddedPostgres, quick: boolean): Promise<Measure[]> {
  const config = loadConfig({ ...productEnv(postgres), MAINSTAY_ROLES: 'api', LOG_LEVEL: 'error' });
  const app = await NestFactory.createApplicationContext(
    { module: class BenchLedgerModule {}, imports: [KernelModule.register(config), OrganizationsModule, LedgerModule] },
    { logger: false, abortOnError: false },
  );
  try {
    const tenantId = newId();
    const within = <T>(work: () => Promise<T>, more: Partial<RequestContext> = {}): Promise<T> =>
      runInContext({ tenantId, principal: SYSTEM, requestId: newId(), ...more }, work);
    let made = 0;
    const post = (journals = 1, more: Partial<RequestContext> = {}): Promise<void> =>
      within(
        () =>
          app.get(UnitOfWork).run(async () => {
            for (let i = 0; i < journals; i += 1) await app.get(Bookkeeper).post(sale((made += 1)));
          }),
        more,
      );
    for (let i = 0; i < 100; i += 1) await post();
    const sql = { trips: 0, statements: 0, commits: 0, milliseconds: 0 };
    await post(1, { sql });
    const alone = await timed(() => repeat(quick ? 300 : 1_500, 1, () => post()));
    const many = await timed(() => repeat(quick ? 1_000 : 6_000, AT_ONCE, () => post()));
    const size = quick ? 10_000 : 100_000;
    await repeat(Math.max(0, Math.ceil((size - made) / IN_BULK)), 4, () => post(IN_BULK));
    const sealed = await timed(() => app.get(Sealer).sealAll());
    const checked = await timed(() => within(() => app.get(QueryBus).execute(new VerifyLedgerQuery())));
    if (!checked.value.ok) throw new Error(`The ledger is broken: ${checked.value.fault?.detail}`);
    const year = { from: '2025-01-01', to: '2026-01-01', timeZone: 'UTC' };
    const reports = await reportTimes(app, within, [
      [
        'profit and loss of a year by product',
        () => new FinanceReportQuery('profit-and-loss', { ...year, groupBy: ['product'] }),
      ],
      ['trial balance of a year', () => new FinanceReportQuery('trial-balance', year)],
      [
        'profit and loss by month, Vienna',
        () => new FinanceReportQuery('profit-and-loss', { ...year, timeZone: 'Europe/Vienna', groupBy: ['month'] }),
      ],
    ]);
    const lines = `${sale(0).lines.length} lines a journal`;
    return [
      {
        scenario: 'ledger: one after another',
        unit: 'posts/s',
        value: alone.value / alone.seconds,
        note: `${lines}; trips=${sql.trips} statements=${sql.statements} commits=${sql.commits}`,
      },
      {
        scenario: `ledger: ${AT_ONCE} at once, one tenant`,
        unit: 'posts/s',
        value: many.value / many.seconds,
        note: lines,
      },
      {
        scenario: 'ledger: sealed',
        unit: 'journals/s',
        value: sealed.value / sealed.seconds,
        note: 'with totals of days',
      },
      {
        scenario: 'ledger: chain checked',
        unit: 'journals/s',
        value: checked.value.journals / checked.seconds,
        note: `${checked.value.journals.toLocaleString('en')} journals in ${checked.seconds.toFixed(1)} s: every hash, balance and total`,
      },
      ...reports,
    ];
  } finally {
    await app.close();
  }
}

async function reportTimes(
  app: INestApplicationContext,
  within: <T>(work: () => Promise<T>) => Promise<T>,
  reports: [string, () => Query<{ data: object[] }>][],
): Promise<Measure[]> {
  const measures: Measure[] = [];
  for (const [name, query] of reports) {
    const times: number[] = [];
    let rows = 0;
    for (let i = 0; i < 7; i += 1) {
      const { value, seconds } = await timed(() => within(() => app.get(QueryBus).execute(query())));
      rows = value.data.length;
      times.push(seconds * 1_000);
    }
    times.sort((a, b) => a - b);
    measures.push({ scenario: `ledger: ${name}`, unit: 'ms', value: times[3], note: `${rows} rows, median of 7` });
  }
  return measures;
}

/** Does it `times` times, so many at once. @returns how often */
async function repeat(times: number, atOnce: number, work: () => Promise<unknown>): Promise<number> {
  let begun = 0;
  const worker = async (): Promise<void> => {
    while (begun < times) {
      begun += 1;
      await work();
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return times;
}

async function timed<T>(work: () => Promise<T>): Promise<{ value: T; seconds: number }> {
  const started = process.hrtime.bigint();
  const value = await work();
  return { value, seconds: Number(process.hrtime.bigint() - started) / 1e9 };
}
