import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { Client } from 'pg';
import { asTenant, testApp, type TestApp } from '../../../test/support/app';
import { testDatabase } from '../../../test/support/cluster';
import { drainRace, expectExactlyDrained } from '../../../test/scenarios/ledger-races';
import { clock } from '../../kernel/clock/clock';
import { Database } from '../../kernel/database/database';
import { UnitOfWork } from '../../kernel/database/unit-of-work';
import { newId } from '../../kernel/ids/ids';
import { Bookkeeper } from './commands/bookkeeper';
import { OpenAccountCommand } from './commands/open-account';
import { PostManualJournalCommand, ResolveJournalCommand, ReverseJournalCommand } from './commands/post-manual-journal';
import { Sealer } from './commands/sealer';
import { VerifyLedgerQuery } from './contracts/verify-ledger';
import { STANDARD_ACCOUNTS } from './domain/chart';
import type { JournalDraft, Line } from './domain/journal-draft';
import { LedgerModule } from './ledger.module';
import { FindJournalQuery, ListJournalsQuery } from './queries/list-journals';
import { ListAccountsQuery } from './queries/list-accounts';
import { TrialBalanceQuery } from './queries/trial-balance';

describe('ledger', () => {
  let app: TestApp;
  let admin: Client;
  let tenant: string;
  beforeAll(async () => {
    app = await testApp([LedgerModule], { database: await testDatabase({ fresh: true }) });
    admin = new Client({ connectionString: app.database.superuserUrl });
    await admin.connect();
  });
  afterAll(async () => {
    await admin.end();
    await app.close();
  });
  beforeEach(() => {
    tenant = newId();
  });

  const within = <T>(work: () => Promise<T>): Promise<T> => asTenant(tenant, work);
  const move = (to: string, from: string, amount: number, currency = 'EUR'): Line[] => [
    { account: to, amount: { amount, currency } },
    { account: from, amount: { amount: -amount, currency } },
  ];
  const draft = (lines: Line[], more: Partial<JournalDraft> = {}): JournalDraft => ({
    kind: 'posted',
    purpose: 'test',
    description: 'test',
    source: { type: 'test', id: newId() },
    idempotencyKey: newId(),
    effectiveAt: clock.now(),
    lines,
    ...more,
  });
  const post = (lines: Line[], more: Partial<JournalDraft> = {}) =>
    within(() => app.get(UnitOfWork).run(() => app.get(Bookkeeper).post(draft(lines, more))));
  const byHand = (lines: Line[], pending = false) =>
    within(() => app.get(CommandBus).execute(new PostManualJournalCommand({ description: 'By hand', lines, pending })));
  const resolve = (id: string, kind: 'post' | 'void', lines?: Line[]) =>
    within(() => app.get(CommandBus).execute(new ResolveJournalCommand(id, kind, { lines })));
  const reverse = (id: string) => within(() => app.get(CommandBus).execute(new ReverseJournalCommand(id)));
  const verify = () => within(() => app.get(QueryBus).execute(new VerifyLedgerQuery()));
  const balances = async (at = clock.now()) => {
    const trial = await within(() => app.get(QueryBus).execute(new TrialBalanceQuery(at)));
    for (const total of trial.total) expect(total.balance.amount).toBe(0);
    return Object.fromEntries(trial.data.map((line) => [`${line.account} ${line.currency}`, line.balance.amount]));
  };

  it('posts both sides in each currency, opens the chart on first use, and once per key', async () => {
    const key = newId();
    const first = await post([...move('1000', '3900', 500), ...move('1000', '3900', 70, 'JPY')], {
      idempotencyKey: key,
    });
    expect(first.created).toBe(true);
    expect(await post(move('1000', '3900', 500), { idempotencyKey: key })).toEqual({ id: first.id, created: false });
    expect(await balances()).toEqual({ '1000 EUR': 500, '3900 EUR': -500, '1000 JPY': 70, '3900 JPY': -70 });
    const accounts = await within(() =>
      app.get(QueryBus).execute(new ListAccountsQuery({ limit: 100, count: 'exact' } as never)),
    );
    expect(accounts.page.total).toBe(2 * STANDARD_ACCOUNTS.length);
    expect(accounts.data.find(({ code, currency }) => code === '1000' && currency === 'EUR')).toMatchObject({
      balance: { amount: 500, currency: 'EUR' },
      standard: true,
    });
    expect(await within(() => app.get(QueryBus).execute(new FindJournalQuery(first.id)))).toMatchObject({
      kind: 'posted',
      lines: [
        { account: '1000', side: 'debit', amount: { amount: 500, currency: 'EUR' } },
        { account: '3900', side: 'credit', amount: { amount: 500, currency: 'EUR' } },
        { account: '1000', side: 'debit', amount: { amount: 70, currency: 'JPY' } },
        { account: '3900', side: 'credit', amount: { amount: 70, currency: 'JPY' } },
      ],
    });
    expect(await verify()).toMatchObject({ ok: true, waiting: 1 });
  });

  it('counts by the moment that a journal takes effect', async () => {
    await post(move('1000', '3900', 100), { effectiveAt: new Date('2026-01-31T23:59:59.999Z') });
    await post(move('1000', '3900', 11), { effectiveAt: new Date('2026-02-01T00:00:00Z') });
    expect(await balances(new Date('2026-01-31T23:59:59.999Z'))).toEqual({ '1000 EUR': 100, '3900 EUR': -100 });
    expect(await balances()).toEqual({ '1000 EUR': 111, '3900 EUR': -111 });
    const list = (sourceId?: string) =>
      within(() => app.get(QueryBus).execute(new ListJournalsQuery({ limit: 20, sourceId } as never)));
    const { data } = await list();
    expect(data.map(({ lines }) => lines[0].amount.amount)).toEqual([11, 100]);
    expect((await list(data[0].source.id)).data).toEqual([data[0]]);
    tenant = newId();
    expect((await list(data[0].source.id)).data).toEqual([]);
    await expect(reverse(data[0].id)).rejects.toMatchObject({ code: 'ledger.journal-not-found' });
    await expect(resolve(data[0].id, 'post')).rejects.toMatchObject({ code: 'ledger.journal-not-found' });
  });

  it('keeps what is pending apart, resolves it once and never posts more of it', async () => {
    const pending = await byHand(move('1100', '2100', 1_000), true);
    expect(await balances()).toEqual({});
    await expect(resolve(pending.id, 'post', move('1100', '2100', 1_001))).rejects.toMatchObject({
      code: 'ledger.exceeds-pending',
    });
    await expect(resolve(pending.id, 'post', move('2100', '1100', 10))).rejects.toMatchObject({
      code: 'ledger.exceeds-pending',
    });
    await expect(reverse(pending.id)).rejects.toMatchObject({ code: 'ledger.not-reversible' });
    const posted = await resolve(pending.id, 'post', move('1100', '2100', 400));
    expect(posted).toMatchObject({ kind: 'post', resolvesId: pending.id });
    expect(await balances()).toEqual({ '1100 EUR': 400, '2100 EUR': -400 });
    for (const kind of ['post', 'void'] as const)
      await expect(resolve(pending.id, kind)).rejects.toMatchObject({ code: 'ledger.already-resolved' });
    await expect(resolve(posted.id, 'void')).rejects.toMatchObject({ code: 'ledger.not-pending' });
    const second = await byHand(move('1100', '2100', 70), true);
    expect(await resolve(second.id, 'void')).toMatchObject({ kind: 'void', lines: [] });
    expect(await verify()).toMatchObject({ ok: true });
    const { data } = await within(() => app.get(QueryBus).execute(new ListAccountsQuery({ limit: 100 } as never)));
    for (const { pending: left } of data) expect(left.debits.amount + left.credits.amount).toBe(0);
  });

  it('reverses a journal once, by its opposite', async () => {
    const journal = await byHand(move('5200', '1100', 25));
    const reversal = await reverse(journal.id);
    expect(reversal).toMatchObject({ reversesId: journal.id, lines: [{ side: 'credit' }, { side: 'debit' }] });
    expect(await balances()).toEqual({ '1100 EUR': 0, '5200 EUR': 0 });
    await expect(reverse(journal.id)).rejects.toMatchObject({ code: 'ledger.already-reversed' });
    await expect(reverse(reversal.id)).rejects.toMatchObject({ code: 'ledger.not-reversible' });
    expect(await within(() => app.get(QueryBus).execute(new FindJournalQuery(journal.id)))).toMatchObject({
      reversedById: reversal.id,
    });
  });

  it.each([
    [
      'unbalanced',
      [
        { account: '1000', amount: { amount: 1, currency: 'EUR' } },
        { account: '3900', amount: { amount: -2, currency: 'EUR' } },
      ],
      'ledger.unbalanced',
    ],
    [
      'balanced only over currencies',
      [
        { account: '1000', amount: { amount: 1, currency: 'EUR' } },
        { account: '3900', amount: { amount: -1, currency: 'USD' } },
      ],
      'ledger.unbalanced',
    ],
    ['one line', [{ account: '1000', amount: { amount: 1, currency: 'EUR' } }], 'ledger.too-few-lines'],
    [
      'an unknown account',
      [
        { account: '1000', amount: { amount: 1, currency: 'EUR' } },
        { account: '7777', amount: { amount: -1, currency: 'EUR' } },
      ],
      'ledger.unknown-account',
    ],
  ])('refuses a journal that is %s', async (_what, lines, code) => {
    await expect(byHand(lines)).rejects.toMatchObject({ code });
    expect(await balances()).toEqual({});
  });

  it('opens further accounts, each code once, and covers guarded ones', async () => {
    const open = (code: string) =>
      within(() =>
        app
          .get(CommandBus)
          .execute(
            new OpenAccountCommand({ code, currency: 'EUR', name: 'Till', type: 'asset', mayGoNegative: false }),
          ),
      );
    await open('1010');
    for (const code of ['1010', '1000'])
      await expect(open(code)).rejects.toMatchObject({ code: 'ledger.account-exists' });
    await byHand(move('1010', '1000', 100));
    const held = await byHand(move('1000', '1010', 60), true);
    await expect(byHand(move('1000', '1010', 41))).rejects.toMatchObject({ code: 'ledger.insufficient-balance' });
    await byHand(move('1000', '1010', 40));
    await resolve(held.id, 'post');
    await expect(byHand(move('1000', '1010', 1))).rejects.toMatchObject({ code: 'ledger.insufficient-balance' });
  });

  describe('beneath the code', () => {
    const asApp = async (tenantId: string, statements: [string, unknown[]][]) => {
      const client = new Client({ connectionString: app.database.appUrl, options: '-c role=mainstay_app' });
      await client.connect();
      try {
        await client.query('begin');
        await client.query(`select set_config('app.tenant_id', $1, true)`, [tenantId]);
        for (const [text, params] of statements) await client.query(text, params);
        await client.query('commit');
      } finally {
        await client.end();
      }
    };

    it('neither the application nor the owner changes or removes what was posted', async () => {
      const { id } = await post(move('1000', '3900', 5));
      for (const table of ['journals', 'postings', 'accounts'])
        for (const text of [`update ledger.${table} set id = id`, `delete from ledger.${table}`])
          await expect(asApp(tenant, [[text, []]])).rejects.toMatchObject({ code: '42501' });
      for (const text of [
        `update ledger.journals set description = 'x' where id = '${id}'`,
        `delete from ledger.postings where journal_id = '${id}'`,
        'truncate ledger.postings, ledger.journals cascade',
      ])
        await expect(admin.query(text)).rejects.toMatchObject({ code: '42501' });
    });

    const JOURNAL = `insert into ledger.journals (tenant_id, id, kind, purpose, description, source_type, source_id, idempotency_key, lines, resolves_id, effective_at, posted_at)
      values ($1, $2, $3, 'x', 'x', 'x', 'x', 'key ' || $2::uuid, $4, $5, kernel.now(), kernel.now())`;
    const POSTING = `insert into ledger.postings (tenant_id, id, journal_id, line, account_id, currency, amount)
      select $1, gen_random_uuid(), $2, $3, id, currency, $5 from ledger.accounts where tenant_id = $1 and code = $4 and currency = $6`;

    it('the commit refuses sums that are not zero, lines that come later, and more than was pending', async () => {
      const { id: known } = await post(move('1000', '3900', 5));
      const pending = await byHand(move('1000', '3900', 5), true);
      const journal = (id: string, kind = 'posted', lines = 2, resolves: string | null = null): [string, unknown[]] => [
        JOURNAL,
        [tenant, id, kind, lines, resolves],
      ];
      const line = (id: string, n: number, code: string, amount: number, currency = 'EUR'): [string, unknown[]] => [
        POSTING,
        [tenant, id, n, code, amount, currency],
      ];
      const [a, b, c, d, e] = Array.from({ length: 5 }, newId);
      const refused: [string, [string, unknown[]][]][] = [
        ['journals_balanced', [journal(a), line(a, 1, '1000', 5), line(a, 2, '3900', -4)]],
        ['journals_whole', [journal(b), line(b, 1, '1000', 5), line(b, 2, '3900', -4), line(b, 3, '3900', -1)]],
        ['journals_whole', [line(known, 3, '1000', 5), line(known, 4, '3900', -5)]],
        ['journals_within_pending', [journal(c, 'post', 2, pending.id), line(c, 1, '1000', 6), line(c, 2, '3900', -6)]],
        ['journals_resolve_pending', [journal(d, 'void', 0, known)]],
        ['journals_lines', [journal(e, 'posted', 0)]],
      ];
      for (const [constraint, statements] of refused)
        await expect(asApp(tenant, statements)).rejects.toMatchObject({ code: '23514', constraint });
      expect(await balances()).toEqual({ '1000 EUR': 5, '3900 EUR': -5 });
    });
  });

  it('seals journals in a chain, and finds one flipped byte, a gap, a forged head, a journal put in and a false balance', async () => {
    for (let i = 1; i <= 5; i++) await post(move('1000', '3900', i), { description: `Journal ${i}` });
    const held = await byHand(move('1000', '3900', 9), true);
    await resolve(held.id, 'void');
    await app.get(Sealer).sealAll();
    await post(move('1000', '3900', 6));
    await app.get(Sealer).sealAll();
    const report = await verify();
    expect(report).toMatchObject({ ok: true, journals: 8, waiting: 0, head: { seq: 8 } });
    const tampered = async (text: string): Promise<Awaited<ReturnType<typeof verify>>> => {
      // Whoever can do this owns the database: the triggers are out of the way.
      await admin.query('begin');
      await admin.query('set local session_replication_role = replica');
      try {
        const found = await admin.query(text.replaceAll(':tenant', `'${tenant}'`));
        expect(found.rowCount).toBe(1);
        await admin.query('commit');
      } catch (error) {
        await admin.query('rollback');
        throw error;
      }
      return verify();
    };
    const journal = (seq: number, table = 'journals', column = 'id') =>
      `${table}.tenant_id = :tenant and ${table}.${column} = (select id from ledger.seals where tenant_id = :tenant and seq = ${seq})`;
    const there = { ok: true, fault: null };
    const flips: [string, string, object][] = [
      [
        `update ledger.journals set description = 'Journal 4' where ${journal(3)}`,
        `update ledger.journals set description = 'Journal 3' where ${journal(3)}`,
        { kind: 'changed', seq: 3 },
      ],
      [
        `update ledger.postings set amount = amount + 1 where ${journal(2, 'postings', 'journal_id')} and line = 1`,
        `update ledger.postings set amount = amount - 1 where ${journal(2, 'postings', 'journal_id')} and line = 1`,
        { kind: 'changed', seq: 2 },
      ],
      [
        `update ledger.seals set seq = 100 where tenant_id = :tenant and seq = 4`,
        `update ledger.seals set seq = 4 where tenant_id = :tenant and seq = 100`,
        { kind: 'head' },
      ],
      [
        `update ledger.heads set mac = set_byte(mac, 0, get_byte(mac, 0) # 1) where tenant_id = :tenant and seq = 8`,
        `update ledger.heads set mac = set_byte(mac, 0, get_byte(mac, 0) # 1) where tenant_id = :tenant and seq = 8`,
        { kind: 'head', seq: 8 },
      ],
      [
        `update ledger.balances set debits = debits + 1 where tenant_id = :tenant and account_id = (select id from ledger.accounts where tenant_id = :tenant and code = '1000' and currency = 'EUR')`,
        `update ledger.balances set debits = debits - 1 where tenant_id = :tenant and account_id = (select id from ledger.accounts where tenant_id = :tenant and code = '1000' and currency = 'EUR')`,
        { kind: 'balance' },
      ],
      [
        `insert into ledger.journals (tenant_id, id, kind, purpose, description, source_type, source_id, idempotency_key, lines, effective_at, posted_at)
         select :tenant, gen_random_uuid(), 'posted', 'x', 'x', 'x', 'x', 'planted', 2, kernel.now(), kernel.now()`,
        `delete from ledger.journals where tenant_id = :tenant and idempotency_key = 'planted'`,
        { kind: 'unsealed' },
      ],
    ];
    for (const [flip, back, fault] of flips) {
      expect(await tampered(flip)).toMatchObject({ ok: false, fault });
      expect(await tampered(back)).toMatchObject(there);
    }
    expect(await tampered(`delete from ledger.seals where tenant_id = :tenant and seq = 8`)).toMatchObject({
      fault: { kind: 'head' },
    });
  });

  it('lets two sealers share the work without a gap', async () => {
    for (let i = 1; i <= 6; i++) await post(move('1000', '3900', i));
    await Promise.all(Array.from({ length: 4 }, () => app.get(Sealer).sealAll()));
    await app.get(Sealer).sealAll();
    expect(await verify()).toMatchObject({ ok: true, journals: 6, waiting: 0 });
    const [{ seals }] = await app
      .get(Database)
      .readAs<{ seals: number }>(tenant, 'select count(*)::int as seals from ledger.seals where tenant_id = $1', [
        tenant,
      ]);
    expect(seals).toBe(6);
  });

  it('gives a guarded account away exactly once, first use and crossed orders included', async () => {
    expectExactlyDrained(await drainRace(LedgerModule));
  });
});
