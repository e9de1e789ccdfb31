import { Global, Module } from '@nestjs/common';
import { QueryBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { asTenant, testApp, type TestApp } from '../../../test/support/app';
import { testDatabase } from '../../../test/support/cluster';
import { ContactsOfUsersQuery, type Contact } from '../../access/identity/contracts/contacts';
import { MembersByRoleQuery, type MemberFacts } from '../../access/organizations/contracts/members-by-role';
import { StockAlertRaised } from '../../commerce/inventory/contracts/inventory-events';
import {
  OrderBackorderAllocated,
  OrderLinesCancelled,
  OrderPaymentReminded,
  OrderShipped,
  ReturnChanged,
  type OrderFacts,
} from '../../commerce/orders/contracts/order-events';
import { PLATFORM_TENANT } from '../../kernel/context/request-context';
import { UnitOfWork } from '../../kernel/database/unit-of-work';
import { newId } from '../../kernel/ids/ids';
import { DeliveryWorker } from '../../kernel/messaging/delivery-worker';
import type { DomainEvent } from '../../kernel/messaging/domain-event';
import { JobQueue } from '../../kernel/messaging/job-queue';
import { MessagingRegistry } from '../../kernel/messaging/registry';
import { Realtime } from '../../kernel/realtime/realtime';
import { NotificationsModule } from './notifications.module';
import { DevMailboxQuery } from './queries/dev-mailbox';
import { HeldJobs } from '../../../test/support/held-jobs';
import { ShopName } from '../../../test/support/brands';

@QueryHandler(ContactsOfUsersQuery)
class Contacts implements IQueryHandler<ContactsOfUsersQuery> {
  async execute({ userIds }: ContactsOfUsersQuery): Promise<Contact[]> {
    const contact = { name: 'Clerk', email: null, hasPhone: false, locale: null, timeZone: 'Europe/Lisbon' };
    return userIds.map((userId) => ({ ...contact, userId }));
  }
}
const [OWNER, CLERK] = [newId(), newId()];
@QueryHandler(MembersByRoleQuery)
class Staff implements IQueryHandler<MembersByRoleQuery> {
  async execute({ request }: MembersByRoleQuery): Promise<MemberFacts[]> {
    const all: MemberFacts[] = [
      { userId: OWNER, role: 'owner', email: 'owner@example.org' },
      { userId: CLERK, role: 'staff', email: 'clerk@example.org' },
      { userId: newId(), role: 'customer', email: 'shopper@example.org' },
    ];
    return all.filter(({ role }) => request.roles.includes(role));
  }
}

const eur = (amount: number) => ({ amount, currency: 'EUR' });
const MUG = { lineId: newId(), sku: 'MUG-1', name: 'Mug', quantity: 2 };
const ordered = (email: string | null): OrderFacts => ({
  orderId: newId(),
  number: '1001',
  channel: 'web',
  email,
  customerId: null,
  userId: null,
  status: 'paid',
  subtotal: eur(2_500),
  discount: eur(0),
  shipping: eur(0),
  tax: eur(0),
  taxIncluded: false,
  total: eur(2_500),
  lines: [{ ...MUG, unitPrice: eur(1_250), discount: eur(0), tax: eur(0), total: eur(2_500) }],
});
const parcel = (complete: boolean) => ({
  shipmentId: newId(),
  number: 'S-1',
  carrier: 'Post',
  trackingNumber: 'TRK-77',
  trackingUrl: 'https://post.example/TRK-77',
  complete,
  lines: [{ ...MUG, quantity: 1, total: eur(1_250) }],
});
const shipped = (complete: boolean) => (email: string | null) => {
  const order = ordered(email);
  return new OrderShipped(order.orderId, { ...order, shipment: parcel(complete) });
};
const returned =
  (status: 'requested' | 'approved' | 'rejected' | 'received' | 'refunded') => (email: string | null) => {
    const returnId = newId();
    const refund = status === 'refunded' ? eur(1_250) : null;
    const facts = { returnId, number: 'R-9', status, orderId: newId(), orderNumber: '1001', email, userId: null };
    return new ReturnChanged(returnId, { ...facts, refund, lines: [{ ...MUG, quantity: 1 }] });
  };
const alert = (kind: StockAlertRaised['payload']['kind'], sku: string) => {
  const levelId = newId();
  const place = { levelId, sku, locationId: newId(), locationName: 'Main house' };
  const lot = { lotId: newId(), lotNumber: 'LOT-5', removeAt: '2027-01-31T00:00:00.000Z' };
  const counts = { available: 0, reorderLevel: 5, onHand: 44, overstockLevel: 40 };
  return new StockAlertRaised(levelId, { alertId: newId(), kind, ...place, ...counts, ...lot });
};

describe('letters about the way of an order, and about stock', () => {
  const held = new HeldJobs();
  let app: TestApp;

  beforeAll(async () => {
    @Global()
    @Module({
      providers: [
        { provide: JobQueue, useValue: held },
        { provide: Realtime, useValue: { toStaff: () => undefined } },
        ShopName,
        Staff,
        Contacts,
      ],
      exports: [JobQueue, Realtime],
    })
    class Surroundings {}
    const database = await testDatabase({ fresh: true, label: 'letters' });
    app = await testApp([Surroundings, NotificationsModule], { database });
  });
  afterAll(() => app.close());

  /** Says the events in a shop of their own, and sends what comes of them. */
  async function say(...events: DomainEvent[]): Promise<void> {
    await asTenant(newId(), () =>
      app.get(UnitOfWork).run(async (tx) => {
        tx.record(...events);
      }),
    );
    await app.get(DeliveryWorker).drain();
    for (const { id, name, data } of held.jobs.splice(0)) {
      const { tenantId } = data;
      const run = () => app.get(MessagingRegistry).job(name)!.instance.run(data.payload, { id, attempt: 1, tenantId });
      await asTenant(tenantId, run);
    }
  }
  const mailbox = (to: string) =>
    asTenant(PLATFORM_TENANT, () => app.get(QueryBus).execute(new DevMailboxQuery({ to })));

  it.each<[string, (email: string | null) => DomainEvent, string[]]>([
    ['a parcel', shipped(true), ['1001', '1 × Mug (MUG-1)', 'Post', 'TRK-77']],
    ['a parcel of several', shipped(false), ['1001', '1 × Mug (MUG-1)', 'TRK-77']],
    [
      'pieces that will not come',
      (email) => {
        const order = ordered(email);
        return new OrderLinesCancelled(order.orderId, { ...order, cancelled: [MUG], refund: eur(2_500), note: null });
      },
      ['1001', '2 × Mug (MUG-1)', '25.00 EUR'],
    ],
    [
      'a payment that is missing',
      (email) => {
        const order = ordered(email);
        return new OrderPaymentReminded(order.orderId, order);
      },
      ['1001', '2 × Mug (MUG-1)', '25.00 EUR'],
    ],
    [
      'goods that were waited for',
      (email) => {
        const order = ordered(email);
        return new OrderBackorderAllocated(order.orderId, { ...order, allocated: [MUG], waiting: 3 });
      },
      ['1001', '2 × Mug (MUG-1)', '3'],
    ],
    ['a return that may come', returned('approved'), ['1001', 'R-9', '1 × Mug (MUG-1)']],
    ['a return that may not', returned('rejected'), ['1001', 'R-9']],
    ['a return that came', returned('received'), ['1001', 'R-9']],
    ['a return that was paid back', returned('refunded'), ['1001', 'R-9', '12.50 EUR']],
  ])('tell the shopper of %s, once', async (_, event, parts) => {
    const to = `${newId()}@example.org`;
    await say(event(to), event(null));
    const letters = await mailbox(to);
    expect(letters).toHaveLength(1);
    for (const part of parts) expect(`${letters[0].subject}\n${letters[0].text}`).toContain(part);
  });

  it('say nothing of a step that nobody waits for', async () => {
    const to = `${newId()}@example.org`;
    await say(returned('requested')(to));
    expect(await mailbox(to)).toEqual([]);
  });

  it.each<[StockAlertRaised['payload']['kind'], string[]]>([
    ['low_stock', ['5', 'Main house']],
    ['out_of_stock', ['Main house']],
    ['expiring', ['LOT-5', '44', '2027', 'Main house']],
    ['overstock', ['44', '40', 'Main house']],
  ])('tell owners and staff of an alert of the kind %s, once each', async (kind, parts) => {
    const sku = `SKU-${newId().slice(-8)}`;
    const event = alert(kind, sku);
    await say(event, new StockAlertRaised(event.aggregateId, event.payload));
    for (const to of ['owner@example.org', 'clerk@example.org']) {
      const letters = (await mailbox(to)).filter(({ subject }) => subject.includes(sku));
      expect(letters).toHaveLength(1);
      for (const part of parts) expect(`${letters[0].subject}\n${letters[0].text}`).toContain(part);
    }
    expect(await mailbox('shopper@example.org')).toEqual([]);
  });
});
