import { QueryBus } from '@nestjs/cqrs';
import { IdentityModule } from '../../src/access/identity/identity.module';
import {
  AddRuleCommand,
  WriteAccountCommand,
  WritePersonCommand,
} from '../../src/access/organizations/commands/corporate-accounts';
import { DecideApprovalCommand } from '../../src/access/organizations/commands/corporate-approvals';
import { CreateOrganizationCommand } from '../../src/access/organizations/contracts/create-organization';
import { AddMemberCommand } from '../../src/access/organizations/contracts/add-member';
import { ReceiveStockCommand } from '../../src/commerce/inventory/commands/receive-stock';
import { CancelOrderCommand } from '../../src/commerce/orders/commands/cancel-order';
import { CancelOrderLinesCommand } from '../../src/commerce/orders/commands/cancel-order-lines';
import { EditOrderCommand } from '../../src/commerce/orders/commands/edit-order';
import {
  InspectReturnCommand,
  ReceiveReturnCommand,
  RefundReturnCommand,
} from '../../src/commerce/orders/commands/manage-return';
import { RequestReturnCommand } from '../../src/commerce/orders/commands/request-return';
import { ShipOrderCommand } from '../../src/commerce/orders/commands/ship-order';
import type { ReturnView } from '../../src/commerce/orders/domain/return-view';
import { NotificationsModule } from '../../src/engagement/notifications/notifications.module';
import { GUEST, type Principal } from '../../src/kernel/auth/principal';
import { policyOf } from '../../src/kernel/auth/policy';
import { clock } from '../../src/kernel/clock/clock';
import { newId } from '../../src/kernel/ids/ids';
import {
  GrantStoreCreditCommand,
  IssueGiftCardCommand,
  VoidCreditCommand,
  type IssuedGiftCard,
} from '../../src/money/ledger/commands/manage-credit';
import { SaveGiftCardRulesCommand } from '../../src/money/ledger/commands/manage-credit-rules';
import { newCode } from '../../src/money/ledger/domain/gift-card-code';
import { LedgerModule } from '../../src/money/ledger/ledger.module';
import { OwnStoreCreditQuery, type CreditView } from '../../src/money/ledger/queries/credits';
import { TrialBalanceQuery } from '../../src/money/ledger/queries/trial-balance';
import { CreateRefundCommand } from '../../src/money/payments/commands/create-refund';
import { RefundChargeCommand } from '../../src/money/payments/commands/refund-charge';
import { OrderDesk, STAFF } from '../support/order-desk';

const eur = (amount: number) => ({ amount, currency: 'EUR' });

describe('orders that gift cards and store credit pay', () => {
  let desk: OrderDesk;
  const refused = (code: string) => expect.objectContaining({ code });
  const act = <T>(command: object): Promise<T> => desk.asStaff(() => desk.commands.execute(command as never));
  const card = async (amount: number) => {
    const issue = new IssueGiftCardCommand({ amount: eur(amount), origin: 'paid' });
    const { giftCard, code } = await act<IssuedGiftCard>(issue);
    return { id: giftCard.id, code: code! };
  };
  const left = async (id: string) =>
    (
      await desk.rows<{ balance: number; held: number }>(
        `select balance::float8 as balance, held::float8 as held from ledger.credits where id = $1`,
        [id],
      )
    )[0];
  /** An order of `quantity` A at 10.00. */
  const checkout = async (quantity: number, more: object, token = 'success', principal?: Principal) =>
    desk.checkout(await desk.cart(['A', quantity]), token, more, principal);
  const settle = async (): Promise<void> => {
    await desk.worker.drain();
    const open = await desk.rows<{ id: string }>(`select id from payments.refunds where state = 'requested'`);
    for (const { id } of open) await act(new RefundChargeCommand(id));
    await desk.worker.drain();
  };
  const gateway = async () =>
    (
      await desk.rows<{ captured: number; refunded: number; withheld: number }>(
        `select coalesce(sum(captured), 0)::float8 as captured, coalesce(sum(refunded), 0)::float8 as refunded,
           coalesce(sum(withheld), 0)::float8 as withheld from payments.attempts`,
      )
    )[0];
  /** Balances of the books that are not zero, debit positive: they say what cards and the gateway say. */
  const books = async () => {
    await desk.worker.drain();
    const { data } = await desk.asStaff<{ data: { account: string; balance: { amount: number } }[] }>(() =>
      desk.app.get(QueryBus).execute(new TrialBalanceQuery(clock.now())),
    );
    const figures = Object.fromEntries(data.map(({ account, balance }) => [account, balance.amount]));
    const [sums] = await desk.rows<{ cards: number; credit: number }>(
      `select coalesce(sum(balance) filter (where kind = 'gift_card'), 0)::float8 as cards,
         coalesce(sum(balance) filter (where kind = 'store_credit'), 0)::float8 as credit from ledger.credits`,
    );
    expect([0 - (figures['2300'] ?? 0), 0 - (figures['2310'] ?? 0)]).toEqual([sums.cards, sums.credit]);
    const { captured, refunded } = await gateway();
    expect(figures['1100'] ?? 0).toBe(captured - refunded);
    return figures;
  };
  const shopper = (): Principal => ({
    ...GUEST,
    kind: 'user',
    userId: newId(),
    tenantId: desk.tenant,
    roles: ['customer'],
    policy: policyOf('orders:read-own', 'credit:read-own'),
    email: 'sasha@example.com',
  });

  beforeAll(async () => {
    desk = await OrderDesk.start({}, [LedgerModule, NotificationsModule, IdentityModule]);
  });
  afterAll(() => desk?.app.close());
  beforeEach(async () => {
    desk.open();
    await desk.product('A', 1000, 20);
  });
  afterEach(() => clock.setOffset(0));

  it('are charged what the cards leave, and give back to the cards first', async () => {
    const [one, two] = [await card(700), await card(500)];
    const { order, payment } = await checkout(3, {
      giftCards: [one.code, two.code.toLowerCase()],
      expectedDue: eur(1_800),
    });
    expect(payment).toMatchObject({ status: 'succeeded', amount: eur(1_800) });
    expect(order).toMatchObject({ status: 'paid', total: eur(3_000), creditTotal: eur(1_200) });
    expect([await left(one.id), await left(two.id)]).toEqual([
      { balance: 0, held: 0 },
      { balance: 0, held: 0 },
    ]);
    expect(await books()).toMatchObject({ 1100: 1_800, 2100: -3_000, 1000: 1_200 });
    await act(new CancelOrderLinesCommand({ orderId: order.id, lines: [{ lineId: order.lines[0].id, quantity: 1 }] }));
    expect([(await left(one.id)).balance, (await left(two.id)).balance]).toEqual([500, 500]);
    await act(new CancelOrderCommand({ orderId: order.id, reason: 'staff' }));
    await settle();
    expect([(await left(one.id)).balance, (await left(two.id)).balance]).toEqual([700, 500]);
    expect(await gateway()).toMatchObject({ captured: 1_800, refunded: 1_800 });
    expect(await desk.find(order.id)).toMatchObject({ paymentStatus: 'refunded', refundedTotal: eur(3_000) });
    expect(await books()).toMatchObject({ 2100: 0 });
  });

  it('are paid at once where the cards cover them, and are taken back whole', async () => {
    const { id, code } = await card(5_000);
    const { order, payment } = await checkout(2, { giftCards: [code] });
    expect([order.status, payment, (await left(id)).balance]).toEqual(['paid', null, 3_000]);
    await act(new CancelOrderCommand({ orderId: order.id, reason: 'staff' }));
    expect((await desk.find(order.id)).paymentStatus).toBe('refunded');
    expect(await left(id)).toEqual({ balance: 5_000, held: 0 });
    expect(await books()).toMatchObject({ 2100: 0 });
  });

  it('have the credit promised while they wait, and let it go when they are given up', async () => {
    const { id, code } = await card(500);
    const { order } = await checkout(1, { giftCards: [code] }, 'declined');
    expect([order.status, await left(id)]).toEqual(['pending_payment', { balance: 500, held: 500 }]);
    const edit = new EditOrderCommand({ orderId: order.id, add: [{ sku: 'A', quantity: 1 }] });
    await expect(act(edit)).rejects.toThrow(refused('orders.credit-held'));
    await expect(checkout(1, { giftCards: [code] })).rejects.toThrow(refused('ledger.gift-card-unusable'));
    expect((await desk.pay(order.id)).payment!.amount).toEqual(eur(500));
    expect(await left(id)).toEqual({ balance: 0, held: 0 });
    const other = await card(300);
    const waiting = (await checkout(1, { giftCards: [other.code] }, 'declined')).order;
    clock.setOffset(3_600);
    await desk.worker.drain();
    expect([(await desk.find(waiting.id)).status, await left(other.id)]).toEqual([
      'cancelled',
      { balance: 300, held: 0 },
    ]);
    await books();
  });

  it('that wait for an approval keep the credit promised: it pays what is approved, and is let go by a refusal', async () => {
    const [buyer, manager] = [shopper(), { ...shopper(), userId: newId(), email: 'mara@example.com' }];
    await act(new CreateOrganizationCommand({ id: desk.tenant, name: 'Shop', ownerUserId: newId() }));
    const { id: account } = await act<{ id: string }>(
      new WriteAccountCommand(null, { name: 'Company', currency: 'EUR' }),
    );
    for (const [userId, role] of [
      [buyer.userId!, 'buyer'],
      [manager.userId!, 'manager'],
    ] as const) {
      await act(new AddMemberCommand({ tenantId: desk.tenant, userId, role: 'customer' }));
      await act(new WritePersonCommand({ accountId: account, userId }, { roles: [role] }));
    }
    const steps = [{ role: 'manager' as const, needed: 1 }];
    await act(new AddRuleCommand(account, { name: 'All', subject: 'order', above: 100, steps }));
    const decide = async (decision: 'approved' | 'rejected') => {
      await desk.worker.drain();
      const [{ id }] = await desk.rows<{ id: string }>(
        `select id from organizations.approvals where state = 'pending'`,
      );
      await desk.run(() => desk.commands.execute(new DecideApprovalCommand(id, decision, null)), manager);
    };
    const order = async (quantity: number, code: string) =>
      (await checkout(quantity, { giftCards: [code] }, 'success', buyer)).order;
    const whole = await card(1_500);
    const covered = await order(1, whole.code);
    expect([covered.status, await left(whole.id)]).toEqual(['awaiting_approval', { balance: 1_500, held: 1_000 }]);
    await decide('approved');
    expect([(await desk.find(covered.id)).status, await left(whole.id)]).toEqual(['paid', { balance: 500, held: 0 }]);
    // The rest of the card pays a part: the shopper is charged what is left, once it is approved.
    const part = await order(2, whole.code);
    await expect(desk.pay(part.id)).rejects.toThrow(refused('orders.not-payable'));
    await decide('approved');
    expect([(await desk.find(part.id)).status, await left(whole.id)]).toEqual([
      'pending_payment',
      { balance: 500, held: 500 },
    ]);
    expect((await desk.pay(part.id)).payment!.amount).toEqual(eur(1_500));
    expect(await left(whole.id)).toEqual({ balance: 0, held: 0 });
    const other = await card(700);
    const not = await order(1, other.code);
    await decide('rejected');
    expect([(await desk.find(not.id)).status, await left(other.id)]).toEqual(['cancelled', { balance: 700, held: 0 }]);
    expect(await books()).toMatchObject({ 1100: 1_500, 2100: -3_000 });
    // The batch expires while people decide: credit alone pays, there is nothing to give back, and the order ends.
    await desk.product('FRESH', 700, 0);
    const day = new Date(clock.nowMs() + 86_400_000).toISOString();
    await act(
      new ReceiveStockCommand({ lines: [{ sku: 'FRESH', quantity: 1, lot: { number: 'B1', expiresAt: day } }] }),
    );
    const fresh = await desk.checkout(await desk.cart(['FRESH', 1]), 'success', { giftCards: [other.code] }, buyer);
    expect([fresh.order.status, await left(other.id)]).toEqual(['awaiting_approval', { balance: 700, held: 700 }]);
    clock.setOffset(30 * 3_600);
    await decide('approved');
    expect([(await desk.find(fresh.order.id)).status, await left(other.id)]).toEqual([
      'cancelled',
      { balance: 700, held: 0 },
    ]);
    expect(await books()).toMatchObject({ 1100: 1_500, 2100: -3_000 });
  });

  it('are refused with what is no card, is spent, or leaves another amount than was shown', async () => {
    const { id, code } = await card(500);
    await expect(checkout(1, { giftCards: [newCode()] })).rejects.toThrow(refused('ledger.gift-card-unknown'));
    await expect(checkout(1, { giftCards: [code], expectedDue: eur(400) })).rejects.toThrow(
      refused('orders.due-changed'),
    );
    await expect(checkout(1, { storeCredit: true })).rejects.toThrow(refused('orders.login-needed'));
    const tries = await Promise.allSettled(Array.from({ length: 6 }, () => checkout(1, { giftCards: [code] })));
    const won = tries.filter(({ status }) => status === 'fulfilled');
    const codes = tries.flatMap((each) => (each.status === 'rejected' ? [(each.reason as { code: string }).code] : []));
    expect(won).toHaveLength(1);
    expect(codes.filter((each) => !['ledger.credit-spent', 'ledger.gift-card-unusable'].includes(each))).toEqual([]);
    expect(await gateway()).toMatchObject({ captured: 500 });
    expect(await left(id)).toEqual({ balance: 0, held: 0 });
    await act(new VoidCreditCommand({ creditId: id, kind: 'gift_card' }));
    await expect(checkout(1, { giftCards: [code] })).rejects.toThrow(refused('ledger.gift-card-unusable'));
    expect((await desk.stock('A')).reserved).toBe(1);
  });

  it('give returned goods back as store credit, which pays the next order and is not given twice', async () => {
    const me = shopper();
    const { id, code } = await card(500);
    const { order } = await checkout(2, { giftCards: [code] }, 'success', me);
    await act(new ShipOrderCommand({ orderId: order.id }));
    const lineId = order.lines[0].id;
    const lines = [{ lineId, quantity: 2, reason: 'Too small' }];
    const request = new RequestReturnCommand({ orderId: order.id, viewer: STAFF, lines });
    const { id: returnId } = await act<ReturnView>(request);
    await act(new ReceiveReturnCommand({ returnId }));
    await act(new InspectReturnCommand({ returnId, lines: [{ lineId, restock: true }] }));
    const back = await act<ReturnView>(new RefundReturnCommand({ returnId, to: 'store_credit' }));
    expect(back).toMatchObject({ status: 'refunded', settled: eur(2_000) });
    expect((await left(id)).balance).toBe(500);
    expect(await gateway()).toEqual({ captured: 1_500, refunded: 0, withheld: 1_500 });
    const [{ id: paymentId }] = await desk.rows<{ id: string }>('select id from payments.intents');
    await expect(act(new CreateRefundCommand({ paymentId, amount: 1 }))).rejects.toThrow(
      refused('payments.refund-exceeds-charge'),
    );
    const mine = () => desk.run<CreditView[]>(() => desk.app.get(QueryBus).execute(new OwnStoreCreditQuery()), me);
    expect(await mine()).toMatchObject([{ balance: eur(1_500) }]);
    expect(await desk.find(order.id)).toMatchObject({ paymentStatus: 'refunded', refundedTotal: eur(2_000) });
    expect(await books()).toMatchObject({ 2310: -1_500, 4000: -2_000, 4095: 2_000, 2100: 0 });
    const next = await checkout(2, { storeCredit: true }, 'success', me);
    expect(next).toMatchObject({ payment: { amount: eur(500) }, order: { creditTotal: eur(1_500) } });
    expect(await mine()).toMatchObject([{ balance: eur(0) }]);
    // Staff give more of it, and take back what was not spent.
    const credit = await act<CreditView>(
      new GrantStoreCreditCommand({ customerId: order.customerId!, amount: eur(250) }),
    );
    await act(new VoidCreditCommand({ creditId: credit.id, kind: 'store_credit' }));
    await books();
  });

  it('sell gift cards: one a piece, mailed, owed and no revenue; what is given up is withdrawn', async () => {
    await act(new SaveGiftCardRulesCommand({ validDays: null, skus: ['GIFT-25'] }));
    await desk.product('GIFT-25', 2_500, 100);
    const cart = await desk.cart(['GIFT-25', 3], ['A', 1]);
    const { order } = await desk.checkout(cart);
    expect(await books()).toMatchObject({ 2300: -7_500, 2100: -1_000, 1100: 8_500 });
    const letters = await desk.rows<{ data: { code: string } }>(
      `select data from notifications.messages where template = 'gift-card' order by id`,
    );
    expect(new Set(letters.map(({ data }) => data.code)).size).toBe(3);
    const spent = await checkout(1, { giftCards: [letters[0].data.code] });
    expect(spent.payment).toBeNull();
    const lineId = order.lines.find(({ sku }) => sku === 'GIFT-25')!.id;
    await act(new CancelOrderLinesCommand({ orderId: order.id, lines: [{ lineId, quantity: 1 }] }));
    await settle();
    expect(await books()).toMatchObject({ 2300: -4_000, 2100: -2_000, 1100: 6_000 });
    await act(new ShipOrderCommand({ orderId: order.id }));
    await act(new ShipOrderCommand({ orderId: spent.order.id }));
    expect(await books()).toMatchObject({ 2300: -4_000, 2100: 0, 4000: -2_000 });
    // An order that is cancelled before its cards were made makes none.
    const next = (await desk.checkout(await desk.cart(['GIFT-25', 1]))).order;
    await act(new CancelOrderCommand({ orderId: next.id, reason: 'staff' }));
    await settle();
    expect(await books()).toMatchObject({ 2300: -4_000, 2100: 0, 1100: 6_000 });
  });
});
