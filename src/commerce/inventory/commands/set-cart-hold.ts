import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { SetCartHoldCommand } from '../contracts/hold-stock';
import { outOfStock } from '../domain/inventory.errors';
import { ReleaseLapsedHold } from '../reactions/release-lapsed-hold';
import { HoldSuccession } from './hold-succession';
import { StockDesk, type Held } from './stock-desk';

/** Sets what a cart holds, in place of what it held. */
@CommandHandler(SetCartHoldCommand)
export class SetCartHoldHandler implements ICommandHandler<SetCartHoldCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly succession: HoldSuccession,
    private readonly desk: StockDesk,
  ) {}

  execute({ request }: SetCartHoldCommand): Promise<{ leftOut: string[] }> {
    const { reference, instead = [], lines, optional = new Set(), expiresAt } = request;
    const terms = { state: 'active', expiresAt, needBy: null } as const;
    return this.uow.run(async (tx) => {
      const carts = [reference, ...instead];
      if (lines.length === 0) {
        await this.succession.end(carts);
        return { leftOut: [] };
      }
      let held: Held | null = await this.succession.hold(reference, carts, lines, terms);
      const leftOut = held.short?.map(({ sku }) => sku) ?? [];
      const refused = held.short?.filter(({ sku }) => !optional.has(sku)) ?? [];
      if (refused.length > 0) throw outOfStock(refused);
      if (leftOut.length > 0) {
        // All that was short was named at once, and the levels are locked: the rest is to be had.
        const rest = lines.filter(({ sku }) => !leftOut.includes(sku));
        held = rest.length > 0 ? await this.desk.hold(reference, rest, terms) : null;
        if (held?.short) throw outOfStock(held.short);
      }
      if (held?.holdId)
        tx.timer(ReleaseLapsedHold, { holdId: held.holdId, expiresAt: expiresAt.toISOString() }, expiresAt);
      return { leftOut };
    });
  }
}
