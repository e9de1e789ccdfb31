import { CancelOrderCommand } from '../../src/commerce/orders/commands/cancel-order';
import { CloseOrderCommand } from '../../src/commerce/orders/commands/close-order';
import { DeliverOrderCommand } from '../../src/commerce/orders/commands/deliver-order';
import { HoldOrderCommand, LetOrderGoCommand } from '../../src/commerce/orders/commands/hold-order';
import {
  InspectReturnCommand,
  ReceiveReturnCommand,
  RefundReturnCommand,
} from '../../src/commerce/orders/commands/manage-return';
import { RequestReturnCommand } from '../../src/commerce/orders/commands/request-return';
import { ShipOrderCommand } from '../../src/commerce/orders/commands/ship-order';
import type { ReturnView } from '../../src/commerce/orders/domain/return-view';
import { GUEST, type Principal } from '../../src/kernel/auth/principal';
import { clock } from '../../src/kernel/clock/clock';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import { newId } from '../../src/kernel/ids/ids';
import { RefundChargeCommand } from '../../src/money/payments/commands/refund-charge';
import { policyOf } from '../../src/kernel/auth/policy';
import { OrderDesk, STAFF } from '../support/order-desk';
import { SENT } from '../support/realtime';

interface Update {
  orderId: string;
  status: string;
  paymentStatus: string;
  fulfilmentStatus: string;
  returnStatus: string;
  version: number;
}

describe('what staff and the shopper are shown of an order', () => {
  let desk: OrderDesk;
  let userId: string;
  const act = <T>(command: object): Promise<T> => desk.asStaff(() => desk.commands.execute(command as never));
  const to = (room: string): Update[] =>
    SENT.filter((each) => each.to === room && each.event === 'order.updated').map(({ payload }) => payload as Update);
  /** What both were shown since it was last asked: one push for each commit, the same to both. */
  let seen = 0;
  const shown = async (): Promise<string[]> => {
    await desk.worker.drain();
    const staff = to(`staff:${desk.tenant}`);
    expect(to(`user:${desk.tenant}:${userId}`)).toEqual(staff);
    expect(staff.map(({ version }) => version)).toEqual(
      [...new Set(staff.map(({ version }) => version))].sort((a, b) => a - b),
    );
    const now = staff.slice(seen).map(({ status, paymentStatus }) => `${status} ${paymentStatus}`);
    seen = staff.length;
    return now;
  };
  /** An order of five A that a signed-in shopper made. */
  const ordered = async (token = 'success') => {
    await desk.product('A', 1000, 10);
    const { order } = await desk.checkout(await desk.cart(['A', 5]), token, {}, shopper());
    return { orderId: order.id, lineId: order.lines[0].id };
  };
  const shopper = (): Principal => ({
    ...GUEST,
    kind: 'user',
    userId,
    tenantId: desk.tenant,
    roles: ['customer'],
    policy: policyOf('orders:read-own'),
    email: 'cora@example.com',
  });

  beforeAll(async () => {
    desk = await OrderDesk.start();
  });
  afterAll(() => desk?.app.close());
  beforeEach(() => {
    desk.open();
    userId = newId();
    seen = 0;
  });
  afterEach(() => clock.setOffset(0));

  it('is each step from the order to its end', async () => {
    const { orderId, lineId } = await ordered();
    expect(await shown()).toEqual(['pending_payment pending', 'paid paid']);
    await act(new HoldOrderCommand({ orderId }));
    expect(await shown()).toEqual(['on_hold paid']);
    await act(new LetOrderGoCommand({ orderId }));
    expect(await shown()).toEqual(['paid paid']);
    for (const quantity of [1, 1]) {
      await act(new ShipOrderCommand({ orderId, lines: [{ lineId, quantity }] }));
      expect(await shown()).toEqual(['partly_fulfilled paid']);
    }
    await act(new ShipOrderCommand({ orderId }));
    expect(await shown()).toEqual(['fulfilled paid']);
    await act(new DeliverOrderCommand({ orderId }));
    expect(await shown()).toEqual(['fulfilled paid']);
    await act(new CloseOrderCommand({ orderId }));
    expect(await shown()).toEqual(['closed paid']);
  });

  it('is what comes back, and the money that goes back', async () => {
    const { orderId, lineId } = await ordered();
    await act(new ShipOrderCommand({ orderId }));
    await act(new DeliverOrderCommand({ orderId }));
    await shown();
    const lines = [{ lineId, quantity: 5, reason: 'Too small' }];
    const { id: returnId } = await act<ReturnView>(new RequestReturnCommand({ orderId, viewer: STAFF, lines }));
    expect(await shown()).toEqual(['returning paid']);
    await act(new ReceiveReturnCommand({ returnId }));
    await act(new InspectReturnCommand({ returnId, lines: [{ lineId, quantity: 5, restock: true }] }));
    await act(new RefundReturnCommand({ returnId }));
    await desk.worker.drain();
    for (const { id } of await desk.rows<{ id: string }>(`select id from payments.refunds where state = 'requested'`))
      await act(new RefundChargeCommand(id));
    const last = await shown();
    expect(last.at(-1)).toBe('returned refunded');
    expect(to(`staff:${desk.tenant}`).at(-1)).toMatchObject({
      returnStatus: 'returned',
      fulfilmentStatus: 'fulfilled',
    });
  });

  it('is nothing of what was undone, and nothing of another shopper', async () => {
    const { orderId } = await ordered('declined');
    expect(await shown()).toEqual(['pending_payment pending']);
    const undone = desk.asStaff(() =>
      desk.app.get(UnitOfWork).run(async () => {
        await desk.commands.execute(new CancelOrderCommand({ orderId, reason: 'staff' }));
        throw new Error('undone');
      }),
    );
    await expect(undone).rejects.toThrow('undone');
    expect(await shown()).toEqual([]);
    await act(new CancelOrderCommand({ orderId, reason: 'staff' }));
    expect(await shown()).toEqual(['cancelled voided']);
    expect(
      SENT.filter(({ to, event }) => event === 'order.updated' && to.startsWith(`user:${desk.tenant}:`)).every(
        ({ to }) => to.endsWith(userId),
      ),
    ).toBe(true);
  });
});
