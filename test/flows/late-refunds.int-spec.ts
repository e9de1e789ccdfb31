import { QueryBus } from '@nestjs/cqrs';
import { CreateUserCommand } from '../../src/access/identity/contracts/create-user';
import { CreateOrganizationCommand } from '../../src/access/organizations/contracts/create-organization';
import { IdentityModule } from '../../src/access/identity/identity.module';
import { CancelOrderCommand } from '../../src/commerce/orders/commands/cancel-order';
import { IssueInvoiceCommand } from '../../src/commerce/orders/commands/issue-invoice';
import {
  InspectReturnCommand,
  ReceiveReturnCommand,
  RefundReturnCommand,
} from '../../src/commerce/orders/commands/manage-return';
import { RequestReturnCommand } from '../../src/commerce/orders/commands/request-return';
import { ShipOrderCommand } from '../../src/commerce/orders/commands/ship-order';
import type { ReturnView } from '../../src/commerce/orders/domain/return-view';
import { FindReturnQuery } from '../../src/commerce/orders/queries/returns';
import { NotificationsModule } from '../../src/engagement/notifications/notifications.module';
import { clock } from '../../src/kernel/clock/clock';
import { PLATFORM_TENANT } from '../../src/kernel/context/request-context';
import { newId } from '../../src/kernel/ids/ids';
import { LedgerModule } from '../../src/money/ledger/ledger.module';
import { TrialBalanceQuery } from '../../src/money/ledger/queries/trial-balance';
import { CreateRefundCommand } from '../../src/money/payments/commands/create-refund';
import { RefundChargeCommand } from '../../src/money/payments/commands/refund-charge';
import { SettleAttemptCommand } from '../../src/money/payments/commands/settle-attempt';
import { asTenant } from '../support/app';
import { OrderDesk, STAFF } from '../support/order-desk';

describe('refunds that fail after they succeeded', () => {
  let desk: OrderDesk;
  const act = <T>(command: object): Promise<T> => desk.asStaff(() => desk.commands.execute(command as never));
  const settle = async (): Promise<void> => {
    await desk.worker.drain();
    const open = await desk.rows<{ id: string }>(`select id from payments.refunds where state = 'requested'`);
    for (const { id } of open) await act(new RefundChargeCommand(id));
    await desk.worker.drain();
  };
  /** The provider says of everything that went back that it came back, and is asked three times. */
  const comesBack = async (): Promise<void> => {
    await desk.rows(
      `update sandbox.refunds set status = 'failed', error_code = 'account_closed', error_message = 'The account is closed.'`,
    );
    await desk.rows(`update sandbox.payments set refunded = 0`);
    const attempts = await desk.rows<{ id: string }>(`select id from payments.attempts where captured > 0`);
    for (const { id } of attempts)
      await Promise.all([1, 2, 3].map(() => act(new SettleAttemptCommand(id)).catch(() => undefined)));
    for (const { id } of attempts) await act(new SettleAttemptCommand(id));
    await desk.worker.drain();
  };
  const books = async () => {
    await desk.worker.drain();
    const { data } = await desk.asStaff<{ data: { account: string; balance: { amount: number } }[] }>(() =>
      desk.app.get(QueryBus).execute(new TrialBalanceQuery(clock.now())),
    );
    return Object.fromEntries(data.map(({ account, balance }) => [account, balance.amount]));
  };
  const journals = () =>
    desk.rows<{ purpose: string }>(`select purpose from ledger.journals where purpose like 'refund%' order by id`);

  beforeAll(async () => {
    desk = await OrderDesk.start({}, [LedgerModule, NotificationsModule, IdentityModule]);
  });
  afterAll(() => desk?.app.close());
  beforeEach(async () => {
    desk.open();
    await desk.product('A', 1000, 10);
  });

  it('open their return again, reverse the books once, and are corrected by one credit note', async () => {
    const { order } = await desk.checkout(await desk.cart(['A', 2]));
    await act(new ShipOrderCommand({ orderId: order.id }));
    await act(new IssueInvoiceCommand(order.id));
    const lineId = order.lines[0].id;
    const lines = [{ lineId, quantity: 2, reason: 'Broken' }];
    const { id: returnId } = await act<ReturnView>(
      new RequestReturnCommand({ orderId: order.id, viewer: STAFF, lines }),
    );
    await act(new ReceiveReturnCommand({ returnId }));
    await act(new InspectReturnCommand({ returnId, lines: [{ lineId, restock: true }] }));
    await act(new RefundReturnCommand({ returnId }));
    await settle();
    const find = () =>
      desk.asStaff<ReturnView>(() => desk.app.get(QueryBus).execute(new FindReturnQuery(returnId, STAFF)));
    expect([(await find()).status, (await desk.find(order.id)).paymentStatus]).toEqual(['refunded', 'refunded']);
    const before = await books();
    expect(before).toMatchObject({ 1100: 0, 4095: 2_000 });
    await comesBack();
    expect(await find()).toMatchObject({ status: 'inspected', refundId: null });
    expect(await desk.find(order.id)).toMatchObject({ paymentStatus: 'paid', refundedTotal: { amount: 0 } });
    expect(await books()).toMatchObject({ 1100: 2_000, 4095: 0, 4000: -2_000, 2100: 0 });
    expect((await journals()).map(({ purpose }) => purpose)).toEqual(['refund', 'refund-reversed']);
    await act(new RefundReturnCommand({ returnId }));
    await settle();
    expect([(await find()).status, (await desk.find(order.id)).paymentStatus]).toEqual(['refunded', 'refunded']);
    expect(await books()).toEqual(before);
    expect(await desk.rows('select id from orders.credit_notes')).toHaveLength(1);
  });

  it('are told to the people of the shop, once', async () => {
    const platform = <T>(command: object): Promise<T> =>
      asTenant(PLATFORM_TENANT, () => desk.commands.execute(command as never));
    const email = `${newId()}@example.com`;
    const owner = await platform<{ userId: string }>(
      new CreateUserCommand({ email, name: 'Olive', password: 'a long unlikely pass phrase', verified: true }),
    );
    const shop = new CreateOrganizationCommand({ name: 'Late', ownerUserId: owner.userId });
    desk.tenant = (await platform<{ id: string }>(shop)).id;
    await desk.product('A', 1000, 10);
    const { order } = await desk.checkout(await desk.cart(['A', 1]));
    await act(new CancelOrderCommand({ orderId: order.id, reason: 'staff' }));
    await settle();
    await comesBack();
    const told = await desk.rows<{ title: string; user_id: string }>(
      `select data ->> 'title' as title, user_id from notifications.notifications where category = 'payments'`,
    );
    expect(told).toEqual([{ title: 'A refund that had succeeded came back', user_id: owner.userId }]);
  });

  it('leave a cancelled order with money on its way, which staff give back anew', async () => {
    const { order, payment } = await desk.checkout(await desk.cart(['A', 1]));
    await act(new CancelOrderCommand({ orderId: order.id, reason: 'staff' }));
    await settle();
    await comesBack();
    expect(await desk.find(order.id)).toMatchObject({ status: 'cancelled', paymentStatus: 'refunding' });
    expect(await books()).toMatchObject({ 1100: 1_000, 2100: -1_000 });
    await act(new CreateRefundCommand({ paymentId: payment!.id, amount: 1_000 }));
    await settle();
    expect((await desk.find(order.id)).paymentStatus).toBe('refunded');
    expect(await books()).toMatchObject({ 1100: 0, 2100: 0 });
  });
});
