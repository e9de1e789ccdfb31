import { QueryBus } from '@nestjs/cqrs';
import { Client } from 'pg';
import type { MigrationInterface } from 'typeorm';
import { LedgerDayTotals1764002850000 } from '../../migrations/1764002850000-ledger-day-totals';
import { LedgerOneStoreCredit1764003091000 } from '../../migrations/1764003091000-ledger-one-store-credit';
import { LedgerTenantsToRemind1764003091200 } from '../../migrations/1764003091200-ledger-tenants-to-remind';
import { asTenant, testApp, type TestApp } from '../support/app';
import { testDatabase } from '../support/cluster';
import { eventually } from '../support/eventually';
import { migrating } from '../support/migrating';
import { OrganizationsModule } from '../../src/access/organizations/organizations.module';
import { Database } from '../../src/kernel/database/database';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import { newId } from '../../src/kernel/ids/ids';
import { reportCsv, reportPdf } from '../../src/money/ledger/adapters/report-files';
import { Bookkeeper } from '../../src/money/ledger/commands/bookkeeper';
import { Sealer } from '../../src/money/ledger/commands/sealer';
import { VerifyLedgerQuery } from '../../src/money/ledger/contracts/verify-ledger';
import { FOLDED } from '../../src/money/ledger/data/day-totals';
import type { Dimensions, Line } from '../../src/money/ledger/domain/journal-draft';
import { coverOf, spanOf, stretchesOf } from '../../src/money/ledger/domain/report-periods';
import type { ReportName, ReportOf } from '../../src/money/ledger/domain/reports';
import { LedgerModule } from '../../src/money/ledger/ledger.module';
import { FinanceReportQuery, type ReportRequest } from '../../src/money/ledger/queries/finance-report';

/** Small and repeatable; no test of randomness. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state % below;
  };
}

const ALL = { from: '2025-01-01', to: '2027-01-01' };

describe('financial reports', () => {
  let app: TestApp;
  let admin: Client;
  let tenant: string;
  beforeAll(async () => {
    app = await testApp([OrganizationsModule, LedgerModule], { database: await testDatabase({ fresh: true }) });
    admin = new Client({ connectionString: app.database.superuserUrl });
    await admin.connect();
  });
  afterAll(async () => {
    await admin?.end();
    await app?.close();
  });
  beforeEach(() => {
    tenant = newId();
  });

  /** Takes migrations back, the last first, and applies them again. */
  const anew = (migrations: MigrationInterface[], between = async (_owner: Client): Promise<void> => {}) =>
    migrating(app.database, async ({ owner, runner }) => {
      await owner.query('begin');
      for (const migration of [...migrations].reverse()) await migration.down(runner);
      await between(owner);
      for (const migration of migrations) await migration.up(runner);
      await owner.query('commit');
    });
  const within = <T>(work: () => Promise<T>): Promise<T> => asTenant(tenant, work);
  const rows = <Row extends object>(text: string, params?: unknown[]): Promise<Row[]> =>
    app.get(Database).readAs<Row>(tenant, text, params);
  const report = <Name extends ReportName>(name: Name, request: ReportRequest = {}): Promise<ReportOf<Name>> =>
    within(() => app.get(QueryBus).execute(new FinanceReportQuery(name, request)));
  const line = (account: string, amount: number, dimensions: Dimensions = {}, currency = 'EUR'): Line => ({
    account,
    amount: { amount, currency },
    dimensions,
  });
  const post = (at: string, lines: Line[], more: { purpose?: string; document?: string } = {}) =>
    within(() =>
      app.get(UnitOfWork).run(() =>
        app.get(Bookkeeper).post({
          kind: 'posted',
          purpose: more.purpose ?? 'test',
          description: 'test',
          source: { type: 'test', id: newId() },
          document: more.document ? { type: 'order', id: more.document } : undefined,
          idempotencyKey: newId(),
          effectiveAt: new Date(at),
          lines,
        }),
      ),
    );
  /** Also the process's own sealer may be at it. */
  const seal = () =>
    eventually(async () => {
      await app.get(Sealer).sealAll();
      return (await rows('select id from ledger.unsealed')).length === 0;
    });
  const eur = (amount: number) => ({ amount, currency: 'EUR' });

  /** Sums of postings between two moments, straight from the journal. */
  const recount = (from: string, to: string, by: string) =>
    rows<{ key: string; currency: string; sales: number; cost: number; fees: number }>(
      `select coalesce(${by}, '') as key, p.currency,
         coalesce(-sum(p.amount) filter (where a.code in ('4000', '4090')), 0)::bigint as sales,
         coalesce(sum(p.amount) filter (where a.code = '5000'), 0)::bigint as cost,
         coalesce(sum(p.amount) filter (where a.code = '5200'), 0)::bigint as fees
       from ledger.journals j join ledger.postings p on p.tenant_id = j.tenant_id and p.journal_id = j.id
       join ledger.accounts a on a.tenant_id = p.tenant_id and a.id = p.account_id
       where j.effective_at >= $1 and j.effective_at < $2 and a.type in ('revenue', 'expense')
       group by 1, 2 order by 1, 2`,
      [from, to],
    );

  it('equal a recount of the postings, whatever of them is folded, in any time zone and currency', async () => {
    const next = numbers(7);
    const moment = () => new Date(Date.UTC(2026, 0, 1) + next(120 * 86_400) * 1000).toISOString();
    const sell = async () => {
      const sku = `SKU-${next(5)}`;
      const of = { sku, product: `Thing ${sku}`, channel: ['web', 'import'][next(2)], country: ['AT', 'PT'][next(2)] };
      const currency = ['EUR', 'JPY'][next(2)];
      const [net, off, cost, fee] = [1_000 + next(9_000), next(200), 300 + next(500), next(90) + 1];
      const lines = [
        line('4000', -net - off, of, currency),
        ...(off > 0 ? [line('4090', off, of, currency)] : []),
        line('2200', -190, { country: of.country }, currency),
        line('1100', net + 190 - fee, { provider: 'sandbox' }, currency),
        line('5200', fee, { provider: 'sandbox' }, currency),
        line('5000', cost, of, currency),
        line('1300', -cost, { sku }, currency),
      ];
      await post(moment(), lines);
    };
    for (let i = 0; i < 30; i += 1) await sell();
    await seal();
    // The same days again: totals grow, and what is not sealed counts beside them.
    for (let i = 0; i < 15; i += 1) await sell();
    await seal();
    // Whoever holds the tenant's lock keeps the sealer away: what comes now stays beside the totals.
    const lead = `pg_advisory_lock(hashtextextended('ledger ' || $1::text, 0))`;
    await admin.query(`select ${lead}`, [tenant]);
    for (let i = 0; i < 10; i += 1) await sell();
    for (const timeZone of ['UTC', 'Europe/Vienna', 'Asia/Kathmandu', 'America/Los_Angeles'])
      for (const [from, to] of [
        ['2026-01-15', '2026-03-31'],
        ['2026-02-01T10:30:00Z', '2026-02-01T18:00:00Z'],
        ['2025-01-01', '2027-01-01'],
      ]) {
        const span = spanOf({ from, to }, timeZone, new Date(0));
        const bounds: [string, string] = [span.from.toUTC().toISO()!, span.to.toUTC().toISO()!];
        for (const [groupBy, by] of [
          ['product', `p.dimensions->>'sku'`],
          ['channel', `p.dimensions->>'channel'`],
          ['country', `p.dimensions->>'country'`],
        ]) {
          const found = await report('profit-and-loss', { from, to, timeZone, groupBy: [groupBy] });
          const counted = await recount(...bounds, by);
          expect(
            found.data.map((row) => ({
              key: row.key ?? '',
              currency: row.currency,
              sales: row.sales.amount - row.discounts.amount,
              cost: row.costOfGoods.amount,
              fees: row.paymentFees.amount,
            })),
          ).toEqual(counted);
          for (const total of found.total) {
            const ofIt = counted.filter(({ currency }) => currency === total.currency);
            expect(total.netRevenue.amount).toBe(ofIt.reduce((sum, { sales }) => sum + sales, 0));
            expect(total.grossProfit.amount).toBe(ofIt.reduce((sum, { sales, cost }) => sum + sales - cost, 0));
          }
        }
        const monthly = await report('stock-value', { from, to, timeZone, groupBy: ['product', 'month'] });
        const whole = await report('stock-value', { from, to, timeZone, groupBy: ['product'] });
        for (const { key, currency, opening, closing } of whole.data) {
          const months = monthly.data.filter((row) => row.key === key && row.currency === currency);
          expect([months[0].opening, months[months.length - 1].closing]).toEqual([opening, closing]);
        }
        const trial = await report('trial-balance', { from, to, timeZone });
        for (const { opening, debits, credits, closing } of trial.total)
          expect([opening.amount, debits.amount - credits.amount, closing.amount]).toEqual([0, 0, 0]);
      }
    const days = await rows<{ differs: number }>(
      `select count(*)::int as differs from (
         select account_id, day, purpose, ${FOLDED.join(', ')}, debits, credits from ledger.day_totals
         except select p.account_id, (j.effective_at at time zone 'UTC')::date, j.purpose,
           ${FOLDED.map((name) => `coalesce(p.dimensions->>'${name}', '')`).join(', ')},
           sum(greatest(p.amount, 0))::bigint, sum(greatest(-p.amount, 0))::bigint
         from ledger.seals s join ledger.journals j on j.tenant_id = s.tenant_id and j.id = s.id
         join ledger.postings p on p.tenant_id = j.tenant_id and p.journal_id = j.id group by 1, 2, 3, 4, 5, 6, 7) x`,
    );
    expect(days).toEqual([{ differs: 0 }]);
    const verify = () => within(() => app.get(QueryBus).execute(new VerifyLedgerQuery()));
    expect(await verify()).toMatchObject({ ok: true, journals: 45, waiting: 10 });
    // The migration makes the same of what was sealed before it.
    const before = await report('profit-and-loss', { ...ALL, groupBy: ['product', 'month'] });
    await anew([new LedgerDayTotals1764002850000()]);
    expect(await verify()).toMatchObject({ ok: true, journals: 45, waiting: 10 });
    expect(await report('profit-and-loss', { ...ALL, groupBy: ['product', 'month'] })).toEqual(before);
    await admin.query(`select ${lead.replace('lock(', 'unlock(')}`, [tenant]);
    await admin.query(
      `update ledger.day_totals set credits = credits + 1 where id = (select id from ledger.day_totals where tenant_id = $1 limit 1)`,
      [tenant],
    );
    expect(await verify()).toMatchObject({ ok: false, fault: { kind: 'totals' } });
    tenant = newId();
    expect(await report('trial-balance', { from: '2025-01-01', to: '2027-01-01' })).toMatchObject({
      data: [],
      total: [],
    });
  });

  it('say what came in, went out and is there, with payouts within', async () => {
    await post('2026-01-20T10:00:00Z', [line('1100', 5_000, { provider: 's' }), line('2100', -5_000)], {
      purpose: 'payment-captured',
    });
    await post('2026-02-02T10:00:00Z', [line('1100', 900, { provider: 's' }), line('2100', -900)], {
      purpose: 'payment-captured',
    });
    await post('2026-02-03T10:00:00Z', [line('5200', 60), line('1100', -60, { provider: 's' })], {
      purpose: 'payment-fee',
    });
    await post(
      '2026-02-04T10:00:00Z',
      [line('1000', 4_000, { provider: 's' }), line('1100', -4_000, { provider: 's' })],
      {
        purpose: 'payout',
      },
    );
    await seal();
    await post('2026-02-05T10:00:00Z', [line('2100', 400), line('1100', -400, { provider: 's' })], {
      purpose: 'refund',
    });
    const february = { from: '2026-02-01', to: '2026-03-01' };
    const found = await report('cash-flow', { ...february, groupBy: ['purpose'] });
    expect(found.data.map(({ key, inflow, outflow }) => [key, inflow.amount, outflow.amount])).toEqual([
      ['payment-captured', 900, 0],
      ['payment-fee', 0, 60],
      ['refund', 0, 400],
    ]);
    expect(found.total).toEqual([
      { currency: 'EUR', opening: eur(5_000), inflow: eur(900), outflow: eur(460), net: eur(440), closing: eur(5_440) },
    ]);
    expect((await report('cash-flow', { ...february, groupBy: ['provider', 'month'] })).data).toMatchObject([
      { key: 's', period: '2026-02', net: eur(440) },
    ]);
    await post('2026-02-06T10:00:00Z', [
      line('1100', 1_190),
      line('4000', -1_000),
      line('2200', -190, { country: 'AT' }),
    ]);
    await post('2026-02-07T10:00:00Z', [line('2200', 19, { country: 'AT' }), line('4095', 81), line('1100', -100)]);
    await post('2026-02-28T10:00:00Z', [line('2200', 100, { country: 'AT' }), line('1000', -100)], {
      purpose: 'manual',
    });
    expect((await report('tax', { ...february, groupBy: ['country'] })).data).toEqual([
      {
        period: null,
        key: 'AT',
        name: null,
        currency: 'EUR',
        opening: eur(0),
        charged: eur(190),
        givenBack: eur(19),
        settled: eur(100),
        closing: eur(71),
      },
    ]);
  });

  it('age what is owed by the oldest open part, by customer and document', async () => {
    const [a, b] = [newId(), newId()];
    const owe = (at: string, customer: string, document: string, amount: number) =>
      post(at, [line('1200', amount, { customer }), line('4000', -amount)], { document });
    await owe('2026-01-01T12:00:00Z', 'anna', a, 1_000);
    await owe('2026-02-20T12:00:00Z', 'anna', a, 500);
    await owe('2026-03-20T12:00:00Z', 'berta', b, 300);
    // Settles the oldest first: 200 of January are left.
    await owe('2026-03-25T12:00:00Z', 'anna', a, -800);
    await owe('2026-04-15T12:00:00Z', 'berta', b, -300);
    await seal();
    const aged = async (to: string, groupBy: string[] = []) =>
      (await report('receivables', { to, groupBy })).data.map(({ key, owed, days30, days60, days90, older }) => [
        key,
        ...[owed, days30, days60, days90, older].map(({ amount }) => amount),
      ]);
    expect(await aged('2026-04-10')).toEqual([
      ['anna', 700, 0, 500, 0, 200],
      ['berta', 300, 300, 0, 0, 0],
    ]);
    expect(await aged('2026-04-16', ['document'])).toEqual([[a, 700, 0, 500, 0, 200]]);
    // Paid twice: the shop owes it back.
    await owe('2026-04-20T12:00:00Z', 'berta', b, -50);
    expect(await aged('2026-05-01')).toContainEqual(['berta', -50, -50, 0, 0, 0]);
    expect((await report('receivables', { to: '2026-05-01' })).total).toMatchObject([{ owed: eur(650) }]);
  });

  it('are written as CSV and PDF', async () => {
    await post('2026-01-05T12:00:00Z', [
      line('1000', 123_456),
      line('4000', -123_456, { sku: '=1+1', product: 'Tea', channel: 'web' }),
    ]);
    await post('2026-01-06T12:00:00Z', [line('1000', 7, {}, 'JPY'), line('4000', -7, {}, 'JPY')]);
    const found = await report('profit-and-loss', {
      from: '2026-01-01',
      to: '2026-02-01',
      groupBy: ['product', 'month'],
    });
    let csv = '';
    for await (const part of reportCsv(found)) csv += part;
    expect(csv.startsWith('\uFEFF')).toBe(true);
    const [header, ...lines] = csv.trim().split('\r\n');
    expect(header).toMatch(/^Period,SKU,Product,Currency,Sales,/);
    expect(lines).toEqual([
      '2026-01,,,JPY,7,0,0,0,0,7,0,7,100.00,0,0,0,0,7',
      `2026-01,'=1+1,Tea,EUR,1234.56,0.00,0.00,0.00,0.00,1234.56,0.00,1234.56,100.00,0.00,0.00,0.00,0.00,1234.56`,
    ]);
    for (const groupBy of [[], ['product', 'month']]) {
      const one = await report('profit-and-loss', { from: '2026-01-01', to: '2026-02-01', groupBy });
      expect((await reportPdf(one, { name: 'Shop', color: '#225588' })).subarray(0, 5).toString()).toBe('%PDF-');
    }
  });

  it.each<[ReportName, ReportRequest, string]>([
    ['tax', { from: '2026-02-01', to: '2026-02-01' }, 'ledger.period-invalid'],
    ['tax', { from: '2026-02-30', to: '2026-03-01' }, 'ledger.period-invalid'],
    ['tax', { from: '2026-02-01', to: '2026-03-01', groupBy: ['month', 'day'] }, 'ledger.grouping-invalid'],
    ['receivables', { groupBy: ['month'] }, 'ledger.grouping-invalid'],
    ['profit-and-loss', { from: '2020-01-01', to: '2026-01-01', groupBy: ['day'] }, 'ledger.period-invalid'],
  ])('of %s refuse %j', async (name, request, code) => {
    await expect(report(name, request)).rejects.toMatchObject({ code });
  });

  it('cover a stretch once, by whole days and edges', () => {
    for (const timeZone of ['UTC', 'Europe/Vienna', 'Asia/Kathmandu'])
      for (const period of ['day', 'week', 'month'] as const) {
        const stretches = stretchesOf(spanOf({ from: '2026-03-10', to: '2026-04-20' }, timeZone, new Date(0)), period);
        const { whole, edges } = coverOf(stretches);
        for (const { n, starts, ends } of stretches) {
          const parts = [
            ...whole
              .filter((part) => part.n === n)
              .map((part) => [`${part.from}T00:00:00.000Z`, `${part.to}T00:00:00.000Z`]),
            ...edges.filter((part) => part.n === n).map((part) => [part.starts, part.ends]),
          ].sort();
          expect(parts[0][0]).toBe(starts);
          expect(parts[parts.length - 1][1]).toBe(ends);
          for (let i = 1; i < parts.length; i += 1) expect(parts[i][0]).toBe(parts[i - 1][1]);
        }
      }
  });

  it('come from books in which a customer has one store credit a currency, also of those that had two', async () => {
    const [customer, order, orderOfBoth] = [newId(), newId(), newId()];
    const [first, second, third, dollars, spent] = [newId(), newId(), newId(), newId(), newId()];
    const end = '2027-03-01T00:00:00.000Z';
    const credit = (id: string, balance: number, held: number, expires: string, currency = 'EUR') =>
      `('${tenant}', '${id}', 'store_credit', '${currency}', ${balance}, ${held}, 'active', 'given', '${customer}', '${expires}', now(), now())`;
    const hold = (creditId: string, orderId: string, amount: number, state = 'held') =>
      `('${tenant}', '${newId()}', '${creditId}', 'order', '${orderId}', 0, ${amount}, '${state}', now())`;
    const since = [new LedgerOneStoreCredit1764003091000(), new LedgerTenantsToRemind1764003091200()];
    await anew(since, async (owner) => {
      await owner.query(`select set_config('app.tenant_id', $1, true)`, [tenant]);
      await owner.query(`insert into ledger.credits (tenant_id, id, kind, currency, balance, held, state, origin, customer_id, expires_at,
        created_at, updated_at) values ${credit(first, 100, 30, '2027-01-01')}, ${credit(second, 50, 45, end)},
        ${credit(third, 0, 0, '2026-12-01')}, ${credit(dollars, 7, 0, end, 'USD')}`);
      await owner.query(`insert into ledger.credit_holds (tenant_id, id, credit_id, reference_type, reference_id, position, amount, state,
        created_at) values ${hold(first, orderOfBoth, 30)}, ${hold(second, orderOfBoth, 25)}, ${hold(second, order, 20)},
        ${hold(second, spent, 5, 'redeemed')}`);
    });
    expect(
      await rows(`select id, state, balance::int, held::int, expires_at as end from ledger.credits order by id`),
    ).toMatchObject([
      { id: first, state: 'active', balance: 150, held: 75, end: new Date(end) },
      { id: second, state: 'merged', balance: 0, held: 0 },
      { id: third, state: 'merged', balance: 0 },
      { id: dollars, state: 'active', balance: 7 },
    ]);
    const holds = await rows<{ credit: string; order: string; amount: number; state: string }>(
      `select credit_id as credit, reference_id as order, amount::int, state from ledger.credit_holds order by amount`,
    );
    expect(holds).toEqual([
      { credit: second, order: spent, amount: 5, state: 'redeemed' },
      { credit: first, order, amount: 20, state: 'held' },
      { credit: second, order: orderOfBoth, amount: 25, state: 'released' },
      { credit: first, order: orderOfBoth, amount: 55, state: 'held' },
    ]);
    expect(
      await rows(
        `select credit_id as id, amount::int, balance_after::int as after from ledger.credit_entries order by amount`,
      ),
    ).toEqual([
      { id: second, amount: -50, after: 0 },
      { id: first, amount: 50, after: 150 },
    ]);
  });
});
