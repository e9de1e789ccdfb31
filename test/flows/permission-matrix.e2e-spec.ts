import { readFileSync } from 'node:fs';
import path from 'node:path';
import { newId } from '../../src/kernel/ids/ids';
import { expectStatus, type Answer, type TestClient } from '../support/client';
import { apiDocument, operations } from '../support/openapi';
import { server } from '../support/server';
import { openShop, signUp, type Shop } from '../support/shop';

interface Declared {
  roles: string[];
  operations: { operation: string; callers: string[] }[];
}
interface Problem {
  code?: string;
}

/** What the guard says to whom it does not let in; whatever else an answer says, the caller came as far as the route. */
const SHUT = new Set(['auth.required', 'auth.permission-missing', 'auth.operator-only', 'auth.route-closed']);

/**
 * The matrix of roles and operations as a running server has it, against the one that is declared. Each operation is
 * called with a query parameter that it does not know: the guard speaks first, and whom it lets in is told about the
 * parameter, so that nothing is done.
 */
describe('rights of the product’s roles, over every operation of the API', () => {
  const declared = JSON.parse(readFileSync(path.resolve(__dirname, '../../docs/permissions.json'), 'utf8')) as Declared;
  const all = operations(apiDocument());
  let shop: Shop;
  const clients = new Map<string, TestClient>();

  beforeAll(async () => {
    shop = await openShop((await server()).url, 'Matrix');
    clients.set('guest', shop.asGuest);
    clients.set('owner', shop.asOwner);
    for (const role of declared.roles.filter((one) => one !== 'owner')) {
      const login = await signUp(shop.asGuest, { email: `${role}-${newId().slice(-12)}@example.com`, name: role });
      const { data } = expectStatus(
        await shop.asOwner.get<{ data: { id: string; userId: string }[] }>('/members?limit=100'),
        200,
      );
      const member = data.find(({ userId }) => userId === login.user.id)!;
      expectStatus(await shop.asOwner.call('PATCH', `/members/${member.id}`, { role }), 204);
      clients.set(role, shop.asGuest.as({ token: login.accessToken }));
    }
  }, 120_000);

  const knock = (client: TestClient, { method, path: route }: { method: string; path: string }) => {
    const at = route.replace(/\{\w+\}/g, () => newId());
    return client.call<Problem>(method, `${at.startsWith('/api') ? at : `/${at}`}?knock=1`, undefined, {
      key: newId(),
    });
  };
  /** An answer to HEAD has no body that could say why. */
  const letIn = ({ method }: { method: string }, { status, body }: Answer<Problem>): boolean =>
    !((status === 401 || status === 403) && (method === 'HEAD' || SHUT.has(body.code ?? '')));

  it('is declared for every operation of the document', () => {
    expect(declared.operations.map(({ operation }) => operation).sort()).toEqual(all.map(({ id }) => id).sort());
    expect(declared.roles).toHaveLength(8);
  });

  it('is what a server does', async () => {
    const found: [string, string[]][] = [];
    const odd: string[] = [];
    for (const operation of all) {
      const answers = await Promise.all(
        [...clients].map(async ([role, client]) => ({ role, answer: await knock(client, operation) })),
      );
      found.push([
        operation.id,
        answers
          .filter(({ answer }) => letIn(operation, answer))
          .map(({ role }) => role)
          .sort(),
      ]);
      for (const { role, answer } of answers) {
        // Nothing was done: whom the guard lets in is refused for the parameter, or for what the route asks besides.
        if (answer.status < 400 || answer.status >= 500) odd.push(`${operation.id} as ${role}: ${answer.status}`);
      }
    }
    const expected = declared.operations.map(({ operation, callers }) => [operation, [...callers].sort()]);
    expect(found.sort()).toEqual(expected.sort());
    expect(odd).toEqual([]);
  }, 300_000);
});
