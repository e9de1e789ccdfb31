/**
 * A guest orders the first product of a shop and pays with the sandbox.
 *
 *     MAINSTAY_URL=http://localhost:3000 MAINSTAY_SHOP=demo npx tsx sdk/examples/first-order.ts
 */
import {
  addCartLine,
  checkOut,
  createCart,
  createMainstay,
  getOrder,
  listProducts,
  newIdempotencyKey,
  unwrap,
} from '../src';

export async function firstOrder(baseUrl: string, shopSlug: string): Promise<{ number: string; status: string }> {
  const shop = createMainstay({ baseUrl, tenant: shopSlug });

  const products = unwrap(await listProducts({ client: shop, query: { limit: 1 } }));
  const { sku } = products.data[0].variants[0];

  const cart = unwrap(await createCart({ client: shop }));
  unwrap(await addCartLine({ client: shop, path: { id: cart.id }, body: { sku, quantity: 2 } }));
  const placed = unwrap(
    await checkOut({
      client: shop,
      path: { id: cart.id },
      // The same key with the same body never orders twice.
      headers: { 'Idempotency-Key': newIdempotencyKey() },
      body: {
        email: 'shopper@example.com',
        shippingAddress: {
          name: 'Ada Lovelace',
          line1: 'Cais 12',
          city: 'Porto',
          postalCode: '4050-269',
          country: 'PT',
        },
        paymentMethod: { type: 'sandbox', token: 'success' },
      },
    }),
  );

  // A guest reads the order with the token that came with it.
  const guest = createMainstay({ baseUrl, tenant: shopSlug, accessToken: placed.accessToken });
  const order = unwrap(await getOrder({ client: guest, path: { id: placed.order.id } }));
  return { number: order.number, status: order.status };
}

if (require.main === module) {
  firstOrder(process.env.MAINSTAY_URL ?? 'http://localhost:3000', process.env.MAINSTAY_SHOP ?? 'demo').then(
    ({ number, status }) => process.stdout.write(`Order ${number} is ${status}.\n`),
    (error: Error) => {
      process.stderr.write(`${error.message}\n`);
      process.exitCode = 1;
    },
  );
}
