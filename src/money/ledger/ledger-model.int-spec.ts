import { QueryBus } from '@nestjs/cqrs';
import fc from 'fast-check';
import { asTenant, testApp, type TestApp } from '../../../test/support/app';
import { clock } from '../../kernel/clock/clock';
import { UnitOfWork } from '../../kernel/database/unit-of-work';
import { newId } from '../../kernel/ids/ids';
import { Bookkeeper } from './commands/bookkeeper';
import { Sealer } from './commands/sealer';
import { VerifyLedgerQuery } from './contracts/verify-ledger';
import type { Line } from './domain/journal-draft';
import { LedgerModule } from './ledger.module';
import { TrialBalanceQuery } from './queries/trial-balance';

/** Longer by hand: `LEDGER_MODEL_RUNS=500 npx jest ledger-model`. */
const RUNS = Number(process.env.LEDGER_MODEL_RUNS ?? 12);

const ACCOUNTS = ['1000', '1100', '2100', '4000'];
const CURRENCIES = ['EUR', 'JPY'];

type Step =
  | { do: 'post' | 'pending'; from: number; to: number; currency: number; amount: number }
  /** `of` picks among all journals so far; it may be of the wrong kind, resolved or reversed: then it must be refused. */
  | { do: 'resolve' | 'void' | 'reverse'; of: number; part: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constantFrom('post' as const, 'pending' as const),
    from: fc.nat(3),
    to: fc.nat(3),
    currency: fc.nat(1),
    amount: fc.integer({ min: 1, max: 1_000_000 }),
  }),
  fc.record({
    do: fc.constantFrom('resolve' as const, 'void' as const, 'reverse' as const),
    of: fc.nat(30),
    part: fc.integer({ min: 1, max: 100 }),
  }),
);

/** What must be true of a journal, told by what was asked for alone. */
interface Known {
  id: string;
  kind: 'posted' | 'pending';
  lines: Line[];
  open: boolean;
}

/** The plain model: balances by account and currency. */
class Model {
  readonly balances = new Map<string, number>();
  readonly journals: Known[] = [];

  count(lines: readonly Line[]): void {
    for (const { account, amount } of lines) {
      const name = `${account} ${amount.currency}`;
      this.balances.set(name, (this.balances.get(name) ?? 0) + amount.amount);
    }
  }
}

const scaled = (lines: readonly Line[], part: number): Line[] =>
  lines.map((line) => {
    const size = Math.max(1, Math.floor((Math.abs(line.amount.amount) * part) / 100));
    return { ...line, amount: { ...line.amount, amount: Math.sign(line.amount.amount) * size } };
  });

describe('the ledger against a plain model', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await testApp([LedgerModule], { env: { MAINSTAY_DATABASE_POOL_SIZE: '8' } });
  });
  afterAll(() => app.close());

  const perform = async (tenant: string, model: Model, one: Step, target?: Known): Promise<void> => {
    const about = () => ({
      purpose: 'model',
      description: 'model',
      source: { type: 'model', id: newId() },
      idempotencyKey: newId(),
      effectiveAt: clock.now(),
    });
    const books = app.get(Bookkeeper);
    const run = <T>(work: () => Promise<T>) => asTenant(tenant, () => app.get(UnitOfWork).run(work));
    if (one.do === 'post' || one.do === 'pending') {
      const currency = CURRENCIES[one.currency];
      const lines: Line[] = [
        { account: ACCOUNTS[one.to], amount: { amount: one.amount, currency } },
        { account: ACCOUNTS[one.from], amount: { amount: -one.amount, currency } },
      ];
      const kind = one.do === 'post' ? 'posted' : 'pending';
      const { id } = await run(() => books.post({ ...about(), kind, lines }));
      if (kind === 'posted') model.count(lines);
      model.journals.push({ id, kind, lines, open: true });
      return;
    }
    if (!target) return;
    const allowed = target.open && (one.do === 'reverse') === (target.kind === 'posted');
    const lines = one.do === 'void' ? [] : one.do === 'resolve' ? scaled(target.lines, one.part) : target.lines;
    const done = run(() =>
      one.do === 'reverse'
        ? books.reverse(target.id, about())
        : books.resolve(target.id, one.do === 'void' ? 'void' : 'post', { ...about(), lines }),
    );
    if (!allowed) {
      await expect(done).rejects.toMatchObject({
        code: expect.stringMatching(/^ledger\.(not-pending|not-reversible|already-resolved|already-reversed)$/),
      });
      return;
    }
    target.open = false;
    await done;
    model.count(
      one.do === 'reverse' ? lines.map((l) => ({ ...l, amount: { ...l.amount, amount: -l.amount.amount } })) : lines,
    );
  };

  it('sums to zero, balances are recounts, the chain holds, whatever two halves do at once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 6 }),
        fc.array(step, { maxLength: 6 }),
        fc.array(step, { maxLength: 6 }),
        async (before, left, right) => {
          const tenant = newId();
          const model = new Model();
          const target = (one: Step, among: readonly Known[]): Known | undefined =>
            'of' in one && among.length > 0 ? among[one.of % among.length] : undefined;
          for (const one of before) await perform(tenant, model, one, target(one, model.journals));
          // The halves share accounts but not journals, so that the model knows who is refused; the race for one
          // journal is below.
          const [evens, odds] = [0, 1].map((half) => model.journals.filter((_, i) => i % 2 === half));
          const half = async (steps: readonly Step[], among: Known[]): Promise<void> => {
            for (const one of steps) await perform(tenant, model, one, target(one, among));
          };
          await Promise.all([half(left, evens), half(right, odds)]);
          await app.get(Sealer).sealAll();
          const report = await asTenant(tenant, () => app.get(QueryBus).execute(new VerifyLedgerQuery()));
          expect(report).toMatchObject({ ok: true, fault: null, waiting: 0 });
          const trial = await asTenant(tenant, () => app.get(QueryBus).execute(new TrialBalanceQuery(clock.now())));
          for (const { balance } of trial.total) expect(balance.amount).toBe(0);
          const found = Object.fromEntries(trial.data.map((l) => [`${l.account} ${l.currency}`, l.balance.amount]));
          expect(found).toEqual(Object.fromEntries(model.balances));
        },
      ),
      { numRuns: RUNS },
    );
  });

  it('of ten that resolve or reverse the same journal at once, one does', async () => {
    for (const kind of ['pending', 'post'] as const) {
      const tenant = newId();
      const model = new Model();
      await perform(tenant, model, { do: kind, from: 0, to: 1, currency: 0, amount: 100 });
      const [known] = model.journals;
      const codes = await Promise.all(
        Array.from({ length: 10 }, (_, i) =>
          perform(
            tenant,
            model,
            { do: kind === 'post' ? 'reverse' : i % 2 ? 'void' : 'resolve', of: 0, part: 50 },
            {
              ...known,
              open: true,
            },
          ).then(
            () => 'done',
            (error: { code: string }) => error.code,
          ),
        ),
      );
      const refused = kind === 'post' ? 'ledger.already-reversed' : 'ledger.already-resolved';
      expect(codes.sort()).toEqual(['done', ...Array<string>(9).fill(refused)].sort());
      const report = await asTenant(tenant, () => app.get(QueryBus).execute(new VerifyLedgerQuery()));
      expect(report).toMatchObject({ ok: true });
    }
  });
});
