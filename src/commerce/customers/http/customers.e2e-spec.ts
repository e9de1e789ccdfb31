import { expectStatus, TestClient } from '../../../../test/support/client';
import { eventually } from '../../../../test/support/eventually';
import { server } from '../../../../test/support/server';
import { mailTo, openShop, PASSWORD, type Login, type Shop } from '../../../../test/support/shop';

interface Customer {
  id: string;
  name: string;
  email: string | null;
  userId: string | null;
  version: number;
  addresses: { city: string }[];
}

const ANN = {
  name: 'Ann Devon',
  email: 'Ann@Example.com',
  company: 'Eastern Connection',
  addresses: [{ line1: '35 King George', city: 'London', country: 'GB', postalCode: 'SW1A 1AA' }],
};

describe('customers over HTTP', () => {
  let shop: Shop;
  let other: Shop;
  let ann: Customer;

  beforeAll(async () => {
    const { url } = await server();
    shop = await openShop(url, 'Customers');
    other = await openShop(url, 'Other');
    ann = expectStatus(await shop.asOwner.post<Customer>('/customers', ANN), 201);
  });

  const list = async (query: string, client = shop.asOwner): Promise<string[]> =>
    expectStatus(await client.get<{ data: Customer[] }>(`/customers${query}`), 200).data.map((it) => it.name);

  it('enters, finds and changes', async () => {
    expect(ann).toMatchObject({ version: 1, email: 'Ann@Example.com', addresses: [{ city: 'London', line2: null }] });
    expect(await list('?q=king')).toEqual([]);
    for (const query of ['?q=eastern', '?q=ANN', '?email=ann@example.com', '?sort=name'])
      expect(await list(query)).toEqual(['Ann Devon']);
    const patch = (body: object, etag: string) =>
      shop.asOwner.call<Customer>('PATCH', `/customers/${ann.id}`, body, { headers: { 'if-match': etag } });
    expect(expectStatus(await patch({ addresses: [{ line1: 'x', city: 'Bonn' }] }, '"1"'), 200)).toMatchObject({
      version: 2,
      addresses: [{ city: 'Bonn' }],
    });
    expect((await patch({ name: 'x' }, '"1"')).status).toBe(412);
    expect((await shop.asOwner.get(`/customers/${ann.id}`)).headers.get('etag')).toBe('"2"');
    expect((await shop.asOwner.post('/customers', { name: 'B', email: 'ANN@example.com' })).body).toMatchObject({
      status: 409,
      code: 'customers.email-taken',
    });
    expect((await shop.asOwner.post('/customers', { name: 'B', email: 'nobody' })).status).toBe(400);
    expect(
      (await shop.asOwner.post('/customers', { name: 'B', addresses: [{ line1: 'x', city: 'y', country: 'XX' }] }))
        .status,
    ).toBe(400);
  });

  it('stay in their shop', async () => {
    expect((await other.asOwner.get(`/customers/${ann.id}`)).body).toMatchObject({
      status: 404,
      code: 'customers.customer-not-found',
    });
    expect((await other.asOwner.call('PATCH', `/customers/${ann.id}`, { name: 'x' })).status).toBe(404);
    expect(await list('?q=ann', other.asOwner)).toEqual([]);
    expect((await shop.asGuest.get('/customers')).status).toBe(401);
  });

  it('come from a registration with the shop and see themselves alone', async () => {
    const email = `shopper-${shop.slug}@example.com`;
    expectStatus(await shop.asGuest.post('/auth/register', { email, name: 'Sam Shopper', password: PASSWORD }), 201);
    const link = /\/verify-email\/([\w-]+)/.exec((await mailTo(shop.asGuest, email)).text)![1];
    expect((await shop.asGuest.post(`/auth/verify-email/${link}`)).status).toBeLessThan(300);
    const made = await eventually(
      async () =>
        (await list(`?email=${email}`)).length === 1 &&
        (await shop.asOwner.get<{ data: Customer[] }>(`/customers?email=${email}`)).body.data[0],
    );
    expect(made).toMatchObject({ name: 'Sam Shopper' });
    const login = expectStatus(
      await shop.asGuest.post<Login>('/auth/login', { email, password: PASSWORD, organization: shop.slug }),
      200,
    );
    const sam = new TestClient(shop.url, { token: login.accessToken });
    expect(await list('', sam)).toEqual(['Sam Shopper']);
    expect((await sam.get(`/customers/${(made as Customer).id}`)).status).toBe(200);
    expect((await sam.get(`/customers/${ann.id}`)).status).toBe(404);
    expect((await sam.post('/customers', { name: 'x' })).status).toBe(403);
  });
});
