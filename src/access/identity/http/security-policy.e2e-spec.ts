import { expectStatus, TestClient } from '../../../../test/support/client';
import { server } from '../../../../test/support/server';
import { openShop, type Shop } from '../../../../test/support/shop';

interface Policy {
  password: { profile: string; minLength: number; history: number };
}
interface Problem {
  code: string;
  errors: { pointer: string }[];
}

describe('security settings over HTTP', () => {
  let shop: Shop;
  let other: Shop;
  beforeAll(async () => {
    const { url } = await server();
    [shop, other] = await Promise.all([openShop(url, 'Policy'), openShop(url, 'Other policy')]);
  });

  it('are read and changed by the owner, for the own organization alone', async () => {
    expect(expectStatus(await shop.asOwner.get<Policy>('/security-policy'), 200).password).toMatchObject({
      profile: 'standard',
      minLength: 15,
    });
    const changed = await shop.asOwner.call<Policy>('PATCH', '/security-policy', {
      password: { minLength: 20, history: 4 },
    });
    expect(expectStatus(changed, 200).password).toMatchObject({ minLength: 20, history: 4 });
    expect((await shop.asOwner.get<Policy>('/security-policy')).body.password.minLength).toBe(20);
    expect((await other.asOwner.get<Policy>('/security-policy')).body.password.minLength).toBe(15);
    expect((await new TestClient(shop.url).get('/security-policy')).status).toBe(401);
  });

  it.each([
    [{ password: { minLength: 9 } }, '/password/minLength'],
    [{ password: { maxAgeDays: 30 } }, '/password/maxAgeDays'],
    [{ password: { profile: 'none' } }, '/password/profile'],
    [{ password: { minLength: '20' } }, '/password/minLength'],
    [{ password: { history: 25 } }, '/password/history'],
    [{ password: { blockedWords: ['ab'] } }, '/password/blockedWords'],
    [{ password: null }, '/password'],
    [{ password: { minLenght: 20 } }, '/password/minLenght'],
    [{ passwords: {} }, '/passwords'],
  ])('refuse %j and say where', async (body, pointer) => {
    const before = (await other.asOwner.get<Policy>('/security-policy')).body;
    const answer = await other.asOwner.call<Problem>('PATCH', '/security-policy', body);
    expect(answer.status).toBe(400);
    expect(answer.body.errors.map((error) => error.pointer)).toContain(pointer);
    expect((await other.asOwner.get<Policy>('/security-policy')).body).toEqual(before);
  });
});
