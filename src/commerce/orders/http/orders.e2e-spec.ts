import { expectStatus, type TestClient } from '../../../../test/support/client';
import { server } from '../../../../test/support/server';
import {
  ADDRESS,
  checkOut,
  fillCart,
  openShop,
  signUp,
  stock,
  type Placed,
  type Shop,
} from '../../../../test/support/shop';
import { newId } from '../../../kernel/ids/ids';

interface Cart {
  id: string;
  lines: { id: string; sku: string; quantity: number; total: { amount: number } }[];
  total: { amount: number; currency: string } | null;
  orderId: string | null;
}
interface Problem {
  status: number;
  code: string;
  skus?: { sku: string }[];
  errors?: { pointer: string; code: string }[];
}
interface Order {
  id: string;
  number: string;
  status: string;
  email: string;
  total: { amount: number; currency: string };
  lines: { sku: string; quantity: number }[];
}

describe('orders over HTTP', () => {
  let shop: Shop;
  let other: Shop;
  let guest: TestClient;

  beforeAll(async () => {
    const { url } = await server();
    shop = await openShop(url, 'Orders');
    other = await openShop(url, 'Elsewhere');
    guest = shop.asGuest;
  });

  const problem = (answer: { status: number; body: unknown; headers: Headers }, status: number): Problem => {
    expect(answer.headers.get('content-type')).toMatch(/application\/problem\+json/);
    expect({ status: answer.status, code: (answer.body as Problem).code }).toMatchObject({ status });
    return answer.body as Problem;
  };
  const levels = async (sku: string) =>
    expectStatus(await shop.asOwner.get<{ data: object[] }>(`/inventory/levels?sku=${sku}`), 200).data;

  it('keeps a cart', async () => {
    const { sku } = await stock(shop, { price: 1250 });
    // No body at all is as good as an empty one.
    const cart = expectStatus(await guest.post<Cart>('/carts'), 201);
    expect(cart.id).toMatch(/^[\w-]{32}$/);
    expect(cart).toMatchObject({ lines: [], total: null });
    const one = expectStatus(await guest.post<Cart>(`/carts/${cart.id}/lines`, { sku, quantity: 2 }), 201);
    expect(one).toMatchObject({ lines: [{ sku, quantity: 2 }], total: { amount: 2500, currency: 'EUR' } });
    const two = expectStatus(await guest.post<Cart>(`/carts/${cart.id}/lines`, { sku, quantity: 1 }), 201);
    expect(two.lines).toHaveLength(1);
    const path = `/carts/${cart.id}/lines/${two.lines[0].id}`;
    expect(expectStatus(await guest.call<Cart>('PATCH', path, { quantity: 5 }), 200).total).toMatchObject({
      amount: 6250,
    });
    expect(expectStatus(await guest.get<Cart>(`/carts/${cart.id}`), 200).lines[0].quantity).toBe(5);
    expect(expectStatus(await guest.call<Cart>('DELETE', path), 200).lines).toEqual([]);
    expect(problem(await guest.call('DELETE', path), 404).code).toBe('orders.cart-line-not-found');
    expect(problem(await other.asGuest.get(`/carts/${cart.id}`), 404).code).toBe('orders.cart-not-found');
  });

  it('refuses bad quantities, unknown products and nameless shops', async () => {
    const { sku } = await stock(shop);
    const id = await fillCart(guest, []);
    for (const quantity of [0, -1, 1.5, 1e9, '2', null])
      expect(problem(await guest.post(`/carts/${id}/lines`, { sku, quantity }), 400).errors?.[0].pointer).toBe(
        '/quantity',
      );
    expect(problem(await guest.post(`/carts/${id}/lines`, { sku: 'NO-SUCH', quantity: 1 }), 400).code).toBe(
      'orders.unknown-sku',
    );
    expect(problem(await guest.as({ tenant: undefined }).post('/carts', {}), 400).code).toBe('tenant.required');
  });

  it('checks out, shows the order to its guest, its shop and nobody else', async () => {
    const { sku } = await stock(shop, { quantity: 10, price: 2000 });
    const id = await fillCart(guest, [{ sku, quantity: 3 }]);
    const placed = expectStatus(await checkOut(guest, id), 201);
    expect(placed.order).toMatchObject({ status: 'paid' });
    expect(placed.payment).toMatchObject({ status: 'succeeded', error: null, nextAction: null });
    expect(await levels(sku)).toMatchObject([{ sku, onHand: 10, reserved: 3, available: 7 }]);
    const path = `/orders/${placed.order.id}`;
    const seen = await guest.get<Order>(path, { token: placed.accessToken });
    expect(expectStatus(seen, 200)).toMatchObject({
      status: 'paid',
      email: placed.order.email,
      total: { amount: 6000 },
    });
    const header = { 'x-order-token': placed.accessToken! };
    expect((await guest.get(path, { headers: header })).status).toBe(200);
    expect(expectStatus(await shop.asOwner.get<Order>(path), 200).id).toBe(placed.order.id);
    expect(problem(await guest.get(path), 401).code).toBe('orders.token-required');
    expect(problem(await guest.get(path, { token: `ot_${'x'.repeat(43)}` }), 404).code).toBe('orders.order-not-found');
    expect(problem(await other.asGuest.get(path, { token: placed.accessToken }), 404).code).toBe(
      'orders.order-not-found',
    );
    expect(problem(await other.asOwner.get(path), 404).code).toBe('orders.order-not-found');
    expect(expectStatus(await guest.get<Cart>(`/carts/${id}`), 200).orderId).toBe(placed.order.id);
    // Beside a login it opens what was bought as a guest, and nothing else.
    const { accessToken: login } = await signUp(guest, {
      email: `sasha-${newId().slice(-12)}@example.com`,
      name: 'Sasha',
    });
    const shopper = shop.asGuest.as({ token: login });
    const foreign = expectStatus(await checkOut(guest, await fillCart(guest, [{ sku, quantity: 1 }])), 201);
    expect(problem(await shopper.get(path), 404).code).toBe('orders.order-not-found');
    expect(expectStatus(await shopper.get<Order>(path, { headers: header }), 200).id).toBe(placed.order.id);
    for (const token of [foreign.accessToken!, `ot_${'x'.repeat(43)}`, '', login])
      expect(problem(await shopper.get(path, { headers: { 'x-order-token': token } }), 404).code).toBe(
        'orders.order-not-found',
      );
    expect(problem(await other.asOwner.get(path, { headers: header }), 404).code).toBe('orders.order-not-found');
    // The order's token is no login.
    problem(await guest.get('/orders', { token: placed.accessToken }), 401);
  });

  it('answers an equal request with the stored answer, and refuses another body and a missing key', async () => {
    const { sku } = await stock(shop);
    const id = await fillCart(guest, [{ sku, quantity: 1 }]);
    const key = newId();
    const first = await checkOut(guest, id, 'success', key, 'same@example.com');
    const again = await checkOut(guest, id, 'success', key, 'same@example.com');
    expect(expectStatus(again, 201)).toEqual(expectStatus(first, 201));
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(problem(await checkOut(guest, id, 'success', key, 'else@example.com'), 422).code).toBe(
      'idempotency.key-reused',
    );
    expect(problem(await checkOut(guest, id, 'success', newId(), 'same@example.com'), 409).code).toBe(
      'orders.cart-already-ordered',
    );
    const bare = await guest.post(`/carts/${id}/checkout`, {
      email: 'a@example.com',
      shippingAddress: ADDRESS,
      paymentMethod: { type: 'sandbox', token: 'success' },
    });
    expect(problem(bare, 400).code).toBe('idempotency.key-required');
  });

  it('names what is out of stock', async () => {
    const scarce = await stock(shop, { quantity: 1 });
    const plenty = await stock(shop, { quantity: 9 });
    const id = await fillCart(guest, [
      { sku: plenty.sku, quantity: 1 },
      { sku: scarce.sku, quantity: 2 },
    ]);
    const refused = problem(await checkOut(guest, id), 409);
    expect(refused).toMatchObject({
      code: 'inventory.out-of-stock',
      skus: [{ sku: scarce.sku, requested: 2, available: 1 }],
    });
    expect(await levels(plenty.sku)).toMatchObject([{ reserved: 0 }]);
  });

  it('keeps a declined order for a further try', async () => {
    const { sku } = await stock(shop);
    const id = await fillCart(guest, [{ sku, quantity: 1 }]);
    const placed = expectStatus(await checkOut(guest, id, 'declined'), 201);
    expect(placed.order.status).toBe('pending_payment');
    expect(placed.payment.error?.code).toEqual(expect.any(String));
    const path = `/orders/${placed.order.id}/payments`;
    const body = { paymentMethod: { type: 'sandbox', token: 'success' } };
    expect(problem(await guest.post(path, body, { key: newId() }), 401).code).toBe('orders.token-required');
    const paid = await guest.post<Placed>(path, body, { key: newId(), token: placed.accessToken });
    expect(expectStatus(paid, 201)).toMatchObject({ order: { status: 'paid' }, payment: { status: 'succeeded' } });
  });

  it('sends the shopper to the bank where that is needed', async () => {
    const { sku } = await stock(shop);
    const placed = expectStatus(
      await checkOut(guest, await fillCart(guest, [{ sku, quantity: 1 }]), 'requires_action'),
      201,
    );
    expect(placed.order.status).toBe('pending_payment');
    expect(placed.payment.nextAction?.url).toMatch(/^http/);
  });

  it('lists by status and email with keyset pages, for staff only', async () => {
    const { sku } = await stock(shop);
    const email = `lists-${newId().slice(-8)}@example.com`;
    const ids: string[] = [];
    for (let i = 0; i < 3; i++) {
      const id = await fillCart(guest, [{ sku, quantity: 1 }]);
      ids.push(expectStatus(await checkOut(guest, id, i === 0 ? 'declined' : 'success', newId(), email), 201).order.id);
    }
    type List = { data: Order[]; page: { nextCursor: string | null; hasMore: boolean; total?: number } };
    const list = async (query: string) => expectStatus(await shop.asOwner.get<List>(`/orders?${query}`), 200);
    expect((await list(`email=${email}&count=exact`)).page.total).toBe(3);
    expect((await list(`email=${email}&status=paid`)).data.map((order) => order.id)).toEqual([ids[2], ids[1]]);
    const first = await list(`email=${email}&limit=2`);
    expect(first.page.hasMore).toBe(true);
    const second = await list(`email=${email}&limit=2&cursor=${first.page.nextCursor}`);
    expect([...first.data, ...second.data].map((order) => order.id)).toEqual([...ids].reverse());
    expect(problem(await guest.get('/orders'), 401).code).toBe('auth.required');
    expect((await shop.asOwner.get<Problem>('/orders?statu=paid')).status).toBe(400);
    expect(expectStatus(await other.asOwner.get<List>(`/orders?email=${email}`), 200).data).toEqual([]);
  });

  it('lets staff cancel and fulfil along the allowed edges', async () => {
    const { sku } = await stock(shop, { quantity: 10 });
    const place = async () =>
      expectStatus(await checkOut(guest, await fillCart(guest, [{ sku, quantity: 2 }])), 201).order.id;
    const [sent, dropped] = [await place(), await place()];
    expect(expectStatus(await shop.asOwner.post<Order>(`/orders/${sent}/fulfil`), 200).status).toBe('fulfilled');
    expect(problem(await shop.asOwner.post(`/orders/${sent}/fulfil`), 409).code).toBe('orders.transition-refused');
    expect(problem(await shop.asOwner.post(`/orders/${sent}/cancel`, {}), 409).code).toBe('orders.transition-refused');
    expect(expectStatus(await shop.asOwner.post<Order>(`/orders/${dropped}/cancel`), 200).status).toBe('cancelled');
    expect(await levels(sku)).toMatchObject([{ onHand: 8, reserved: 0, available: 8 }]);
    expect(problem(await guest.post(`/orders/${sent}/cancel`, {}), 401).code).toBe('auth.required');
    expect(problem(await other.asOwner.post(`/orders/${dropped}/fulfil`), 404).code).toBe('orders.order-not-found');
    const moves = await shop.asOwner.get<{ data: object[] }>(`/inventory/movements?sku=${sku}`);
    expect(expectStatus(moves, 200).data).toMatchObject([
      { kind: 'shipment', quantity: -2, onHandAfter: 8, document: { type: 'order', id: sent } },
      { kind: 'receipt', quantity: 10, onHandAfter: 10 },
    ]);
  });

  it('reports sales', async () => {
    const { sku, productId } = await stock(shop, { price: 700 });
    expectStatus(await checkOut(guest, await fillCart(guest, [{ sku, quantity: 3 }])), 201);
    type Report = { data: { key: string; net: object }[]; total: { orders: number } };
    const report = expectStatus(await shop.asOwner.get<Report>('/orders/analytics?groupBy=product'), 200);
    expect(report.data.find((row) => row.key === productId)).toMatchObject({
      orders: 1,
      quantity: 3,
      gross: { amount: 2100, currency: 'EUR' },
      net: { amount: 2100, currency: 'EUR' },
    });
    const none = await shop.asOwner.get<Report>('/orders/analytics?from=1990-01-01&to=1991-01-01&groupBy=year');
    expect(expectStatus(none, 200)).toMatchObject({ data: [], total: { orders: 0 } });
    expect((await shop.asOwner.get('/orders/analytics?groupBy=week')).status).toBe(400);
    expect((await guest.get('/orders/analytics')).status).toBe(401);
  });

  it('takes goods in only for what the catalogue has, and by a key', async () => {
    const lines = [{ sku: 'NO-SUCH', quantity: 1 }];
    const refused = await shop.asOwner.post('/inventory/receipts', { lines }, { key: newId() });
    expect(problem(refused, 400)).toMatchObject({
      code: 'inventory.unknown-sku',
      errors: [{ pointer: '/lines/0/sku' }],
    });
    expect(problem(await shop.asOwner.post('/inventory/receipts', { lines }), 400).code).toBe(
      'idempotency.key-required',
    );
    const { sku } = await stock(shop, { quantity: 0 });
    const place = expectStatus(
      await shop.asOwner.post<{ id: string }>('/inventory/locations', { code: 'annex', name: 'Annex' }),
      201,
    );
    const receipt = await shop.asOwner.post(
      '/inventory/receipts',
      {
        lines: [
          { sku, quantity: 2 },
          { sku, quantity: 3, locationId: place.id },
          { sku, quantity: 1 },
        ],
      },
      { key: newId() },
    );
    expect(expectStatus(receipt, 201).lines).toHaveLength(2);
    expect(await levels(sku)).toMatchObject([{ onHand: 6, available: 6 }]);
    expect((await guest.get('/inventory/levels')).status).toBe(401);
  });
});
