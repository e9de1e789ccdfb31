import { listStockLevels, listStockLots, listStockMovements, unwrap, type Client } from '../sdk/src';
import { same, type Guide } from './guide';

const sum = (numbers: number[]): number => numbers.reduce((a, b) => a + b, 0);

/**
 * On hand = available + reserved + unavailable = what the batches hold = what the journal adds up to, over all locations
 * of a shop. @returns it as a line. @throws Error where it is not so
 */
export async function stockIdentity(owner: Client, sku: string): Promise<string> {
  const levels = unwrap(await listStockLevels({ client: owner, query: { sku: [sku] as never } })).data;
  const lots = unwrap(await listStockLots({ client: owner, query: { sku } })).data;
  const moves = unwrap(await listStockMovements({ client: owner, query: { sku, limit: 100 } })).data;
  if (levels.length === 0) return 'on hand 0';
  const of = (figure: 'onHand' | 'available' | 'reserved' | 'unavailable') => sum(levels.map((level) => level[figure]));
  const [onHand, available, reserved, unavailable] = [of('onHand'), of('available'), of('reserved'), of('unavailable')];
  same('available + reserved + unavailable', available + reserved + unavailable, onHand);
  same('batches', [sum(lots.map((lot) => lot.onHand)), sum(lots.map((lot) => lot.reserved))], [onHand, reserved]);
  same('journal', sum(moves.map((move) => move.quantity)), onHand);
  return `on hand ${onHand} = available ${available} + reserved ${reserved} + unavailable ${unavailable}`;
}

/** Steps with the identity of a SKU before and after each. */
export const stockSteps =
  (guide: Guide, owner: Client, sku: string) =>
  async <T>(title: string, work: () => Promise<T>): Promise<T> => {
    const before = await stockIdentity(owner, sku);
    let result!: T;
    await guide.step(title, async () => {
      result = await work();
      return `${before}  →  ${await stockIdentity(owner, sku)}`;
    });
    return result;
  };
