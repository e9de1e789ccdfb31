import {
  addCartLine,
  cancelOrder,
  checkOut,
  checkReadiness,
  createCart,
  createMainstay,
  createProduct,
  exportProducts,
  fulfilOrder,
  getOrder,
  getOrderAnalytics,
  getProfile,
  importProducts,
  listDevMailbox,
  listOrders,
  listProducts,
  listStockAlerts,
  listStockLevels,
  login,
  logout,
  MainstayError,
  moveClock,
  newIdempotencyKey,
  payOrder,
  receiveStock,
  refreshTokens,
  register,
  unwrap,
  verifyEmail,
  type Client,
} from '../../sdk/src';
import { Ears } from '../ears';
import { same, until, type Guide } from '../guide';

const PASSWORD = 'a long walk by the harbour';
const ADDRESS = { name: 'Sasha Shopper', line1: 'Quay 7', city: 'Porto', postalCode: '4000-001', country: 'PT' };
const mark = newIdempotencyKey().slice(0, 8);
const MUG = `MUG-${mark}`;
const TEA = `TEA-${mark}`;

const keyed = (key: string = newIdempotencyKey()): { 'Idempotency-Key': string } => ({ 'Idempotency-Key': key });

/** @returns the problem of a call that has to be refused */
async function refused(
  call: Promise<{ data?: unknown; error?: unknown; response?: Response }>,
): Promise<MainstayError> {
  try {
    unwrap(await call);
  } catch (error) {
    if (error instanceof MainstayError) return error;
    throw error;
  }
  throw new Error('This should have been refused.');
}

/** A shop opens, sells, loses a card payment and wins it back, runs low, cancels and ships; staff and shopper see it live. */
export async function firstOrders(guide: Guide, url: string): Promise<void> {
  const anyone = createMainstay({ baseUrl: url });
  const mail = (to: string, subject?: RegExp): Promise<{ subject: string; text: string }> =>
    until(`Mail to ${to}`, async () => {
      const { data } = unwrap(await listDevMailbox({ client: anyone, query: { to } }));
      return data.find((one) => !subject || subject.test(one.subject ?? '')) as
        { subject: string; text: string } | undefined;
    });
  const signUp = async (
    client: Client,
    account: { email: string; name: string; organizationName?: string },
  ): Promise<{ accessToken: string; refreshToken: string }> => {
    unwrap(await register({ client, body: { ...account, password: PASSWORD } }));
    const token = /\/verify-email\/([\w-]+)/.exec((await mail(account.email)).text)![1];
    unwrap(await verifyEmail({ client, path: { token } }));
    return unwrap(await login({ client, body: { email: account.email, password: PASSWORD } })) as {
      accessToken: string;
      refreshToken: string;
    };
  };

  guide.chapter('A shop opens');
  await guide.step('the server is ready', async () => void unwrap(await checkReadiness({ client: anyone })));
  const ownerMail = `olive-${mark}@example.com`;
  await guide.step(
    'an owner registers a shop; before the address is proven the right password is refused',
    async () => {
      unwrap(
        await register({
          client: anyone,
          body: { email: ownerMail, password: PASSWORD, name: 'Olive Owner', organizationName: `Tour ${mark}` },
        }),
      );
      // The account is made after the answer, which so tells nothing of the address.
      await mail(ownerMail);
      same(
        'code',
        (await refused(login({ client: anyone, body: { email: ownerMail, password: PASSWORD } }))).code,
        'identity.email-unverified',
      );
    },
  );
  const link = await guide.step('the mail with the link arrives', async () =>
    /(https?:\S+\/verify-email\/([\w-]+))/.exec((await mail(ownerMail)).text)!,
  );
  await guide.step('a scanner that opens the link consumes nothing; the page behind it posts', async () => {
    same('status', (await fetch(`${url}/verify-email/${link[2]}`)).status, 200);
    unwrap(await verifyEmail({ client: anyone, path: { token: link[2] } }));
  });
  const session = await guide.step(
    'the owner signs in',
    async () =>
      unwrap(await login({ client: anyone, body: { email: ownerMail, password: PASSWORD } })) as {
        accessToken: string;
        refreshToken: string;
      },
  );
  const owner = createMainstay({ baseUrl: url, accessToken: session.accessToken });
  const slug = await guide.step(
    'the profile names the organization',
    async () => unwrap(await getProfile({ client: owner })).organization!.slug,
  );
  const staffEars = await guide.step('staff listen on a socket', () => Ears.open(url, session.accessToken));

  guide.chapter('Goods');
  await guide.step('products with variants', async () => {
    const price = (amount: number): { amount: number; currency: string } => ({ amount, currency: 'EUR' });
    unwrap(
      await createProduct({
        client: owner,
        body: { name: 'Harbour Mug', variants: [{ sku: MUG, price: price(1_600) }] },
      }),
    );
    unwrap(
      await createProduct({
        client: owner,
        body: { name: 'Morning Tea', variants: [{ sku: TEA, price: price(790) }] },
      }),
    );
  });
  await guide.step('goods received into stock', async () => {
    const lines = [
      { sku: MUG, quantity: 10 },
      { sku: TEA, quantity: 40 },
    ];
    unwrap(await receiveStock({ client: owner, headers: keyed(), body: { lines } }));
  });
  await guide.step(
    'a file with products: tried first, then taken; a broken row is named by line and column',
    async () => {
      const file = `sku,name,price,currency\nCUP-${mark},Cup,12.50,EUR\nBAD-${mark},Broken,twelve,EUR\n`;
      const tried = unwrap(
        await importProducts({
          client: owner,
          query: { dryRun: true },
          body: file as never,
          headers: { 'content-type': 'text/csv' } as never,
        }),
      ) as unknown as { faults: { line: number; column: string }[] };
      same('fault', [tried.faults[0].line, tried.faults[0].column], [3, 'price']);
    },
  );
  await guide.step('the shop front finds them by a word, and exports as CSV', async () => {
    const guest = createMainstay({ baseUrl: url, tenant: slug });
    const found = unwrap(await listProducts({ client: guest, query: { q: 'mug' } })) as { data: { name: string }[] };
    same(
      'found',
      found.data.map((product) => product.name),
      ['Harbour Mug'],
    );
    const csv = unwrap(await exportProducts({ client: owner, parseAs: 'text' })) as unknown as string;
    if (!csv.includes(MUG)) throw new Error('The export lacks the mug.');
  });

  guide.chapter('A shopper buys');
  const shopperMail = `sasha-${mark}@example.com`;
  const guest = createMainstay({ baseUrl: url, tenant: slug });
  const shopperSession = await guide.step('a shopper joins this shop', () =>
    signUp(guest, { email: shopperMail, name: 'Sasha Shopper' }),
  );
  const shopper = createMainstay({ baseUrl: url, accessToken: shopperSession.accessToken });
  const shopperEars = await guide.step('and listens too', () => Ears.open(url, shopperSession.accessToken));
  const cartOf = async (client: Client, sku: string, quantity: number): Promise<string> => {
    const { id } = unwrap(await createCart({ client, body: {} }));
    unwrap(await addCartLine({ client, path: { id }, body: { sku, quantity } }));
    return id;
  };
  const buy = async (
    client: Client,
    sku: string,
    quantity: number,
    token = 'success',
    email = shopperMail,
    key = newIdempotencyKey(),
  ) => {
    const id = await cartOf(client, sku, quantity);
    return unwrap(
      await checkOut({
        client,
        path: { id },
        headers: keyed(key),
        body: { email, shippingAddress: ADDRESS, paymentMethod: { type: 'sandbox', token } },
      }),
    );
  };
  const level = async (sku: string): Promise<{ onHand: number; reserved: number; available: number }> => {
    const [{ onHand, reserved, available }] = unwrap(
      await listStockLevels({ client: owner, query: { sku: [sku] as never } }),
    ).data;
    return { onHand, reserved, available };
  };
  const first = await guide.step('cart, checkout, paid', async () => {
    const placed = await buy(shopper, MUG, 2);
    same('status', placed.order.status, 'paid');
    return placed;
  });
  await guide.step('stock is promised, not yet gone', async () =>
    same('level', await level(MUG), { onHand: 10, reserved: 2, available: 8 }),
  );
  await guide.step('the confirmation is mailed', async () => {
    if (!(await mail(shopperMail, /order/i)).text.includes(first.order.number))
      throw new Error('The mail lacks the order number.');
  });
  await guide.step('staff and shopper see the order live, staff the stock', async () => {
    await staffEars.hear('order.updated', (order) => JSON.stringify(order).includes(first.order.id));
    await shopperEars.hear('order.updated', (order) => JSON.stringify(order).includes(first.order.id));
    await staffEars.hear('stock.changed', (change) => JSON.stringify(change).includes(MUG));
  });
  await guide.step(
    'the same request again is answered, not carried out; another body under its key is refused',
    async () => {
      const id = await cartOf(guest, TEA, 1);
      const key = newIdempotencyKey();
      const body = {
        email: `guest-${mark}@example.com`,
        shippingAddress: ADDRESS,
        paymentMethod: { type: 'sandbox', token: 'success' },
      };
      const one = unwrap(await checkOut({ client: guest, path: { id }, headers: keyed(key), body }));
      const again = await checkOut({ client: guest, path: { id }, headers: keyed(key), body });
      same('order', unwrap(again).order.id, one.order.id);
      same('replayed', again.response?.headers.get('idempotency-replayed'), 'true');
      same(
        'code',
        (
          await refused(
            checkOut({
              client: guest,
              path: { id },
              headers: keyed(key),
              body: { ...body, email: 'other@example.com' },
            }),
          )
        ).code,
        'idempotency.key-reused',
      );
    },
  );

  guide.chapter('Cards');
  await guide.step('a declined card leaves the order waiting; another one pays it', async () => {
    const placed = await buy(shopper, TEA, 1, 'declined');
    same('status', placed.order.status, 'pending_payment');
    if (!placed.payment?.error?.code) throw new Error('The decline has no code.');
    const paid = unwrap(
      await payOrder({
        client: shopper,
        path: { id: placed.order.id },
        headers: keyed(),
        body: { paymentMethod: { type: 'sandbox', token: 'success' } },
      }),
    );
    same('status', paid.order.status, 'paid');
  });
  const paid = (id: string): Promise<boolean> =>
    until('The payment', async () => unwrap(await getOrder({ client: owner, path: { id } })).status === 'paid');
  await guide.step('a card that wants 3-D Secure: the bank’s page, approve, back to the shop, paid', async () => {
    const placed = await buy(shopper, TEA, 1, 'requires_action');
    const bank = placed.payment!.nextAction!.url;
    same('page', (await fetch(bank)).status, 200);
    const approved = await fetch(bank, {
      method: 'POST',
      redirect: 'manual',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'decision=approve',
    });
    await fetch(approved.headers.get('location')!, { redirect: 'manual' });
    await paid(placed.order.id);
  });
  await guide.step(
    'a gateway that charges and then does not answer: never charged twice, paid when it tells',
    async () => {
      const placed = await buy(shopper, TEA, 1, 'timeout_after_success');
      await paid(placed.order.id);
    },
  );

  guide.chapter('The limits');
  await guide.step('more than there is: refused, the SKU named, nothing held', async () => {
    const before = await level(MUG);
    const id = await cartOf(guest, MUG, 9);
    const problem = await refused(
      checkOut({
        client: guest,
        path: { id },
        headers: keyed(),
        body: {
          email: `guest-${mark}@example.com`,
          shippingAddress: ADDRESS,
          paymentMethod: { type: 'sandbox', token: 'success' },
        },
      }),
    );
    same('code', problem.code, 'inventory.out-of-stock');
    same('level', await level(MUG), before);
  });
  await guide.step('the last mug: staff are alerted once, by socket and mail', async () => {
    await buy(shopper, MUG, 8);
    await staffEars.hear('stock.alert', (alert) => JSON.stringify(alert).includes(MUG));
    await mail(ownerMail, /stock/i);
    const alerts = unwrap(await listStockAlerts({ client: owner })).data.filter((alert) => alert.sku === MUG);
    same('alerts', alerts.length, 1);
  });
  await guide.step(
    'an order nobody pays is given up after half an hour (the clock is moved), its stock is free again',
    async () => {
      const waiting = await buy(shopper, TEA, 3, 'declined');
      const before = await level(TEA);
      unwrap(await moveClock({ client: owner, body: { advanceSeconds: 1_860 } }));
      const fresh = unwrap(await login({ client: anyone, body: { email: ownerMail, password: PASSWORD } })) as {
        accessToken: string;
      };
      const later = createMainstay({ baseUrl: url, accessToken: fresh.accessToken });
      await until(
        'The cancellation',
        async () => unwrap(await getOrder({ client: later, path: { id: waiting.order.id } })).status === 'cancelled',
      );
      unwrap(await moveClock({ client: later, body: { advanceSeconds: -1_860 } }));
      same('reserved', (await level(TEA)).reserved, before.reserved - 3);
    },
  );
  await guide.step('another shop sees nothing of this one: 404, not 403', async () => {
    const strangerSession = await signUp(anyone, {
      email: `stranger-${mark}@example.com`,
      name: 'Stranger',
      organizationName: `Other ${mark}`,
    });
    const stranger = createMainstay({ baseUrl: url, accessToken: strangerSession.accessToken });
    same('status', (await refused(getOrder({ client: stranger, path: { id: first.order.id } }))).status, 404);
  });

  guide.chapter('The back office');
  await guide.step('the first order ships: stock leaves', async () => {
    const before = await level(MUG);
    same(
      'status',
      unwrap(await fulfilOrder({ client: owner, path: { id: first.order.id }, headers: keyed() })).status,
      'fulfilled',
    );
    const after = await level(MUG);
    same('level', [after.onHand, after.reserved], [before.onHand - 2, before.reserved - 2]);
  });
  await guide.step('a paid order is cancelled: its stock is free, its money goes back', async () => {
    const before = await level(TEA);
    const placed = await buy(shopper, TEA, 2);
    same(
      'status',
      unwrap(await cancelOrder({ client: owner, path: { id: placed.order.id }, headers: keyed(), body: {} })).status,
      'cancelled',
    );
    same('level', await level(TEA), before);
  });
  await guide.step('the list of orders, and what sold', async () => {
    const orders = unwrap(await listOrders({ client: owner, query: { limit: 50 } })) as { data: unknown[] };
    const from = '2000-01-01T00:00:00Z';
    const report = unwrap(
      await getOrderAnalytics({
        client: owner,
        query: { from, to: '2100-01-01T00:00:00Z', groupBy: 'product' } as never,
      }),
    );
    if (orders.data.length < 6 || report.data.length !== 2)
      throw new Error(`${orders.data.length} orders, ${report.data.length} products in the report.`);
  });

  guide.chapter('Leaving');
  await guide.step('tokens rotate; the old one, used again later, ends its family', async () => {
    const next = unwrap(
      await refreshTokens({ client: anyone, body: { refreshToken: shopperSession.refreshToken } }),
    ) as { refreshToken: string };
    const further = unwrap(await refreshTokens({ client: anyone, body: { refreshToken: next.refreshToken } })) as {
      refreshToken: string;
    };
    same(
      'reuse',
      (await refused(refreshTokens({ client: anyone, body: { refreshToken: shopperSession.refreshToken } }))).status,
      401,
    );
    same(
      'family',
      (await refused(refreshTokens({ client: anyone, body: { refreshToken: further.refreshToken } }))).status,
      401,
    );
    await shopperEars.closed();
  });
  await guide.step('signed out: the token is refused within seconds, the socket closed within two', async () => {
    unwrap(await logout({ client: owner, body: { refreshToken: session.refreshToken } as never }));
    await staffEars.closed();
    await until('The refusal', async () => (await getProfile({ client: owner })).response?.status === 401, 5);
  });
  staffEars.close();
  shopperEars.close();
}
