import { newId } from '../../src/kernel/ids/ids';
import { deriveStatus, edgeAllowed, MACHINES, type OrderFacets } from '../../src/commerce/orders/domain/order-machines';
import { OrderDesk } from '../support/order-desk';

describe('the states of an order', () => {
  let desk: OrderDesk;
  const product = (sku: string, amount?: number, onHand?: number) => desk.product(sku, amount, onHand);
  const cart = (...lines: [sku: string, quantity: number][]) => desk.cart(...lines);
  const checkout = (cart: string, token?: string, more?: object) => desk.checkout(cart, token, more);
  const rows = <Row extends object>(text: string, params?: unknown[]) => desk.rows<Row>(text, params);

  beforeAll(async () => {
    desk = await OrderDesk.start();
  });
  afterAll(() => desk?.app.close());
  beforeEach(() => desk.open());

  describe('the table of edges', () => {
    it('is the same in the database as in the code, for every pair', async () => {
      for (const machine of Object.keys(MACHINES) as (keyof typeof MACHINES)[]) {
        const states = Object.keys(MACHINES[machine]);
        const pairs = states.flatMap((from) => states.map((to) => ({ from, to })));
        const found = await rows<{ from: string; to: string; ok: boolean }>(
          `select x."from", x."to", orders.edge_allowed($1, x."from", x."to") as ok
           from json_to_recordset($2::json) as x("from" text, "to" text)`,
          [machine, JSON.stringify(pairs)],
        );
        for (const { from, to, ok } of found)
          expect(`${machine} ${from} → ${to}: ${ok}`).toBe(
            `${machine} ${from} → ${to}: ${edgeAllowed(machine, from, to)}`,
          );
      }
    });

    it('derives the status as the generated column does, for every combination', async () => {
      const at = new Date(0);
      const all: OrderFacets[] = [];
      for (const paymentStatus of Object.keys(MACHINES.payment) as OrderFacets['paymentStatus'][])
        for (const fulfilmentStatus of Object.keys(MACHINES.fulfilment) as OrderFacets['fulfilmentStatus'][])
          for (const returnStatus of Object.keys(MACHINES.return) as OrderFacets['returnStatus'][])
            for (const onHoldReason of [null, 'shortfall'])
              for (const [placedAt, cancelledAt, closedAt] of [
                [null, null, null],
                [at, null, null],
                [at, at, null],
                [at, null, at],
              ])
                all.push({
                  paymentStatus,
                  fulfilmentStatus,
                  returnStatus,
                  onHoldReason,
                  placedAt,
                  cancelledAt,
                  closedAt,
                });
      const list = all.map((facets, index) => ({ ...facets, id: newId(), number: String(index) }));
      await rows(
        `insert into orders.orders (tenant_id, id, number, channel, currency, subtotal, discount_total, shipping_total, tax_total,
           total, payment_status, fulfilment_status, return_status, on_hold_reason, placed_at, cancelled_at, closed_at, created_at, updated_at)
         select $1, x.id, x.number, 'import', 'EUR', 0, 0, 0, 0, 0, x."paymentStatus", x."fulfilmentStatus", x."returnStatus",
           x."onHoldReason", x."placedAt", x."cancelledAt", x."closedAt", now(), now()
         from json_to_recordset($2::json) as x(id uuid, number text, "paymentStatus" text, "fulfilmentStatus" text,
           "returnStatus" text, "onHoldReason" text, "placedAt" timestamptz, "cancelledAt" timestamptz, "closedAt" timestamptz)`,
        [desk.tenant, JSON.stringify(list)],
      );
      const found = await rows<{ number: string; status: string }>('select number, status from orders.orders');
      expect(found).toHaveLength(all.length);
      for (const { number, status } of found)
        expect(`${number} ${status}`).toBe(`${number} ${deriveStatus(all[+number])}`);
    });

    it('is kept by the database against code that forgets it', async () => {
      await product('A');
      const { order } = await checkout(await cart(['A', 1]));
      await expect(
        rows(`update orders.orders set payment_status = 'pending' where id = $1`, [order.id]),
      ).rejects.toMatchObject({ code: '23514' });
    });
  });
});
