import { CreateCustomerCommand } from '../../src/commerce/customers/commands/write-customer';
import { MergeCustomersCommand } from '../../src/commerce/customers/commands/merge-customers';
import { AcceptQuoteCommand } from '../../src/commerce/orders/commands/decide-quote';
import { ExchangeReturnCommand } from '../../src/commerce/orders/commands/exchange-return';
import { InspectReturnCommand, ReceiveReturnCommand } from '../../src/commerce/orders/commands/manage-return';
import { RequestReturnCommand } from '../../src/commerce/orders/commands/request-return';
import { ShipOrderCommand } from '../../src/commerce/orders/commands/ship-order';
import { CreateQuoteCommand, SendQuoteCommand } from '../../src/commerce/orders/commands/write-quote';
import type { QuoteView } from '../../src/commerce/orders/domain/quote-view';
import type { ReturnView } from '../../src/commerce/orders/domain/return-view';
import { ADDRESS, STAFF, type OrderDesk } from '../support/order-desk';

/** What came of tries that raced each other; everybody but one a round is to be told why not. */
export interface Raced {
  done: number;
  /** Codes of refusals, each once. */
  refused: string[];
}

/** How often each goes through; one, where there is a guard. */
const TRIES = 4;

async function raced(tries: Promise<unknown>[]): Promise<Raced> {
  const all = await Promise.allSettled(tries);
  const errors = all.flatMap((one) => (one.status === 'rejected' ? [one.reason as { code?: string }] : []));
  return {
    done: all.length - errors.length,
    refused: [...new Set(errors.map((error) => error.code ?? String(error)))],
  };
}

/** A quote over two of A is accepted by several at once. @returns beside it the orders there are, and the pieces held */
export async function quoteRace(desk: OrderDesk): Promise<Raced & { orders: number; reserved: number }> {
  desk.open();
  await desk.product('A', 1000, 50);
  const act = <T>(command: object): Promise<T> => desk.asStaff(() => desk.commands.execute(command as never));
  const { id: quoteId } = await act<QuoteView>(
    new CreateQuoteCommand({
      email: 'sasha@example.com',
      shippingAddress: ADDRESS,
      lines: [{ sku: 'A', quantity: 2 }],
      validDays: 10,
    }),
  );
  await act(new SendQuoteCommand(quoteId));
  const result = await raced(Array.from({ length: TRIES }, () => act(new AcceptQuoteCommand({ quoteId }))));
  const orders = await desk.rows('select 1 from orders.orders');
  return { ...result, orders: orders.length, reserved: (await desk.stock('A')).reserved };
}

/** Goods of one return are exchanged by several at once. @returns beside it the orders sent instead, and their worth in minor units */
export async function exchangeRace(desk: OrderDesk): Promise<Raced & { orders: number; traded: number }> {
  desk.open();
  await desk.product('A', 1000, 50);
  const act = <T>(command: object): Promise<T> => desk.asStaff(() => desk.commands.execute(command as never));
  const { order } = await desk.checkout(await desk.cart(['A', 4]));
  await act(new ShipOrderCommand({ orderId: order.id }));
  const lineId = order.lines[0].id;
  const lines = [{ lineId, quantity: 1, reason: 'Broken' }];
  const { id: returnId } = await act<ReturnView>(new RequestReturnCommand({ orderId: order.id, viewer: STAFF, lines }));
  await act(new ReceiveReturnCommand({ returnId }));
  await act(new InspectReturnCommand({ returnId, lines: [{ lineId, restock: true }] }));
  const exchange = new ExchangeReturnCommand({ returnId, lines: [{ sku: 'A', quantity: 1 }] });
  const result = await raced(Array.from({ length: TRIES }, () => act(exchange)));
  const sent = await desk.rows<{ traded: number }>(
    `select traded_total::int as traded from orders.orders where origin = 'exchange'`,
  );
  return { ...result, orders: sent.length, traded: sent.reduce((sum, { traded }) => sum + traded, 0) };
}

/** A customer is merged into two others at once. @returns beside it how many of these took over what it had */
export async function mergeRace(desk: OrderDesk): Promise<Raced & { heirs: number }> {
  desk.open();
  const make = (name: string, more: object = {}) =>
    desk.asStaff(() => desk.commands.execute(new CreateCustomerCommand({ name, ...more })));
  const goes = await make('Goes', { phone: '+49 30 0074321' });
  const stay = [await make('Ann'), await make('Bob')];
  const result = await raced(
    stay.map(({ id }) => desk.asStaff(() => desk.commands.execute(new MergeCustomersCommand(id, goes.id)))),
  );
  const heirs = await desk.rows('select 1 from customers.customers where merged_into is null and phone is not null');
  return { ...result, heirs: heirs.length };
}
