import { Product } from '../domain/product';
import { BundleChanged } from './product-events';

// Stored events outlive releases: a member may be added here, never renamed or removed.
it('events keep their names and payloads', () => {
  const at = new Date('2026-03-01T12:00:00Z');
  const price = { amount: 1_250, currency: 'EUR' };
  const product = Product.create({ name: 'Tea', variants: [{ sku: 'T-1', name: '100 g', price }] }, at);
  product.version = 1;
  product.change({ variants: [{ sku: 'T-1', price: { amount: 900, currency: 'EUR' } }] }, at);
  const bundle = new BundleChanged(product.id, { productId: product.id, parts: ['T-1', 'T-2'] }, 3);
  const text = [...product.pullEvents(), bundle].map(
    ({ type, version, payload }) => `${type} ${version} ${JSON.stringify(payload)}`,
  );
  const ids = [...new Set(text.join().match(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g))];
  expect(text.map((line) => ids.reduce((all, id, i) => all.replaceAll(id, `id-${i}`), line))).toEqual([
    'catalog.product-changed.v1 1 {"productId":"id-0","handle":"tea","name":"Tea","active":true,"categoryId":null,"variants":[{"variantId":"id-1","sku":"T-1","name":"100 g","price":{"amount":1250,"currency":"EUR"},"active":true}]}',
    'catalog.price-changed.v1 2 {"productId":"id-0","variantId":"id-1","sku":"T-1","before":{"amount":1250,"currency":"EUR"},"after":{"amount":900,"currency":"EUR"}}',
    'catalog.product-changed.v1 2 {"productId":"id-0","handle":"tea","name":"Tea","active":true,"categoryId":null,"variants":[{"variantId":"id-1","sku":"T-1","name":"100 g","price":{"amount":900,"currency":"EUR"},"active":true}]}',
    'catalog.bundle-changed.v1 3 {"productId":"id-0","parts":["T-1","T-2"]}',
  ]);
});
