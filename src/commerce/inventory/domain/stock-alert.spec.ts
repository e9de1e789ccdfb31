import { decide, type AlertKind, type Watched } from './stock-alert';

const at = (sellable: number, onHand = sellable) => ({ sellable, onHand });
const level = (now: number, open: AlertKind[] = [], more: Partial<Watched> = {}): Watched => ({
  reorderLevel: 4,
  overstockLevel: 50,
  expiryAlertDays: 0,
  now: at(now),
  open,
  ...more,
});

describe('alerts of a level', () => {
  it.each<[string, Watched, number | null, number, AlertKind[], AlertKind[]]>([
    ['falls to the reorder level', level(4), 5, 4, ['low_stock'], []],
    ['falls further', level(3, ['low_stock']), 4, 3, [], []],
    ['falls further, the alert not written yet by another', level(3), 4, 3, [], []],
    ['falls and recovered meanwhile', level(9), 5, 4, [], []],
    ['recovers', level(5, ['low_stock']), 4, 5, [], ['low_stock']],
    ['was never above it', level(3), 0, 3, [], []],
    ['sells out at one stroke', level(0), 9, 0, ['out_of_stock'], []],
    ['sells out while low', level(0, ['low_stock']), 2, 0, ['out_of_stock'], []],
    ['promises more than there is', level(-2, ['out_of_stock']), 0, -2, [], []],
    [
      'gets a little after it sold out at one stroke',
      level(2, ['out_of_stock']),
      0,
      2,
      ['low_stock'],
      ['out_of_stock'],
    ],
    ['gets a little while low', level(2, ['out_of_stock', 'low_stock']), 0, 2, [], ['out_of_stock']],
    ['is full again', level(9, ['out_of_stock', 'low_stock']), 0, 9, [], ['low_stock', 'out_of_stock']],
    ['sells out without a reorder level', level(0, [], { reorderLevel: 0 }), 3, 0, ['out_of_stock'], []],
    ['is filled beyond the overstock level', level(51), 50, 51, ['overstock'], []],
    ['is filled beyond it again', level(60, ['overstock']), 51, 60, [], []],
    ['comes down', level(50, ['overstock']), 60, 50, [], ['overstock']],
    ['has no overstock level any more', level(60, ['overstock'], { overstockLevel: null }), 60, 60, [], ['overstock']],
    ['changed in an unknown way', level(3), null, 3, [], []],
  ])('%s', (_, watched, before, after, raise, resolve) => {
    const step = { before: before === null ? null : at(before), after: at(after) };
    expect(decide(watched, step)).toEqual({ raise, resolve });
  });
});
