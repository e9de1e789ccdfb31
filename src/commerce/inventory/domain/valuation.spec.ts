import fc from 'fast-check';
import { CostLayers } from './valuation';

const layers = (text: string): { quantity: number; cost: number }[] =>
  text.split(' ').map((each) => ({ quantity: Number(each.split('@')[0]), cost: Number(each.split('@')[1]) }));
const received = (text: string, order?: 'fifo' | 'lifo'): CostLayers => {
  const stock = new CostLayers(order);
  for (const { quantity, cost } of layers(text)) stock.receive(quantity, cost);
  return stock;
};

describe('what stock cost', () => {
  it('leaves first what came first', () => {
    const stock = received('1@10 2@20 1@20 5@20');
    expect(stock.issue(4)).toEqual(layers('1@10 3@20'));
    expect(stock.left).toEqual(layers('5@20'));
  });

  it('fills at its own cost what left before it came', () => {
    const stock = new CostLayers();
    stock.issue(5, 100);
    expect(stock.left).toEqual(layers('-5@100'));
    stock.receive(6, 10);
    expect(stock.left).toEqual(layers('1@10'));
  });

  it('leaves first what came last, where that is the rule', () => {
    const stock = received('10@10 10@20', 'lifo');
    expect(stock.issue(15)).toEqual(layers('10@20 5@10'));
    expect(stock.left).toEqual(layers('5@10'));
  });

  it('loses no cent: value in − value out = value left', () => {
    const moves = fc.array(fc.tuple(fc.integer({ min: -30, max: 30 }), fc.nat(10_000)), { maxLength: 60 });
    fc.assert(
      fc.property(moves, fc.constantFrom('fifo' as const, 'lifo' as const), (all, order) => {
        const stock = new CostLayers(order);
        let [there, value] = [0, 0];
        for (const [quantity, cost] of all) {
          if (quantity > 0) {
            stock.receive(quantity, cost);
            value += quantity * cost;
            there += quantity;
          } else {
            const most = Math.min(-quantity, there);
            for (const part of stock.issue(most)) value -= part.quantity * part.cost;
            there -= most;
          }
        }
        expect(stock.value).toBe(value);
        expect(stock.left.reduce((sum, layer) => sum + layer.quantity, 0)).toBe(there);
      }),
    );
  });
});
