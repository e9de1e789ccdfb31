import {
  BackordersAllocated,
  BackordersInReach,
  StockAlertRaised,
  StockChanged,
  StockDigestDue,
  StockMoved,
  StockReturned,
  StockShipped,
} from './inventory-events';

const reference = { type: 'order' as const, id: 'o' };
const unitCost = { amount: 125, currency: 'EUR' };
const level = { levelId: 'l', sku: 'A', locationId: 'p' };

// Stored events outlive releases: a member may be added here, never renamed or removed.
it('events keep their names and payloads', () => {
  const events = [
    new StockChanged('d', {
      cause: 'hold',
      levels: [{ ...level, onHand: 5, reserved: 2, available: 3, version: 7, was: { onHand: 5, available: 4 } }],
    }),
    new StockShipped('o', {
      reference,
      lines: [
        { sku: 'A', quantity: 1, lots: [{ lotId: 't', number: 'LATE', quantity: 1, unitCost, serials: ['S1'] }] },
      ],
    }),
    new StockReturned('o', {
      reference,
      lines: [{ sku: 'A', quantity: 1, disposition: 'restock', lotId: 't', unitCost: null }],
    }),
    new StockMoved('d', {
      document: { type: 'receipt', id: 'd' },
      supplierId: 's',
      movements: [{ sku: 'A', lotId: 't', kind: 'receipt', quantity: 5, unitCost }],
    }),
    new StockAlertRaised('l', {
      ...level,
      alertId: 'a',
      kind: 'expiring',
      locationName: 'Quay',
      available: 3,
      reorderLevel: 4,
      onHand: 2,
      overstockLevel: null,
      lotId: 't',
      lotNumber: 'LATE',
      removeAt: '2026-03-08T12:00:00.000Z',
    }),
    new StockDigestDue('s', {
      day: '2026-03-08',
      counts: { low_stock: 1, out_of_stock: 0, expiring: 0, overstock: 0 },
      unacknowledged: 1,
      alerts: [
        {
          kind: 'low_stock',
          sku: 'A',
          locationName: 'Quay',
          lotNumber: null,
          available: 3,
          onHand: null,
          removeAt: null,
          acknowledged: false,
        },
      ],
      expiringValue: [unitCost],
    }),
    new BackordersInReach('d', { skus: ['A'] }),
    new BackordersAllocated('o', { reference, lines: [{ sku: 'A', quantity: 1 }], waiting: 2 }),
  ];
  expect(events.map(({ type, payload }) => `${type} ${JSON.stringify(payload)}`)).toMatchInlineSnapshot(`
[
  "inventory.stock-changed.v1 {"cause":"hold","levels":[{"levelId":"l","sku":"A","locationId":"p","onHand":5,"reserved":2,"available":3,"version":7,"was":{"onHand":5,"available":4}}]}",
  "inventory.stock-shipped.v1 {"reference":{"type":"order","id":"o"},"lines":[{"sku":"A","quantity":1,"lots":[{"lotId":"t","number":"LATE","quantity":1,"unitCost":{"amount":125,"currency":"EUR"},"serials":["S1"]}]}]}",
  "inventory.stock-returned.v1 {"reference":{"type":"order","id":"o"},"lines":[{"sku":"A","quantity":1,"disposition":"restock","lotId":"t","unitCost":null}]}",
  "inventory.stock-moved.v1 {"document":{"type":"receipt","id":"d"},"supplierId":"s","movements":[{"sku":"A","lotId":"t","kind":"receipt","quantity":5,"unitCost":{"amount":125,"currency":"EUR"}}]}",
  "inventory.stock-alert-raised.v1 {"levelId":"l","sku":"A","locationId":"p","alertId":"a","kind":"expiring","locationName":"Quay","available":3,"reorderLevel":4,"onHand":2,"overstockLevel":null,"lotId":"t","lotNumber":"LATE","removeAt":"2026-03-08T12:00:00.000Z"}",
  "inventory.stock-digest-due.v1 {"day":"2026-03-08","counts":{"low_stock":1,"out_of_stock":0,"expiring":0,"overstock":0},"unacknowledged":1,"alerts":[{"kind":"low_stock","sku":"A","locationName":"Quay","lotNumber":null,"available":3,"onHand":null,"removeAt":null,"acknowledged":false}],"expiringValue":[{"amount":125,"currency":"EUR"}]}",
  "inventory.backorders-in-reach.v1 {"skus":["A"]}",
  "inventory.backorders-allocated.v1 {"reference":{"type":"order","id":"o"},"lines":[{"sku":"A","quantity":1}],"waiting":2}",
]
`);
});
