import { Product } from './product';

const at = new Date('2026-01-01T00:00:00Z');
const price = { amount: 1250, currency: 'EUR' };
const make = (): Product => {
  const product = Product.create({ name: 'Café Crème', variants: [{ sku: 'A', price }] }, at);
  product.version = 1;
  product.pullEvents();
  return product;
};

describe('Product', () => {
  it('begins active, with a handle from its name and an event of its state', () => {
    const product = Product.create({ name: ' Café Crème ', variants: [{ sku: 'A', price }] }, at);
    expect(product).toMatchObject({
      name: 'Café Crème',
      handle: 'cafe-creme',
      active: true,
      searchText: 'cafe creme a',
    });
    const events = product.pullEvents();
    expect(events.map((event) => [event.type, event.version])).toEqual([['catalog.product-changed.v1', 1]]);
    expect(events[0].payload).toMatchObject({ name: 'Café Crème', variants: [{ sku: 'A', price, active: true }] });
  });

  it('says nothing when nothing is different', () => {
    const product = make();
    expect(product.change({ name: 'Café Crème', variants: [{ sku: 'A', price: { ...price } }] }, at)).toBe(false);
    expect(product.pullEvents()).toEqual([]);
  });

  it('says old and new price', () => {
    const product = make();
    product.change({ variants: [{ sku: 'A', price: { amount: 900, currency: 'EUR' } }] }, at);
    const [changed, state] = product.pullEvents();
    expect(changed.type).toBe('catalog.price-changed.v1');
    expect(changed.payload).toMatchObject({ sku: 'A', before: price, after: { amount: 900 } });
    expect(state).toMatchObject({ type: 'catalog.product-changed.v1', version: 2 });
  });

  it('adds a variant by a new SKU and finds it by search text', () => {
    const product = make();
    product.change({ variants: [{ sku: 'B-2', name: 'large', price }] }, at);
    expect(product.variants.map((it) => [it.sku, it.position])).toEqual([
      ['A', 0],
      ['B-2', 1],
    ]);
    expect(product.searchText).toBe('cafe creme a b 2 large');
  });

  it('refuses one SKU twice', () => {
    expect(() =>
      Product.create(
        {
          name: 'x',
          variants: [
            { sku: 'A', price },
            { sku: 'A', price },
          ],
        },
        at,
      ),
    ).toThrow('catalog.sku-twice');
  });
});
