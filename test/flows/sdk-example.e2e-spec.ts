import { firstOrder } from '../../sdk/examples/first-order';
import { createMainstay, getOrder, MainstayError, unwrap } from '../../sdk/src';
import { server } from '../support/server';
import { openShop, stock } from '../support/shop';

it("the SDK's example orders and pays against a live server", async () => {
  const { url } = await server();
  const shop = await openShop(url, 'SDK');
  await stock(shop, { quantity: 5 });
  expect(await firstOrder(url, shop.slug)).toEqual({ number: expect.any(String), status: 'paid' });
}, 120_000);

it('an answer that is no success is thrown with its code', async () => {
  const { url } = await server();
  const guest = createMainstay({ baseUrl: url, accessToken: 'rubbish' });
  const read = async () =>
    unwrap(await getOrder({ client: guest, path: { id: '019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c' } }));
  await expect(read()).rejects.toBeInstanceOf(MainstayError);
  await expect(read()).rejects.toMatchObject({ status: 401, code: 'auth.token-invalid' });
});
