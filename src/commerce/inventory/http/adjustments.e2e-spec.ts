import { expectStatus } from '../../../../test/support/client';
import { server } from '../../../../test/support/server';
import { openShop, type Shop } from '../../../../test/support/shop';
import { newId } from '../../../kernel/ids/ids';

interface Problem {
  code: string;
  detail: string;
  lines?: object[];
}
interface Line {
  sku: string;
  expectedOnHand: number;
  onHand: number;
}

describe('corrections of stock over HTTP', () => {
  let shop: Shop;
  const skus = ['ADJ-A', 'ADJ-B', 'ADJ-C'];

  beforeAll(async () => {
    const { url } = await server();
    shop = await openShop(url, 'Corrections');
    const variants = skus.map((sku) => ({ sku, price: { amount: 100, currency: 'EUR' } }));
    for (const variant of variants)
      expectStatus(await shop.asOwner.post('/products', { name: variant.sku, variants: [variant] }), 201);
  });

  const adjust = (lines: Line[], key: string = newId()) =>
    shop.asOwner.call<Problem & { id: string }>(
      'POST',
      '/inventory/adjustments',
      { lines: lines.map((line) => ({ ...line, reason: 'counted' })) },
      { headers: { 'idempotency-key': key } },
    );
  const line = (sku: string, expectedOnHand: number, onHand: number): Line => ({ sku, expectedOnHand, onHand });
  const onHand = async (): Promise<Record<string, number>> => {
    const page = await shop.asOwner.get<{ data: { sku: string; onHand: number }[] }>('/inventory/levels?limit=100');
    return Object.fromEntries(expectStatus(page, 200).data.map((level) => [level.sku, level.onHand]));
  };
  const movements = async (): Promise<number> => {
    const pages = await Promise.all(
      skus.map((sku) => shop.asOwner.get<{ data: object[] }>(`/inventory/movements?sku=${sku}`)),
    );
    return pages.reduce((sum, page) => sum + expectStatus(page, 200).data.length, 0);
  };

  it('are 409 with what lies there where something else was expected, and then none of the lines is taken', async () => {
    expectStatus(await adjust([line('ADJ-A', 0, 10), line('ADJ-B', 0, 20), line('ADJ-C', 0, 30)]), 201);
    const [before, written] = [await onHand(), await movements()];
    const stale = await adjust([line('ADJ-A', 10, 11), line('ADJ-B', 19, 21), line('ADJ-C', 30, 31)]);
    expect(stale.headers.get('content-type')).toMatch(/application\/problem\+json/);
    expect(expectStatus(stale, 409).code).toBe('inventory.stale-count');
    expect(JSON.stringify(stale.body)).toContain('"sku":"ADJ-B"');
    expect(stale.body).toMatchObject({ lines: [{ sku: 'ADJ-B', expectedOnHand: 19, onHand: 20 }] });
    expect(await onHand()).toEqual(before);
    expect(await movements()).toBe(written);
    expectStatus(await adjust([line('ADJ-A', 10, 11), line('ADJ-B', 20, 21), line('ADJ-C', 30, 31)]), 201);
    expect(await onHand()).toMatchObject({ 'ADJ-A': 11, 'ADJ-B': 21, 'ADJ-C': 31 });
  });

  it.each<[string, () => Line[], number, string]>([
    ['unknown', () => [line('ADJ-A', 11, 12), line('NONE', 0, 1)], 400, 'inventory.unknown-sku'],
    ['named twice', () => [line('ADJ-A', 11, 12), line('ADJ-A', 11, 13)], 400, 'inventory.repeated-line'],
    ['of half a piece', () => [line('ADJ-A', 11, 12), line('ADJ-B', 21, 21.5)], 400, 'request.invalid'],
    ['below zero', () => [line('ADJ-A', 11, 12), line('ADJ-B', 21, -1)], 400, 'request.invalid'],
  ])('take none of the lines where one is %s', async (_, lines, status, code) => {
    const before = await onHand();
    expect(expectStatus(await adjust(lines()), status).code).toBe(code);
    expect(await onHand()).toEqual(before);
  });

  it('happen once for one key', async () => {
    const key = newId();
    const first = expectStatus(await adjust([line('ADJ-A', 11, 15)], key), 201);
    expect(expectStatus(await adjust([line('ADJ-A', 11, 15)], key), 201).id).toBe(first.id);
    expect(await onHand()).toMatchObject({ 'ADJ-A': 15 });
  });
});
