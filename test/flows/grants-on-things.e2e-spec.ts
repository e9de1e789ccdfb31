import { newId } from '../../src/kernel/ids/ids';
import { expectStatus, type TestClient } from '../support/client';
import { eventually } from '../support/eventually';
import { server } from '../support/server';
import { checkOut, fillCart, openShop, signUp, stock, type Placed, type Shop } from '../support/shop';

/** Grants that hang on the thing they are about: the guard lets the caller this far, the handler decides. */
describe('grants about single things', () => {
  let shop: Shop;
  let sku: string;

  beforeAll(async () => {
    shop = await openShop((await server()).url, 'Things');
    sku = (await stock(shop)).sku;
  });

  const person = async (): Promise<{ id: string; client: TestClient; email: string; memberId: string }> => {
    const email = `thing-${newId().slice(-12)}@example.com`;
    const login = await signUp(shop.asGuest, { email, name: 'Thea Thing' });
    const { data } = expectStatus(
      await shop.asOwner.get<{ data: { id: string; userId: string }[] }>('/members?limit=100'),
      200,
    );
    const memberId = data.find(({ userId }) => userId === login.user.id)!.id;
    expectStatus(await shop.asOwner.call('PATCH', `/members/${memberId}`, { role: 'user' }), 204);
    return { id: login.user.id, client: shop.asGuest.as({ token: login.accessToken }), email, memberId };
  };
  const buy = async (token = 'success'): Promise<Placed['order']> => {
    const cart = await fillCart(shop.asGuest, [{ sku, quantity: 1 }]);
    return expectStatus(await checkOut(shop.asGuest, cart, token), 201).order;
  };
  const grant = async (id: string, body: object): Promise<string> => {
    const all = { subject: { type: 'user', id }, effect: 'allow', ...body };
    return expectStatus(await shop.asOwner.post<{ id: string }>('/grants', all), 201).id;
  };
  const code = ({ body }: { body: Record<string, unknown> }): unknown => body.code;

  it('let who may handle paid orders ship one, and not cancel one that waits', async () => {
    const { id, client } = await person();
    const [paid, waiting] = [await buy(), await buy('declined')];
    expect((await client.post(`/orders/${paid.id}/fulfil`)).status).toBe(403);
    await grant(id, { permission: 'orders:write', condition: { 'resource.state': ['paid'] } });
    expect(code(await client.post(`/orders/${waiting.id}/cancel`, {}))).toBe('auth.permission-missing');
    expectStatus(await client.post(`/orders/${paid.id}/fulfil`), 200);
    // It is paid no longer.
    expect(code(await client.post(`/orders/${paid.id}/cancel`, {}))).toBe('auth.permission-missing');
    expect((await client.get('/orders')).status).toBe(403);
  });

  it('show the one order that is granted', async () => {
    const { id, client } = await person();
    const [mine, other] = [await buy(), await buy()];
    const given = await grant(id, { permission: 'orders:read', resource: `orders/${mine.id}` });
    expect(expectStatus(await client.get(`/orders/${mine.id}`), 200)).toMatchObject({ id: mine.id });
    expect((await client.get(`/orders/${other.id}`)).status).toBe(404);
    const check = await client.post<{ results: { allowed: boolean }[] }>('/authz/check', {
      checks: [mine, other].map((order) => ({ permission: 'orders:read', resource: { id: order.id } })),
    });
    expect(expectStatus(check, 200).results.map(({ allowed }) => allowed)).toEqual([true, false]);
    expectStatus(await shop.asOwner.call('DELETE', `/grants/${given}`), 204);
    expect((await client.get(`/orders/${mine.id}`)).status).toBe(401);
  });

  it('keep one thing from who may see all others', async () => {
    const { id, client, memberId } = await person();
    expectStatus(await shop.asOwner.call('PATCH', `/members/${memberId}`, { role: 'staff' }), 204);
    const [hidden, open] = [await buy(), await buy()];
    await grant(id, { permission: 'orders:*', effect: 'deny', resource: `orders/${hidden.id}` });
    expect((await client.get(`/orders/${open.id}`)).status).toBe(200);
    expect((await client.get(`/orders/${hidden.id}`)).status).toBe(404);
    expectStatus(await client.post(`/orders/${open.id}/cancel`, {}), 200);
    expect((await client.post(`/orders/${hidden.id}/cancel`, {})).status).toBe(403);
  });

  it('reach a customer by its owner', async () => {
    const { id, client, email } = await person();
    const own = expectStatus(
      await shop.asOwner.post<{ id: string }>('/customers', { name: 'Someone Else', email: `x-${email}` }),
      201,
    );
    await grant(id, { permission: 'customers:*', condition: { 'resource.owner': ['self'] } });
    expect((await client.get(`/customers/${own.id}`)).status).toBe(404);
    expect((await client.call('PATCH', `/customers/${own.id}`, { phone: '1' })).status).toBe(403);
    const mine = await eventually(async () => {
      const { data } = expectStatus(
        await shop.asOwner.get<{ data: { id: string; userId: string }[] }>('/customers?limit=100'),
        200,
      );
      return data.find(({ userId }) => userId === id);
    });
    expect((await client.get(`/customers/${mine!.id}`)).status).toBe(200);
    expect((await client.call('PATCH', `/customers/${mine!.id}`, { phone: '+351 1' })).status).toBe(200);
  });
});
