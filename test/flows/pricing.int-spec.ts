import { CreatePriceListCommand, SetListPricesCommand } from '../../src/commerce/catalog/commands/price-lists';
import { CreateProductCommand } from '../../src/commerce/catalog/commands/create-product';
import { CancelOrderCommand } from '../../src/commerce/orders/commands/cancel-order';
import { SaveCheckoutSettingsCommand } from '../../src/commerce/orders/commands/save-checkout-settings';
import { AddCartLineCommand, SetCartDestinationCommand } from '../../src/commerce/orders/commands/change-cart';
import {
  ChangeShippingMethodCommand,
  ChooseShippingMethodCommand,
  CreateShippingMethodCommand,
} from '../../src/commerce/orders/commands/shipping-methods';
import { CartShippingMethodsQuery } from '../../src/commerce/orders/queries/shipping-methods';
import { FindCartQuery } from '../../src/commerce/orders/queries/find-cart';
import { FindCheckoutSettingsQuery } from '../../src/commerce/orders/queries/find-checkout-settings';
import { NO_SETTINGS, type CheckoutSettings } from '../../src/commerce/orders/domain/checkout-settings';
import { QueryBus } from '@nestjs/cqrs';
import { ADDRESS, OrderDesk, lookedUp } from '../support/order-desk';

const PT = { country: 'PT', region: null, postalCode: '4000-001' };
const IVA = { country: 'PT', category: 'standard', name: 'IVA', basisPoints: 2300 };
const eur = (amount: number) => ({ amount, currency: 'EUR' });

describe('prices from cart to order', () => {
  let desk: OrderDesk;
  const cartView = (secret: string) => desk.run(() => desk.app.get(QueryBus).execute(new FindCartQuery(secret)));
  const settings = (change: Partial<CheckoutSettings>, version: number | null = null) =>
    desk.asStaff(() => desk.commands.execute(new SaveCheckoutSettingsCommand({ ...NO_SETTINGS, ...change }, version)));
  const destine = (cartSecret: string) =>
    desk.run(() => desk.commands.execute(new SetCartDestinationCommand({ cartSecret, destination: PT })));
  /** The catalogue asks another price from now on. */
  const reprice = (sku: string, amount: number) =>
    desk.rows('update catalog.variants set price_amount = $2 where sku = $1 returning id', [sku, amount]);

  beforeAll(async () => {
    desk = await OrderDesk.start();
  });
  afterAll(() => desk?.app.close());
  beforeEach(() => desk.open());

  it('are what the cart showed, or the checkout is refused with the new price and nothing is done', async () => {
    await desk.product('A', 1000);
    const cart = await desk.cart(['A', 2]);
    await reprice('A', 1100);
    const refusal = await desk.checkout(cart).catch((error: unknown) => error);
    expect(refusal).toMatchObject({
      code: 'orders.price-changed',
      data: { expected: eur(2000), total: eur(2200), changes: [{ sku: 'A', was: eur(1000), now: eur(1100) }] },
    });
    for (const table of ['orders.orders', 'orders.order_counters', 'payments.intents', 'customers.customers'])
      expect(await desk.rows(`select 1 from ${table}`)).toEqual([]);
    expect(await desk.stock('A')).toMatchObject({ reserved: 0 });
    const { priceHash, total } = await cartView(cart);
    expect(priceHash).toBe((refusal as { data: { priceHash: string } }).data.priceHash);
    expect(total).toEqual(eur(2200));
    const { order } = await desk.checkout(cart, 'success', { priceHash });
    expect(order).toMatchObject({ status: 'paid', total: eur(2200) });
  });

  it('show their taxes in the cart, and keep them in order, events and rows', async () => {
    await desk.product('A', 999);
    await desk.product('B', 105);
    await settings({ taxRates: [IVA] });
    const cart = await desk.cart(['A', 3], ['B', 1]);
    expect(await cartView(cart)).toMatchObject({ taxTotal: eur(0), total: eur(3102) });
    // Untaxed it was shown, so taxed it is not charged.
    await expect(desk.checkout(cart)).rejects.toMatchObject({ code: 'orders.price-changed' });
    const shown = await destine(cart);
    expect(shown).toMatchObject({ destination: PT, subtotal: eur(3102), taxTotal: eur(713), total: eur(3815) });
    expect(await cartView(cart)).toEqual(shown);
    const { order } = await desk.checkout(cart);
    expect(order).toMatchObject({
      subtotal: eur(3102),
      taxTotal: eur(713),
      taxIncluded: false,
      taxes: [{ name: 'IVA', basisPoints: 2300, base: eur(3102), amount: eur(713) }],
      total: eur(3815),
      lines: [
        { sku: 'A', total: eur(2997), discount: eur(0), tax: eur(689) },
        { sku: 'B', total: eur(105), tax: eur(24) },
      ],
    });
    expect(await desk.find(order.id)).toEqual(lookedUp(order));
    const [event] = await desk.rows<{ payload: object }>(
      `select payload from kernel.events where type = 'orders.order-paid.v1'`,
    );
    expect(event.payload).toMatchObject({
      subtotal: eur(3102),
      discount: eur(0),
      shipping: eur(0),
      tax: eur(713),
      taxIncluded: false,
      total: eur(3815),
      lines: [{ lineId: order.lines[0].id, tax: eur(689), discount: eur(0) }, { sku: 'B' }],
    });
    // Re-derived from the rows alone.
    const [derived] = await desk.rows(
      `select sum(l.unit_price * l.quantity)::bigint = o.subtotal and sum(l.tax)::bigint + o.shipping_tax = o.tax_total
         and sum(l.total)::bigint + o.shipping_total + o.tax_total = o.total as agrees
       from orders.orders o join orders.order_lines l on l.tenant_id = o.tenant_id and l.order_id = o.id group by o.tenant_id, o.id`,
    );
    expect(derived).toEqual({ agrees: true });
  });

  it('that hold their tax are charged as they stand', async () => {
    await desk.product('A', 1230);
    await settings({ taxRates: [IVA], pricesIncludeTax: true });
    const { order } = await desk.checkout(await desk.cart(['A', 1]));
    expect(order).toMatchObject({
      taxIncluded: true,
      taxTotal: eur(230),
      total: eur(1230),
      lines: [{ tax: eur(230) }],
    });
  });

  it('follow settings that nobody overwrites unseen', async () => {
    expect(await desk.asStaff(() => desk.app.get(QueryBus).execute(new FindCheckoutSettingsQuery()))).toEqual({
      ...NO_SETTINGS,
      version: 0,
    });
    const stale = { code: 'orders.stale-settings' };
    await expect(settings({}, 1)).rejects.toMatchObject(stale);
    expect(await settings({ taxRates: [IVA] }, 0)).toMatchObject({ taxRates: [IVA], version: 1 });
    await expect(settings({}, 0)).rejects.toMatchObject(stale);
    const both = await Promise.allSettled([
      settings({ defaultCountry: 'PT' }, 1),
      settings({ defaultCountry: 'DE' }, 1),
    ]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    await expect(settings({ taxRates: [IVA, { ...IVA, basisPoints: 600 }] })).rejects.toMatchObject({
      code: 'orders.double-tax-rate',
    });
  });

  it('are of one currency: a cart takes nothing that is priced in another', async () => {
    await desk.product('A', 1000);
    await desk.product('B', 1000);
    await desk.rows(`update catalog.variants set price_currency = 'USD' where sku = 'B' returning id`);
    const cart = await desk.cart(['A', 1]);
    await expect(
      desk.run(() => desk.commands.execute(new AddCartLineCommand({ cartSecret: cart, sku: 'B', quantity: 1 }))),
    ).rejects.toMatchObject({ code: 'orders.mixed-currencies' });
    expect((await cartView(cart)).lines).toHaveLength(1);
  });

  it('follow the price lists of the quantity that a cart holds', async () => {
    await desk.product('A', 1000);
    await desk.asStaff(async () => {
      const list = await desk.commands.execute(new CreatePriceListCommand({ name: 'Many', currency: 'EUR' }));
      await desk.commands.execute(new SetListPricesCommand(list.id, [{ sku: 'A', minQuantity: 10, amount: 800 }]));
    });
    const cart = await desk.cart(['A', 9]);
    expect(await cartView(cart)).toMatchObject({ total: eur(9000), lines: [{ unitPrice: eur(1000) }] });
    await desk.run(() => desk.commands.execute(new AddCartLineCommand({ cartSecret: cart, sku: 'A', quantity: 1 })));
    const shown = await cartView(cart);
    expect(shown).toMatchObject({ total: eur(8000), lines: [{ unitPrice: eur(800) }] });
    expect((await desk.checkout(cart, 'success', { priceHash: shown.priceHash })).order.total).toEqual(eur(8000));
  });

  it('of bundles are their own; what they hold is asked of the stock as one, by the piece', async () => {
    await desk.product('TEA', 500, 5);
    await desk.product('CUP', 700, 5);
    await desk.asStaff(() =>
      desk.commands.execute(
        new CreateProductCommand({
          name: 'Set',
          variants: [
            {
              sku: 'SET',
              price: eur(1500),
              components: [
                { sku: 'TEA', quantity: 2 },
                { sku: 'CUP', quantity: 1 },
              ],
            },
          ],
        }),
      ),
    );
    const one = await desk.cart(['SET', 1]);
    const shown = await desk.run(() => desk.app.get(QueryBus).execute(new FindCartQuery(one)));
    expect(shown.lines).toMatchObject([{ sku: 'SET', available: 2 }]);
    // Two sets and two teas by themselves are six teas, of which there are five.
    await expect(desk.checkout(await desk.cart(['SET', 2], ['TEA', 2]))).rejects.toMatchObject({
      code: 'inventory.out-of-stock',
      data: { skus: [{ sku: 'TEA', requested: 6, available: 5 }] },
    });
    const { order } = await desk.checkout(await desk.cart(['SET', 2], ['TEA', 1]));
    expect(order).toMatchObject({ total: eur(3500), lines: [{ sku: 'SET', quantity: 2 }, { sku: 'TEA' }] });
    expect(await desk.stock('TEA')).toMatchObject({ reserved: 5 });
    expect(await desk.stock('CUP')).toMatchObject({ reserved: 2 });
    await desk.asStaff(() => desk.commands.execute(new CancelOrderCommand({ orderId: order.id, reason: 'staff' })));
    expect(await desk.stock('TEA')).toMatchObject({ reserved: 0 });
  });

  it('hold the shipping that was chosen for where the cart goes, with its tax, and free from an amount on', async () => {
    await desk.product('A', 1000);
    await settings({ taxRates: [IVA] });
    const zone = {
      countries: ['PT'],
      regions: [],
      postalPrefixes: [],
      rates: [{ from: 0, price: 500 }],
      freeFrom: 5000,
    };
    const terms = {
      name: 'Parcel',
      active: true,
      position: 0,
      currency: 'EUR',
      rateBy: 'price' as const,
      zones: [zone],
    };
    const method = await desk.asStaff(() => desk.commands.execute(new CreateShippingMethodCommand(terms)));
    const cart = await desk.cart(['A', 1]);
    const choose = (methodId: string) =>
      desk.run(() => desk.commands.execute(new ChooseShippingMethodCommand({ cartSecret: cart, methodId })));
    const offers = () => desk.run(() => desk.app.get(QueryBus).execute(new CartShippingMethodsQuery(cart)));
    await expect(desk.checkout(cart)).rejects.toMatchObject({ code: 'orders.shipping-method-needed' });
    await expect(offers()).rejects.toMatchObject({ code: 'orders.destination-needed' });
    await expect(choose(method.id)).rejects.toMatchObject({ code: 'orders.destination-needed' });
    await destine(cart);
    await expect(choose(cart.slice(0, 8))).rejects.toMatchObject({ code: 'orders.unknown-shipping-method' });
    expect(await offers()).toEqual([{ id: method.id, name: 'Parcel', price: eur(500), chosen: false }]);
    expect(await choose(method.id)).toMatchObject({
      shipping: { id: method.id, name: 'Parcel' },
      shippingTotal: eur(500),
      taxTotal: eur(345),
      total: eur(1845),
    });
    // Elsewhere it does not go, and the cart says so before the checkout does.
    const abroad = { ...ADDRESS, country: 'ES', postalCode: '28001' };
    await expect(desk.checkout(cart, 'success', { shippingAddress: abroad })).rejects.toMatchObject({
      code: 'orders.not-shippable',
    });
    const { order } = await desk.checkout(cart);
    expect(order).toMatchObject({
      subtotal: eur(1000),
      shippingTotal: eur(500),
      shippingTax: eur(115),
      taxTotal: eur(345),
      total: eur(1845),
      shippingMethod: { id: method.id, name: 'Parcel' },
    });
    expect(await desk.find(order.id)).toEqual(lookedUp(order));
    const change = (more: object, version: number | null = null) =>
      desk.asStaff(() => desk.commands.execute(new ChangeShippingMethodCommand(method.id, more, version)));
    expect(await change({ zones: [{ ...zone, countries: ['ES'] }] }, 1)).toMatchObject({ version: 2, name: 'Parcel' });
    await expect(change({}, 1)).rejects.toMatchObject({ code: 'orders.shipping-method-stale' });
    const rich = await desk.cart(['A', 5]);
    await destine(rich);
    const chosen = { cartSecret: rich, methodId: method.id };
    const refused = desk.run(() => desk.commands.execute(new ChooseShippingMethodCommand(chosen)));
    await expect(refused).rejects.toMatchObject({ code: 'orders.not-shippable' });
    await change({ zones: [zone] });
    const free = await desk.run(() => desk.commands.execute(new ChooseShippingMethodCommand(chosen)));
    expect(free).toMatchObject({ shippingTotal: eur(0), total: eur(6150) });
    await change({ active: false });
    expect(await cartView(rich)).toMatchObject({ shipping: null, shippingTotal: eur(0) });
  });
});
