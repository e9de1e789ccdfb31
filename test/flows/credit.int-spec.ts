import { QueryBus } from '@nestjs/cqrs';
import fc from 'fast-check';
import { MergeCustomersCommand } from '../../src/commerce/customers/commands/merge-customers';
import { EnsureCustomerCommand } from '../../src/commerce/customers/contracts/ensure-customer';
import { NotificationsModule } from '../../src/engagement/notifications/notifications.module';
import { clock } from '../../src/kernel/clock/clock';
import { newId } from '../../src/kernel/ids/ids';
import {
  GrantStoreCreditCommand,
  IssueGiftCardCommand,
  VoidCreditCommand,
  type IssuedGiftCard,
} from '../../src/money/ledger/commands/manage-credit';
import {
  SaveGiftCardRulesCommand,
  SaveStoreCreditRulesCommand,
} from '../../src/money/ledger/commands/manage-credit-rules';
import {
  HoldCreditCommand,
  PlanCreditQuery,
  PresentGiftCardsCommand,
  RedeemCreditCommand,
  RefundCreditCommand,
  ReleaseCreditCommand,
  type GiftCardFacts,
} from '../../src/money/ledger/contracts/credit';
import { VerifyLedgerQuery } from '../../src/money/ledger/contracts/verify-ledger';
import { newCode } from '../../src/money/ledger/domain/gift-card-code';
import { CreditReminders } from '../../src/money/ledger/jobs/credit-reminders';
import { LedgerModule } from '../../src/money/ledger/ledger.module';
import { ListCreditEntriesQuery, type CreditEntryView, type CreditView } from '../../src/money/ledger/queries/credits';
import { TrialBalanceQuery } from '../../src/money/ledger/queries/trial-balance';
import { raceGiftCard } from '../scenarios/credit-races';
import { OrderDesk } from '../support/order-desk';

/** Longer by hand: `CREDIT_RUNS=500 npx jest flows/credit.int`. */
const RUNS = Number(process.env.CREDIT_RUNS ?? 6);

const eur = (amount: number) => ({ amount, currency: 'EUR' });
const HOUR = 3_600;
const DAY = 24 * HOUR;

describe('gift cards and store credit', () => {
  let desk: OrderDesk;
  const refused = (code: string) => expect.objectContaining({ code });
  const act = <T>(command: object): Promise<T> => desk.asStaff(() => desk.commands.execute(command as never));
  const ask = <T>(query: object): Promise<T> => desk.asStaff(() => desk.app.get(QueryBus).execute(query as never));
  const issue = (amount: number, more: object = {}) =>
    act<IssuedGiftCard>(new IssueGiftCardCommand({ amount: eur(amount), origin: 'given', ...more }));
  const present = (...codes: string[]) =>
    desk.run<GiftCardFacts[]>(() => desk.commands.execute(new PresentGiftCardsCommand({ codes })));
  const order = (id = newId()) => ({ type: 'order' as const, id });
  const hold = (reference: ReturnType<typeof order>, ...parts: [string, number][]) =>
    act(new HoldCreditCommand({ reference, parts: parts.map(([creditId, amount]) => ({ creditId, amount })) }));
  const customer = () =>
    act<{ id: string }>(new EnsureCustomerCommand({ email: `${newId()}@example.com`, name: 'Robin' }));
  const balances = () =>
    desk.rows<{ kind: string; balance: number; held: number }>(
      `select kind, sum(balance)::float8 as balance, sum(held)::float8 as held from ledger.credits group by kind order by kind`,
    );
  /** What the books say of an account, credit positive. */
  const account = async (code: string): Promise<number> => {
    await desk.worker.drain();
    const { data } = await ask<{ data: { account: string; balance: { amount: number } }[] }>(
      new TrialBalanceQuery(clock.now()),
    );
    return 0 - (data.find((line) => line.account === code)?.balance.amount ?? 0);
  };
  /** What must be true whatever happened: the liability is what cards and customers are good for. */
  const holdsTrue = async () => {
    const sums = new Map((await balances()).map(({ kind, balance }) => [kind, balance]));
    expect([await account('2300'), await account('2310')]).toEqual([
      sums.get('gift_card') ?? 0,
      sums.get('store_credit') ?? 0,
    ]);
    const wrong = await desk.rows(
      `select c.id from ledger.credits c where c.balance <> (select coalesce(sum(e.amount), 0) from ledger.credit_entries e where e.credit_id = c.id)
         or c.held <> (select coalesce(sum(h.amount), 0) from ledger.credit_holds h where h.credit_id = c.id and h.state = 'held')`,
    );
    expect(wrong).toEqual([]);
    expect(await ask(new VerifyLedgerQuery())).toMatchObject({ ok: true });
  };

  const day = async (days: number): Promise<void> => {
    clock.setOffset(days * DAY);
    await desk.worker.drain();
    await desk.worker.drain();
    await desk.app.get(CreditReminders).look();
  };
  const letters = () =>
    desk.rows<{ to: string; data: { kind: string; amount: { amount: number }; tail?: string } }>(
      `select recipient as to, data from notifications.messages where template = 'credit-ends' order by created_at`,
    );

  beforeAll(async () => {
    desk = await OrderDesk.start({ MAINSTAY_DATABASE_POOL_SIZE: '8' }, [LedgerModule, NotificationsModule]);
  });
  afterAll(() => desk?.app.close());
  beforeEach(() => desk.open());
  afterEach(() => clock.setOffset(0));

  it('are made, shown by their end alone, mailed or told once, and found by their code', async () => {
    const { giftCard, code } = await issue(5_000);
    expect(giftCard).toMatchObject({ state: 'active', tail: code!.slice(-4), balance: eur(5_000), held: eur(0) });
    expect(await present(code!.toLowerCase())).toEqual([
      { id: giftCard.id, tail: giftCard.tail, available: eur(5_000), expiresAt: null },
    ]);
    const mailed = await issue(1_000, { recipient: 'robin@example.com', message: 'For you', origin: 'paid' });
    expect(mailed.code).toBeNull();
    const [letter] = await desk.rows<{ data: { code: string } }>(
      `select data from notifications.messages where template = 'gift-card'`,
    );
    expect((await present(letter.data.code))[0].available).toEqual(eur(1_000));
    const { id: customerId } = await customer();
    await act(new GrantStoreCreditCommand({ customerId, amount: eur(300) }));
    expect(await act(new GrantStoreCreditCommand({ customerId, amount: eur(200), note: 'Late' }))).toMatchObject({
      customerId,
      balance: eur(500),
    });
    await expect(act(new GrantStoreCreditCommand({ customerId: newId(), amount: eur(1) }))).rejects.toThrow(
      refused('ledger.customer-unknown'),
    );
    await holdsTrue();
    expect([await account('5400'), await account('1000')]).toEqual([-5_500, -1_000]);
    expect(await desk.rows(`select id from ledger.credits where code_hash::text like '%' || $1`, [code!])).toEqual([]);
  });

  it('are promised to orders, spent, let go and put back, card by card', async () => {
    const [one, two] = [(await issue(1_000)).giftCard.id, (await issue(500)).giftCard.id];
    const first = order();
    await hold(first, [one, 1_000], [two, 200]);
    await expect(hold(order(), [two, 400])).rejects.toThrow(refused('ledger.credit-spent'));
    await act(new RedeemCreditCommand({ reference: first, amount: 1_100 }));
    await act(new RedeemCreditCommand({ reference: first, amount: 1_100 }));
    expect(await balances()).toEqual([{ kind: 'gift_card', balance: 400, held: 0 }]);
    await act(new ReleaseCreditCommand({ reference: first }));
    await act(new RefundCreditCommand({ reference: first, amount: 150, customerId: null }));
    await expect(act(new RefundCreditCommand({ reference: first, amount: 951, customerId: null }))).rejects.toThrow(
      'More credit',
    );
    const entries = await ask<{ data: CreditEntryView[] }>(
      new ListCreditEntriesQuery(two, 'gift_card', { limit: 20 } as never),
    );
    expect(entries.data.map(({ kind, amount, balanceAfter }) => [kind, amount.amount, balanceAfter.amount])).toEqual([
      ['refunded', 100, 500],
      ['redeemed', -100, 400],
      ['issued', 500, 500],
    ]);
    await holdsTrue();
    // What was put back is a payment that went back: nothing is left of the order but what was kept.
    expect(await account('2100')).toBe(950);
  });

  it('end by the rule of the shop or by hand; what an order has of them stays the order’s, until it lets it go', async () => {
    await act(new SaveGiftCardRulesCommand({ validDays: 30, skus: [] }));
    const { giftCard } = await issue(1_000);
    expect(giftCard.expiresAt).not.toBeNull();
    const lasting = await issue(700);
    const [kept, dropped] = [order(), order()];
    await hold(kept, [giftCard.id, 300]);
    await hold(dropped, [giftCard.id, 200]);
    await act(new VoidCreditCommand({ creditId: lasting.giftCard.id, kind: 'gift_card', note: 'Stolen' }));
    await expect(act(new VoidCreditCommand({ creditId: lasting.giftCard.id, kind: 'gift_card' }))).rejects.toThrow(
      refused('ledger.credit-not-active'),
    );
    await expect(hold(order(), [lasting.giftCard.id, 1])).rejects.toThrow(refused('ledger.credit-spent'));
    clock.setOffset(31 * 24 * HOUR);
    await desk.worker.drain();
    expect(await balances()).toEqual([{ kind: 'gift_card', balance: 500, held: 500 }]);
    await act(new ReleaseCreditCommand({ reference: dropped }));
    await act(new RedeemCreditCommand({ reference: kept, amount: 300 }));
    expect(await balances()).toEqual([{ kind: 'gift_card', balance: 0, held: 0 }]);
    // A card that is no more gets nothing back: the customer has it as store credit.
    const { id: customerId } = await customer();
    await act(new RefundCreditCommand({ reference: kept, amount: 100, customerId }));
    expect(await balances()).toContainEqual({ kind: 'store_credit', balance: 100, held: 0 });
    await holdsTrue();
    expect([await account('4080'), await account('5400')]).toEqual([700, -1_000]);
    await expect(issue(1, { expiresAt: new Date(0) })).rejects.toThrow(refused('ledger.expiry-past'));
  });

  it('of customers end by the rule of the shop, days after they moved last, and are told of before', async () => {
    const left = async () => (await balances()).find(({ kind }) => kind === 'store_credit')?.balance ?? 0;
    const { id: customerId } = await customer();
    const old = await act<CreditView>(new GrantStoreCreditCommand({ customerId, amount: eur(500) }));
    expect(old.expiresAt).toBeNull();
    await act(new SaveStoreCreditRulesCommand({ validDays: 100, remindDays: 30 }));
    // What is there goes on for ever until it moves.
    await day(60);
    const first = await act<CreditView>(new GrantStoreCreditCommand({ customerId, amount: eur(300) }));
    expect(first.id).toBe(old.id);
    expect(Math.round((Date.parse(first.expiresAt!) - clock.nowMs()) / 1000 / HOUR)).toBe(2_400);
    await day(125);
    expect(await letters()).toEqual([]);
    await day(131);
    expect(await letters()).toMatchObject([{ data: { kind: 'store_credit', amount: eur(800) } }]);
    // Spending a part of it moves its end away, also for the timers that wait for the nearer one.
    const [spent, waits] = [order(), order()];
    await hold(spent, [old.id, 200]);
    await act(new RedeemCreditCommand({ reference: spent, amount: 200 }));
    await day(161);
    expect([await left(), (await letters()).length]).toEqual([600, 1]);
    await day(202);
    expect(await letters()).toMatchObject([{}, { data: { amount: eur(600) } }]);
    await hold(waits, [old.id, 100]);
    await day(232);
    expect([await left(), await account('4080')]).toEqual([100, 500]);
    await expect(hold(order(), [old.id, 1])).rejects.toThrow(refused('ledger.credit-spent'));
    await act(new ReleaseCreditCommand({ reference: waits }));
    expect([await left(), await account('4080')]).toEqual([0, 600]);
    // What comes back of it afterwards is new credit with a time of its own.
    await act(new RefundCreditCommand({ reference: spent, amount: 50, customerId }));
    const [again] = await desk.rows<{ id: string; state: string }>(
      `select id, state from ledger.credits where kind = 'store_credit' and balance > 0`,
    );
    expect([again.state, again.id === old.id, await left()]).toEqual(['active', false, 50]);
    // Over, though no worker came by yet: it is neither planned with nor promised.
    clock.setOffset(340 * DAY);
    const plan = new PlanCreditQuery({ giftCardIds: [], customerId, amount: eur(50) });
    expect(await ask(plan)).toEqual([]);
    await expect(hold(order(), [again.id, 1])).rejects.toThrow(refused('ledger.credit-spent'));
    await desk.worker.drain();
    await holdsTrue();
    // A card says it to whom it was mailed; one that is good for a week says nothing at once.
    const ends = (days: number) => ({
      recipient: 'kim@example.com',
      expiresAt: new Date(clock.nowMs() + days * DAY * 1000),
    });
    const [card] = [await issue(100, ends(40)), await issue(100, ends(7))];
    const before = (await letters()).length;
    await day(341);
    expect(await letters()).toHaveLength(before);
    await day(361);
    expect((await letters()).slice(before).map(({ to, data }) => [to, data.kind, data.tail])).toContainEqual([
      'kim@example.com',
      'gift_card',
      card.giftCard.tail,
    ]);
    await holdsTrue();
  });

  it('are looked for from tenant to tenant, however many are due; who has spent it is not', async () => {
    const soon = { recipient: 'kim@example.com', expiresAt: new Date(clock.nowMs() + 10 * DAY * 1000) };
    const shops: string[] = [];
    for (const amount of [100, 200, 300]) {
      desk.open();
      const { giftCard } = await issue(amount, soon);
      if (amount === 200) await hold(order(), [giftCard.id, amount]);
      else shops.push(desk.tenant);
    }
    const next = async (after: string): Promise<string | undefined> =>
      (await desk.rows<{ id: string }>('select tenant_id as id from ledger.tenants_to_remind(30, 1, $1)', [after]))[0]
        ?.id;
    expect(await next(shops[0])).toBe(shops[1]);
    expect(await next(shops[1])).toBeUndefined();
  });

  it('are told of although no notice was wanted at first, or all of it was promised when the time came', async () => {
    const rules = (remindDays: number | null) =>
      act(new SaveGiftCardRulesCommand({ validDays: 100, remindDays, skus: [] }));
    await rules(null);
    await issue(100, { recipient: 'kim@example.com' });
    const { giftCard } = await issue(100, { recipient: 'robin@example.com' });
    const waits = order();
    await hold(waits, [giftCard.id, 100]);
    await day(75);
    expect(await letters()).toEqual([]);
    await rules(30);
    await day(76);
    expect(await letters()).toMatchObject([{ to: 'kim@example.com' }]);
    await act(new ReleaseCreditCommand({ reference: waits }));
    await day(77);
    await day(78);
    expect(await letters()).toMatchObject([{}, { to: 'robin@example.com' }]);
  });

  it('of customers are one a currency, given at once or by a merge, which keeps balance, promises and the later end', async () => {
    const grant = (customerId: string, amount: number) =>
      act<CreditView>(new GrantStoreCreditCommand({ customerId, amount: eur(amount) }));
    const credits = () =>
      desk.rows<{ id: string; state: string; balance: number; held: number }>(
        `select id, state, balance::float8 as balance, held::float8 as held from ledger.credits order by state`,
      );
    await act(new SaveStoreCreditRulesCommand({ validDays: 100, remindDays: null }));
    const [kept, gone] = [(await customer()).id, (await customer()).id];
    const [{ id }] = await Promise.all([300, 200, 100].map((amount) => grant(kept, amount)));
    expect(await credits()).toEqual([{ id, state: 'active', balance: 600, held: 0 }]);
    await day(50);
    const { id: other } = await grant(gone, 400);
    const [spent, waits] = [order(), order()];
    await hold(spent, [other, 50]);
    await act(new RedeemCreditCommand({ reference: spent, amount: 50 }));
    await hold(waits, [other, 150]);
    await act(new MergeCustomersCommand(kept, gone));
    await day(51);
    expect(await credits()).toEqual([
      { id, state: 'active', balance: 950, held: 150 },
      { id: other, state: 'merged', balance: 0, held: 0 },
    ]);
    await holdsTrue();
    // The end of what the other had is later.
    await day(149);
    await act(new RedeemCreditCommand({ reference: waits, amount: 100 }));
    await act(new RefundCreditCommand({ reference: spent, amount: 50, customerId: kept }));
    expect((await credits())[0]).toEqual({ id, state: 'active', balance: 900, held: 0 });
    await holdsTrue();
  });

  it('are not guessed: a slip is told, and twenty codes that are none are enough for an hour', async () => {
    const { code } = await issue(100);
    await expect(present('7Q2M-0000')).rejects.toThrow(refused('ledger.gift-card-unknown'));
    for (let i = 0; i < 20; i++) await expect(present(newCode())).rejects.toThrow(refused('ledger.gift-card-unknown'));
    await expect(present(code!)).rejects.toThrow(refused('ledger.too-many-codes'));
    const ours = desk.ip;
    desk.ip = '192.0.2.77';
    expect(await present(code!)).toHaveLength(1);
    desk.ip = ours;
    clock.setOffset(HOUR + 1);
    expect(await present(code!)).toHaveLength(1);
    const shop = desk.tenant;
    desk.open();
    await expect(present(code!)).rejects.toThrow(refused('ledger.gift-card-unknown'));
    desk.tenant = shop;
  });

  it('fifty that want a tenth of a card at once get it ten times, to the cent', async () => {
    expect(await raceGiftCard(desk, 50)).toEqual({ won: 10, refused: 40, other: [], balance: 0, held: 0 });
    await holdsTrue();
  });

  it('whatever happens to them, at once or one by one, the liability is what they are good for', async () => {
    const step = fc.record({
      do: fc.constantFrom('issue', 'hold', 'redeem', 'release', 'refund', 'void', 'grant'),
      of: fc.nat(3),
      amount: fc.integer({ min: 1, max: 400 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(step, step), { minLength: 4, maxLength: 12 }), async (pairs) => {
        desk.open();
        const cards = [(await issue(500)).giftCard.id, (await issue(800)).giftCard.id];
        const { id: customerId } = await customer();
        const orders = [order(), order(), order(), order()];
        const perform = ({ do: what, of, amount }: (typeof pairs)[number][number]): Promise<unknown> => {
          const reference = orders[of];
          const creditId = cards[of % cards.length];
          switch (what) {
            case 'issue':
              return issue(amount).then(({ giftCard }) => cards.push(giftCard.id));
            case 'hold':
              return hold(reference, [creditId, amount]);
            case 'redeem':
              return act(new RedeemCreditCommand({ reference, amount }));
            case 'release':
              return act(new ReleaseCreditCommand({ reference }));
            case 'refund':
              return act(new RefundCreditCommand({ reference, amount, customerId }));
            case 'void':
              return act(new VoidCreditCommand({ creditId, kind: 'gift_card' }));
            default:
              return act<CreditView>(new GrantStoreCreditCommand({ customerId, amount: eur(amount) }));
          }
        };
        for (const pair of pairs) await Promise.allSettled(pair.map(perform));
        await holdsTrue();
      }),
      { numRuns: RUNS },
    );
  });
});
