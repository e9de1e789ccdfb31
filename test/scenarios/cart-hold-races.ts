import {
  HoldStockCommand,
  ReleaseHoldCommand,
  SetCartHoldCommand,
} from '../../src/commerce/inventory/contracts/hold-stock';
import { SetStockCommand } from '../../src/commerce/inventory/contracts/set-stock';
import { AddCartLineCommand } from '../../src/commerce/orders/commands/change-cart';
import { clock } from '../../src/kernel/clock/clock';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import { newId } from '../../src/kernel/ids/ids';
import type { OrderDesk } from '../support/order-desk';
import { STOCK_FAULTS } from '../support/stock-identity';

const codeOf = (error: unknown): string => (error as { code?: string }).code ?? String(error);
const totalReserved = async (desk: OrderDesk): Promise<number> =>
  (await desk.rows<{ n: number }>('select sum(reserved)::int as n from inventory.stock_levels'))[0].n;

/** `buyers` put the last pieces into their carts at once; who got one orders it. The desk's shop lets carts hold stock. */
export async function rushedCarts(desk: OrderDesk, { buyers, units }: { buyers: number; units: number }) {
  await desk.product('HOT', 1000, units);
  const result = { ordered: 0, refused: 0, other: [] as string[] };
  await Promise.all(
    Array.from({ length: buyers }, async () => {
      const outcome = await desk
        .cart(['HOT', 1])
        .then((cart) => desk.checkout(cart))
        .then(() => 'ordered', codeOf);
      if (outcome === 'ordered') result.ordered += 1;
      else if (outcome === 'inventory.out-of-stock') result.refused += 1;
      else result.other.push(outcome);
    }),
  );
  return { ...result, reserved: await totalReserved(desk), faults: await desk.rows(STOCK_FAULTS) };
}

/** Carts whose hold lies on other articles than it shall: what they give back and what they take cross each other. */
export async function crossedCarts(desk: OrderDesk, count: number) {
  const skus = Array.from({ length: 8 }, (_, i) => `S${i}`);
  const lines = skus.map((sku) => ({ sku, onHand: count * 8 }));
  await desk.asStaff(() => desk.commands.execute(new SetStockCommand({ lines, reason: 'race', document: 'race' })));
  const failed: string[] = [];
  let retries = -count * 4;
  const expiresAt = new Date(clock.nowMs() + 600_000);
  const pick = (from: number) => [0, 3, 5].map((step) => ({ sku: skus[(from + step) % 8], quantity: 1 }));
  await Promise.all(
    Array.from({ length: count }, async (_, cart) => {
      const reference = { type: 'cart' as const, id: newId() };
      for (let turn = 0; turn < 4; turn += 1)
        await desk
          .run(() =>
            desk.app.get(UnitOfWork).run(async () => {
              retries += 1;
              await desk.commands.execute(
                new SetCartHoldCommand({ reference, lines: pick(cart * 5 + turn * 3), expiresAt }),
              );
            }),
          )
          .catch((error: unknown) => failed.push(codeOf(error)));
    }),
  );
  return { failed, reserved: await totalReserved(desk), retries, faults: await desk.rows(STOCK_FAULTS) };
}

/**
 * Rounds of one piece that a cart holds until about now: its order takes the hold over while somebody else asks for the piece
 * and the sweeper runs. One of the two has it then.
 */
export async function handOvers(desk: OrderDesk, rounds: number) {
  const result = { both: 0, neither: 0, other: [] as string[] };
  for (let round = 0; round < rounds; round += 1) {
    const sku = `LAST-${round}`;
    await desk.asStaff(() =>
      desk.commands.execute(
        new SetStockCommand({ lines: [{ sku, onHand: 1 }], reason: 'race', document: `race ${round}` }),
      ),
    );
    const lines = [{ sku, quantity: 1 }];
    const cart = { type: 'cart' as const, id: newId() };
    const hold = (command: object): Promise<boolean> =>
      desk
        .run(() => desk.commands.execute(command as never))
        .then(
          () => true,
          (error: unknown) => {
            if (codeOf(error) !== 'inventory.out-of-stock') result.other.push(codeOf(error));
            return false;
          },
        );
    // Some rounds it has lapsed already, some it lapses meanwhile, some it lives on.
    const lapsesAt = new Date(clock.nowMs() + [15, 25, 40, 60][round % 4]);
    await hold(new SetCartHoldCommand({ reference: cart, lines, expiresAt: lapsesAt }));
    const order = (): { type: 'order'; id: string } => ({ type: 'order', id: newId() });
    const expiresAt = new Date(clock.nowMs() + 600_000);
    const [mine, theirs] = [order(), order()];
    const asks = [
      () => hold(new HoldStockCommand({ reference: theirs, lines, expiresAt })),
      () => hold(new HoldStockCommand({ reference: mine, lines, expiresAt, takesOver: cart })),
    ];
    if (round % 2 === 1) asks.reverse();
    while (round % 4 < 2 && clock.nowMs() <= lapsesAt.getTime()) await desk.rows('select 1');
    // In every fourth round somebody else was there before.
    const early = round % 4 === 0 ? [await asks.shift()!()] : [];
    const got = [
      ...early,
      ...(await Promise.all([...asks.map((ask) => ask()), desk.worker.drain().then(() => false)])),
    ];
    const winners = got.filter(Boolean).length;
    if (winners > 1) result.both += 1;
    if (winners === 0) result.neither += 1;
    for (const reference of [mine, theirs])
      await desk.run(() => desk.commands.execute(new ReleaseHoldCommand({ reference, reason: 'race' })));
  }
  return { ...result, faults: await desk.rows(STOCK_FAULTS) };
}

/** One shopper fills many carts with A at once, in a shop whose carts hold stock. */
export async function manyCarts(desk: OrderDesk, count: number) {
  const carts = await Promise.all(Array.from({ length: count }, () => desk.cart()));
  const views = await Promise.all(
    carts.map((cartSecret) =>
      desk.run(() => desk.commands.execute(new AddCartLineCommand({ cartSecret, sku: 'A', quantity: 1 }))),
    ),
  );
  return { held: views.filter(({ lines }) => lines[0].held).length, reserved: await totalReserved(desk) };
}
