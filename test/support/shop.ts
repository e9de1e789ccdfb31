import { newId } from '../../src/kernel/ids/ids';
import { expectStatus, TestClient } from './client';
import { eventually } from './eventually';

export interface Login {
  accessToken: string;
  refreshToken: string;
  user: { id: string; email: string };
}

interface Mail {
  to: string;
  subject: string;
  text: string;
  html: string;
}

/** A shop of its own for a test: tests keep apart by tenant, never by cleaning up. */
export interface Shop {
  id: string;
  slug: string;
  name: string;
  url: string;
  owner: Login & { password: string };
  /** Signed in as the owner. */
  asOwner: TestClient;
  /** A guest of the shop. */
  asGuest: TestClient;
}

export const PASSWORD = 'a long walk by the harbour';

/** The newest mail to an address, once it arrives in the development mailbox. */
export function mailTo(client: TestClient, to: string, subject?: RegExp): Promise<Mail> {
  return eventually(
    async () => {
      const found = await client.get<{ data: Mail[] }>(`/dev/mailbox?to=${encodeURIComponent(to)}`);
      return found.body.data?.find((mail) => !subject || subject.test(mail.subject));
    },
    { timeoutMs: 45_000, everyMs: 50 },
  ) as Promise<Mail>;
}

/** Registers an account, follows the link of its mail and signs in. */
export async function signUp(
  client: TestClient,
  account: { email: string; name: string; organizationName?: string },
): Promise<Login & { password: string }> {
  const registered = await client.post('/auth/register', { ...account, password: PASSWORD });
  if (registered.status >= 300) throw new Error(`register: ${registered.status} ${registered.text}`);
  const mail = await mailTo(client, account.email);
  const token = /\/verify-email\/([\w-]+)/.exec(mail.text)?.[1];
  const verified = await client.post(`/auth/verify-email/${token}`);
  if (verified.status >= 300) throw new Error(`verify: ${verified.status} ${verified.text}`);
  const login = expectStatus(
    await client.post<Login>('/auth/login', { email: account.email, password: PASSWORD }),
    200,
  );
  return { ...login, password: PASSWORD };
}

/** A new organization with its owner, through the front door. */
export async function openShop(url: string, label = 'Shop'): Promise<Shop> {
  const client = new TestClient(url);
  const mark = newId().slice(-12);
  const owner = await signUp(client, {
    email: `owner-${mark}@example.com`,
    name: 'Olive Owner',
    organizationName: `${label} ${mark}`,
  });
  const asOwner = client.as({ token: owner.accessToken });
  const profile = expectStatus(
    await asOwner.get<{ organization: { id: string; slug: string; name: string } }>('/auth/profile'),
    200,
  );
  return { ...profile.organization, url, owner, asOwner, asGuest: client.as({ tenant: profile.organization.slug }) };
}

export interface Stocked {
  sku: string;
  productId: string;
}

/** A product of one variant with stock, as the owner makes it. */
export async function stock(
  shop: Shop,
  options: { sku?: string; quantity?: number; price?: number; name?: string } = {},
): Promise<Stocked> {
  const sku = options.sku ?? `SKU-${newId().slice(-10)}`;
  const made = await shop.asOwner.post<{ id: string }>('/products', {
    name: options.name ?? `Thing ${sku}`,
    variants: [{ sku, price: { amount: options.price ?? 1_000, currency: 'EUR' } }],
  });
  const product = expectStatus(made, 201);
  const quantity = options.quantity ?? 100;
  if (quantity > 0) {
    expectStatus(await shop.asOwner.post('/inventory/receipts', { lines: [{ sku, quantity }] }, { key: newId() }), 201);
  }
  return { sku, productId: product.id };
}

export interface Placed {
  order: { id: string; number: string; status: string; email: string; lines: { id: string; sku: string }[] };
  payment: { id: string; status: string; error: { code: string } | null; nextAction: { url: string } | null };
  accessToken?: string;
}

export const ADDRESS = { name: 'Sasha Shopper', line1: 'Quay 7', city: 'Porto', postalCode: '4000-001', country: 'PT' };

/** A cart with these lines. */
export async function fillCart(guest: TestClient, lines: { sku: string; quantity: number }[]): Promise<string> {
  const cart = expectStatus(await guest.post<{ id: string }>('/carts', {}), 201);
  for (const line of lines) {
    const added = await guest.post(`/carts/${cart.id}/lines`, line);
    if (added.status >= 300) throw new Error(`cart line: ${added.status} ${added.text}`);
  }
  return cart.id;
}

/** Checks a cart out with the sandbox. */
export const checkOut = (
  guest: TestClient,
  cartId: string,
  token = 'success',
  key: string = newId(),
  email = `buyer-${newId().slice(-10)}@example.com`,
) =>
  guest.post<Placed>(
    `/carts/${cartId}/checkout`,
    { email, shippingAddress: ADDRESS, paymentMethod: { type: 'sandbox', token } },
    { key },
  );

/** Uploads a file of products and lets it be imported on its own. @returns the id of the import */
export async function startedImport(
  client: TestClient,
  rows = 'sku,name,price,currency\nIMP-1,Imported,1.00,EUR\n',
): Promise<string> {
  const form = new FormData();
  form.set('file', new Blob([rows]), 'products.csv');
  const wire = new Response(form);
  const headers = { 'content-type': wire.headers.get('content-type')! };
  return expectStatus(
    await client.call<{ id: string }>('POST', '/product-imports', await wire.text(), { headers }),
    202,
  ).id;
}
