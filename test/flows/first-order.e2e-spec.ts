import { newId } from '../../src/kernel/ids/ids';
import { expectStatus } from '../support/client';
import { eventually } from '../support/eventually';
import { server } from '../support/server';
import { checkOut, fillCart, mailTo, openShop, stock, type Placed, type Shop } from '../support/shop';

interface Level {
  sku: string;
  onHand: number;
  reserved: number;
  available: number;
}

describe('a shop sells its first things', () => {
  let shop: Shop;
  beforeAll(async () => void (shop = await openShop((await server()).url, 'First')));

  const level = async (sku: string): Promise<Level> =>
    expectStatus(await shop.asOwner.get<{ data: Level[] }>(`/inventory/levels?sku=${sku}`), 200).data[0];

  it('pays, moves stock and mails; the same request again is answered, not carried out', async () => {
    const { sku } = await stock(shop, { quantity: 5 });
    const cart = await fillCart(shop.asGuest, [{ sku, quantity: 2 }]);
    const key = newId();
    const email = `first-${newId().slice(-8)}@example.com`;
    const placed = expectStatus<Placed>(await checkOut(shop.asGuest, cart, 'success', key, email), 201);
    expect(placed.order).toMatchObject({ status: 'paid', email });
    expect(placed.payment).toMatchObject({ status: 'succeeded', error: null });
    const again = await checkOut(shop.asGuest, cart, 'success', key, email);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(again.body).toEqual(placed);
    expect(await level(sku)).toMatchObject({ onHand: 5, reserved: 2, available: 3 });
    const mail = await mailTo(shop.asOwner, email);
    expect(mail.text).toContain(placed.order.number);
    const seen = await shop.asGuest.get<Placed['order']>(`/orders/${placed.order.id}`, {
      token: placed.accessToken,
    });
    expect(seen).toMatchObject({ status: 200, body: { id: placed.order.id, status: 'paid' } });
  });

  it('refuses more than there is and names what is missing', async () => {
    const { sku } = await stock(shop, { quantity: 1 });
    const refused = await checkOut(shop.asGuest, await fillCart(shop.asGuest, [{ sku, quantity: 2 }]));
    expect(refused).toMatchObject({ status: 409, body: { code: 'inventory.out-of-stock' } });
    expect(refused.text).toContain(sku);
    expect(await level(sku)).toMatchObject({ onHand: 1, reserved: 0 });
  });

  it('lets a declined card be followed by another', async () => {
    const { sku } = await stock(shop, { quantity: 3 });
    const placed = expectStatus<Placed>(
      await checkOut(shop.asGuest, await fillCart(shop.asGuest, [{ sku, quantity: 1 }]), 'declined'),
      201,
    );
    expect(placed.order.status).toBe('pending_payment');
    expect(placed.payment.error?.code).toBeTruthy();
    const paid = await shop.asOwner.post<Placed>(
      `/orders/${placed.order.id}/payments`,
      { paymentMethod: { type: 'sandbox', token: 'success' } },
      { key: newId() },
    );
    expect(expectStatus(paid, 201).order.status).toBe('paid');
  });

  it('charges once although the gateway answered too late', async () => {
    const { sku } = await stock(shop, { quantity: 3 });
    const placed = expectStatus<Placed>(
      await checkOut(shop.asGuest, await fillCart(shop.asGuest, [{ sku, quantity: 1 }]), 'timeout_after_success'),
      201,
    );
    expect(['pending_payment', 'paid']).toContain(placed.order.status);
    const order = await eventually(
      async () => {
        const seen = await shop.asOwner.get<Placed['order']>(`/orders/${placed.order.id}`);
        return seen.body.status === 'paid' ? seen.body : undefined;
      },
      { timeoutMs: 45_000 },
    );
    expect(order.status).toBe('paid');
  });
});
