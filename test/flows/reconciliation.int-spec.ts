import { Client } from 'pg';
import { clock } from '../../src/kernel/clock/clock';
import { CreateRefundCommand } from '../../src/money/payments/commands/create-refund';
import { ReconcileCommand, ResolveReconciliationRowCommand } from '../../src/money/payments/commands/reconcile';
import { RefundChargeCommand } from '../../src/money/payments/commands/refund-charge';
import { RunReconciliationCommand } from '../../src/money/payments/contracts/run-reconciliation';
import { FindPayoutQuery, type PayoutDetails } from '../../src/money/payments/queries/payout';
import {
  FindReconciliationQuery,
  ListPayoutsQuery,
  ListReconciliationRowsQuery,
  type ReconciliationRowView,
  type ReconciliationView,
} from '../../src/money/payments/queries/reconciliations';
import type { StripeDouble } from '../doubles/stripe-double';
import type { OrderDesk } from '../support/order-desk';
import { SettlementDesk } from '../support/settlement-desk';

const DAY = 86_400;

describe('what providers report', () => {
  let owner: Client;
  let settlements: SettlementDesk;
  let desk: OrderDesk;
  const refused = (code: string) => expect.objectContaining({ code });

  beforeAll(async () => {
    settlements = await SettlementDesk.start();
    ({ desk } = settlements);
    owner = new Client({ connectionString: desk.app.database.superuserUrl });
    await owner.connect();
  }, 60_000);
  afterAll(async () => {
    await owner?.end();
    await settlements?.stop();
  });
  beforeEach(() => settlements.open());
  afterEach(() => clock.setOffset(0));

  const refund = async (paymentId: string, amount: number): Promise<void> => {
    const { id } = await settlements.act<{ id: string }>(new CreateRefundCommand({ paymentId, amount }));
    await settlements.act(new RefundChargeCommand(id));
  };
  const period = () => ({
    from: new Date(clock.nowMs() - 3_600_000).toISOString(),
    to: clock.now().toISOString(),
  });
  /** Asks for the report of the last hour, and compares it. */
  const reconcile = async (gatewayId: string, of = period()): Promise<ReconciliationView> => {
    const { id } = await settlements.act<ReconciliationView>(new ReconcileCommand({ gatewayId, ...of }));
    await settlements.act(new RunReconciliationCommand(id));
    await desk.worker.drain();
    return settlements.ask(new FindReconciliationQuery(id));
  };
  const rowsOf = async (id: string) => {
    const query = new ListReconciliationRowsQuery(id, { limit: 50 } as never);
    return (await settlements.ask<{ data: ReconciliationRowView[] }>(query)).data;
  };

  /** A shop of its own at a Stripe of its own, with four lamps sold. */
  const atStripe = (work: (own: StripeDouble, gatewayId: string, paymentId: string) => Promise<void>) =>
    settlements.alone(async ({ stripe }) => {
      const { paymentId } = await settlements.bought('card', 'pm_card_visa');
      for (let i = 0; i < 3; i++) await settlements.again('card', 'pm_card_visa');
      await refund(paymentId, 900);
      await work(stripe, settlements.gateways.stripe, paymentId);
    });

  it('and all else that a provider reports is in the books, once: the ledger’s sum is the provider’s', () =>
    atStripe(async (own, gatewayId) => {
      const [, second] = own.books.payments.values();
      const { id: dispute } = own.books.dispute(second.id);
      own.books.closeDispute(dispute, 'lost');
      await settlements.tell(own.events.filter(({ data }) => data.object.id === dispute));
      const payout = own.books.payOut('eur');
      const of = period();
      const done = await reconcile(gatewayId, of);
      const none = { missingHere: 0, missingThere: 0, amountDiffers: 0, open: 0 };
      expect(done).toMatchObject({ status: 'done', runs: 1, matched: 6, ...none });
      const lines = own.books.balance({}) as { amount: number; fee: number }[];
      const books = await settlements.balances();
      expect(books['1100']).toBe(lines.reduce((sum, { amount, fee }) => sum + amount - fee, 0));
      expect(books['1000']).toBe(payout.amount);
      expect(await settlements.ask(new ListPayoutsQuery({ limit: 5 } as never))).toMatchObject({
        data: [{ providerPayoutId: payout.id, amount: { amount: payout.amount } }],
      });
      const [{ id: payoutId }] = (
        await settlements.ask<{ data: { id: string }[] }>(new ListPayoutsQuery({ limit: 5 } as never))
      ).data;
      const { status, lines: made } = await settlements.ask<PayoutDetails>(new FindPayoutQuery(payoutId));
      expect([status, made!.reduce((sum, { amount, fee }) => sum + amount.amount - fee.amount, 0)]).toEqual([
        'paid',
        payout.amount,
      ]);
      await expect(settlements.ask(new FindPayoutQuery(gatewayId))).rejects.toThrow(
        refused('payments.payout-not-found'),
      );
      expect(await reconcile(gatewayId, of)).toMatchObject({ id: done.id, runs: 2, matched: 6, ...none });
      expect(await settlements.balances()).toEqual(books);
    }));

  it('and what the two sides say differently is told, one by one, and can be resolved', () =>
    atStripe(async (own, gatewayId, paymentId) => {
      const before = await settlements.balances();
      const [first, second, third] = [...own.books.payments.values()];
      own.books.create({ amount: 777, currency: 'eur', payment_method: 'pm_card_visa', confirm: true });
      own.books.payments.delete(second.id);
      const chargeOf = (one: typeof first) =>
        one.latest_charge as { amount_captured: number; balance_transaction: { fee: number } };
      chargeOf(third).amount_captured += 1;
      chargeOf(first).balance_transaction.fee += 10;
      const of = period();
      const { id, ...sums } = await reconcile(gatewayId, of);
      expect(sums).toMatchObject({ matched: 3, missingHere: 1, missingThere: 1, amountDiffers: 1, open: 3 });
      const rows = await rowsOf(id);
      const row = (status: string) => rows.find((one) => one.status === status)!;
      expect(row('missing_here')).toMatchObject({ paymentId: null, expected: null, reported: { amount: 777 } });
      expect(row('missing_there')).toMatchObject({ kind: 'charge', expected: { amount: 4900 }, reported: null });
      expect(row('amount_differs')).toMatchObject({ expected: { amount: 4900 }, reported: { amount: 4901 } });
      // The fee was another than the one that was told with the charge.
      expect((await settlements.balances())['5200']).toBe(before['5200'] + 10);
      await settlements.act(new ResolveReconciliationRowCommand(id, row('missing_here').id, 'The till.'));
      const matched = rows.find((one) => one.status === 'matched' && one.paymentId === paymentId)!;
      await expect(settlements.act(new ResolveReconciliationRowCommand(id, matched.id, 'x'))).rejects.toThrow(
        refused('payments.reconciliation-row-not-found'),
      );
      expect(await reconcile(gatewayId, of)).toMatchObject({ runs: 2, missingHere: 1, open: 2 });
      expect((await rowsOf(id)).find(({ note }) => note === 'The till.')).toMatchObject({ status: 'missing_here' });
      expect((await settlements.balances())['5200']).toBe(before['5200'] + 10);
      const late = { ...of, to: new Date(clock.nowMs() + 60_000).toISOString() };
      await expect(reconcile(gatewayId, late)).rejects.toThrow(refused('payments.period-invalid'));
      // From the first time on, each morning compares the day before.
      clock.setOffset(2 * DAY);
      await desk.worker.drain();
      expect(await desk.rows('select 1 from payments.reconciliations where gateway_id = $1', [gatewayId])).toHaveLength(
        2,
      );
    }));

  it('is compared with PayPal’s transactions alike: whatever happens there, the ledger’s sum is PayPal’s', () =>
    settlements.alone(async ({ paypal }) => {
      const bought = async (first = false) => {
        const { paymentId } = await (first ? settlements.bought('paypal', 'new') : settlements.again('paypal', 'new'));
        return { paymentId, orderId: await settlements.approved(paymentId) };
      };
      const [part, whole, lost, won] = [await bought(true), await bought(), await bought(), await bought()];
      await refund(part.paymentId, 900);
      await refund(whole.paymentId, 4_900);
      // Given back at PayPal's own console, of which its webhook tells.
      const [capture] = paypal.find(part.orderId).purchase_units[0].payments.captures;
      paypal.refund(capture.id, { amount: { currency_code: 'EUR', value: '1.00' } });
      for (const [{ orderId }, outcome] of [
        [lost, 'RESOLVED_BUYER_FAVOUR'],
        [won, 'RESOLVED_SELLER_FAVOUR'],
      ] as const)
        paypal.resolve(paypal.dispute(orderId).dispute_id, outcome);
      // All that was told, the last first, each twice.
      await settlements.tell([...paypal.events, ...paypal.events].reverse(), 'paypal');
      const done = await reconcile(settlements.gateways.paypal);
      // 4 charges, 3 refunds, 2 chargebacks with their fees, one of which came back.
      expect(done).toMatchObject({ matched: 12, missingHere: 0, missingThere: 0, amountDiffers: 0, open: 0 });
      const books = await settlements.balances();
      expect(books['1100']).toBe(paypal.balance());
      const shown = await desk.rows<{ theirs: string; captured: number; refunded: number; status: string }>(
        `select a.provider_payment_id as theirs, a.captured::int, a.refunded::int, i.status
         from payments.attempts a join payments.intents i on i.tenant_id = a.tenant_id and i.id = a.intent_id`,
      );
      for (const { theirs, captured, refunded, status } of shown)
        expect([theirs, captured, refunded, status]).toEqual([theirs, ...paypal.stateOf(theirs)]);
      expect(shown).toHaveLength(4);
      await reconcile(settlements.gateways.paypal);
      expect(await settlements.balances()).toEqual(books);
    }));

  it('knows a refund that came back, or failed, by both of its lines, and asks for the half that is missing', () =>
    atStripe(async (own, gatewayId, paymentId) => {
      const before = await settlements.balances();
      const [{ id: theirs }] = own.books.refunds.values();
      own.books.failRefund(theirs);
      await settlements.tell(own.events.filter(({ data }) => data.object.id === theirs));
      const of = period();
      const even = { missingHere: 0, missingThere: 0, amountDiffers: 0, open: 0 };
      const { id } = await reconcile(gatewayId, of);
      expect(await reconcile(gatewayId, of)).toMatchObject({ matched: 6, ...even });
      const refunds = (await rowsOf(id)).filter(({ kind }) => kind === 'refund');
      expect(refunds.map(({ expected, reported }) => [expected!.amount, reported!.amount]).sort()).toEqual([
        [-900, -900],
        [900, 900],
      ]);
      const books = await settlements.balances();
      expect(books['1100']).toBe(before['1100'] + 900);
      const lines = own.books.balance({}) as { amount: number; fee: number }[];
      expect(books['1100']).toBe(lines.reduce((sum, { amount, fee }) => sum + amount - fee, 0));
      // One half of it is not in the report.
      const drop = (sign: '<' | '>') =>
        owner.query(
          `update payments.settlement_entries set object_id = 're_other' where tenant_id = $1 and type = 'refund' and amount ${sign} 0`,
          [desk.tenant],
        );
      await drop('>');
      expect(await reconcile(gatewayId, of)).toMatchObject({ missingThere: 1, missingHere: 1 });
      expect((await rowsOf(id)).find(({ status }) => status === 'missing_there')).toMatchObject({
        kind: 'refund',
        paymentId,
        expected: { amount: 900 },
      });
      // That another account has a line of the same id says nothing of this one.
      await owner.query(
        `insert into payments.settlement_entries (tenant_id, id, gateway_id, provider_entry_id, type, object_id, amount, fee, currency, at)
         select tenant_id, gen_random_uuid(), $2, 'theirs', type, $3, amount, fee, currency, at from payments.settlement_entries
         where tenant_id = $1 and object_id = 're_other'`,
        [desk.tenant, settlements.gateways.paypal, theirs],
      );
      expect(await reconcile(gatewayId, of)).toMatchObject({ missingThere: 1, missingHere: 1 });
      // Both are missing: nothing moved on either side.
      await drop('<');
      expect(await reconcile(gatewayId, of)).toMatchObject({ missingThere: 0 });
      // It never arrived here either: both lines of a refund that failed are known by it.
      await owner.query(`update payments.settlement_entries set object_id = $1 where object_id = 're_other'`, [theirs]);
      await owner.query(`update payments.refunds set reversed_at = null where provider_refund_id = $1`, [theirs]);
      expect(await reconcile(gatewayId, of)).toMatchObject({ matched: 6, ...even });
    }));

  it('is compared with the sandbox’s lines alike', async () => {
    await settlements.bought('sandbox', 'success');
    const [sandbox] = await desk.rows<{ id: string }>(`select id from payments.gateways where provider = 'sandbox'`);
    expect(await reconcile(sandbox.id)).toMatchObject({ matched: 1, open: 0 });
  });
});
