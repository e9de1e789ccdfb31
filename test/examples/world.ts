import { newId } from '../../src/kernel/ids/ids';
import { expectStatus, TestClient } from '../support/client';
import { testDatabase } from '../support/cluster';
import { startServer, type TestServer } from '../support/server';
import { openShop, PASSWORD, signUp, type Login, type Shop } from '../support/shop';

/** Where the examples are sent: a server of their own with one shop, and whoever may call. */
export interface World {
  server: TestServer;
  /** Shop of the examples that need none of their own; what is arranged in it stays. */
  shop: Shop;
  operator: TestClient;
  /** Nobody, and no shop named. */
  anyone: TestClient;
  /** A further shop, for what would collide with or end the shared one. */
  ownShop(): Promise<Shop>;
  /** A new customer of a shop, signed in; e-mail and password are in the answer. */
  customer(shop: Shop): Promise<Login & { email: string; password: string; client: TestClient }>;
}

/** What an example needs to be sent. All of it is optional: the document's example is the rest. */
export interface Example {
  /** Caller; default the shop's owner, the operator for operations of operators, a guest of the shop for public ones. */
  client?: TestClient;
  /** Values of the path's parameters. */
  path?: Record<string, string>;
  /** Members that take the place of the example's, such as ids; `undefined` takes one out. A text replaces all of it. */
  body?: Record<string, unknown> | string;
  /** Query parameters that every call needs. */
  query?: Record<string, string>;
  headers?: Record<string, string>;
  /** Status to expect where the first documented success is not what this example meets. */
  status?: number;
}

/** Brings about what an operation needs; or says why no test can send its example. */
export type Arrangement = ((world: World) => Example | Promise<Example>) | { notSent: string };

/** Arrangements by operation id; one file a tag in `operations/`, each with a default export of this type. */
export type Arrangements = Record<string, Arrangement>;

export async function openWorld(): Promise<World> {
  const email = 'operator@example.com';
  const server = await startServer({
    database: await testDatabase({ fresh: true }),
    name: `examples-${process.env.JEST_WORKER_ID ?? 1}`,
    env: { MAINSTAY_ADMIN_EMAIL: email, MAINSTAY_ADMIN_PASSWORD: PASSWORD },
  });
  const anyone = new TestClient(server.url);
  const login = await anyone.post<{ accessToken: string }>('/auth/login', { email, password: PASSWORD });
  return {
    server,
    anyone,
    shop: await openShop(server.url, 'Examples'),
    operator: anyone.as({ token: expectStatus(login, 200).accessToken }),
    ownShop: () => openShop(server.url, 'Example'),
    customer: async (shop) => {
      const address = `customer-${newId().slice(-12)}@example.com`;
      const made = await signUp(shop.asGuest, { email: address, name: 'Cora Customer' });
      return { ...made, email: address, client: anyone.as({ token: made.accessToken }) };
    },
  };
}
