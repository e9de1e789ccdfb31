import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import { BackordersAllocated, BackordersInReach } from '../contracts/inventory-events';
import { BackorderRepository, type AllocatedShare } from '../data/backorder.repository';
import { StockRepository, type LevelDelta } from '../data/stock.repository';
import { planAllocation, type WaitingPart } from '../domain/backorder.policy';
import { StockDesk } from './stock-desk';

/** Holds that are looked after by one transaction. */
const AT_ONCE = 200;

/**
 * Gives free stock of these SKUs to those who wait for it, in the order in which they were promised. Doing it again, or twice at
 * once, gives nothing twice. Says `inventory.backorders-allocated.v1` to each who got something.
 * @returns pieces that were given
 */
export class AllocateBackordersCommand extends Command<{ allocated: number }> {
  constructor(readonly skus: readonly string[]) {
    super();
  }
}

@CommandHandler(AllocateBackordersCommand)
export class AllocateBackordersHandler implements ICommandHandler<AllocateBackordersCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly backorders: BackorderRepository,
    private readonly stock: StockRepository,
    private readonly desk: StockDesk,
  ) {}

  execute({ skus }: AllocateBackordersCommand): Promise<{ allocated: number }> {
    return this.uow.run(async () => {
      const queue = await this.backorders.queue(skus, AT_ONCE);
      if (queue.length === 0) return { allocated: 0 };
      // Holds before levels, as everywhere; each set in id order. What they wait for, and the lots, are read after both locks.
      await this.backorders.lockHolds(queue);
      const before = await this.stock.lock(skus);
      const lots = await this.stock.lotsOf(
        before.map((level) => level.id),
        { live: true },
      );
      const parts = await this.backorders.waiting(queue, skus);
      const place = new Map(queue.map((id, index) => [id, index]));
      parts.sort((a, b) => place.get(a.holdId)! - place.get(b.holdId)!);
      const shares = planAllocation(parts, before, lots);
      if (shares.length > 0) await this.give(shares, parts, before);
      const allocated = shares.reduce((sum, { quantity }) => sum + quantity, 0);
      // Whoever stands behind these gets what is left.
      const waited = parts.reduce((sum, { quantity }) => sum + quantity, 0);
      if (queue.length === AT_ONCE && allocated === waited)
        this.uow.current().record(new BackordersInReach(newId(), { skus: [...skus] }));
      return { allocated };
    });
  }

  private async give(
    shares: readonly AllocatedShare[],
    parts: readonly WaitingPart[],
    before: Awaited<ReturnType<StockRepository['lock']>>,
  ): Promise<void> {
    await this.backorders.allocate(shares);
    const levels = new Map<string, Required<Pick<LevelDelta, 'levelId' | 'reserved' | 'backordered'>>>();
    const change = (levelId: string, reserved: number, backordered: number): void => {
      const sum = levels.get(levelId) ?? { levelId, reserved: 0, backordered: 0 };
      levels.set(levelId, { levelId, reserved: sum.reserved + reserved, backordered: sum.backordered + backordered });
    };
    const lots = new Map<string, number>();
    for (const { part, levelId, lotId, quantity } of shares) {
      change(part.levelId, levelId === part.levelId ? 0 : -quantity, -quantity);
      if (levelId !== part.levelId) change(levelId, quantity, 0);
      lots.set(lotId, (lots.get(lotId) ?? 0) + quantity);
    }
    const changed = await this.stock.post(
      [...levels.values()],
      [...lots].map(([lotId, reserved]) => ({ lotId, reserved })),
    );
    await this.desk.tell('allocation', newId(), this.desk.since(before, changed));
    const tx = this.uow.current();
    for (const holdId of new Set(shares.map(({ part }) => part.holdId))) {
      const own = shares.filter(({ part }) => part.holdId === holdId);
      const { referenceType: type, referenceId: id } = own[0].part;
      // A cart is not promised anything yet; its order will have what it got.
      if (type === 'cart') continue;
      const lines = new Map<string, number>();
      for (const { part, quantity } of own) lines.set(part.sku, (lines.get(part.sku) ?? 0) + quantity);
      const got = own.reduce((sum, { quantity }) => sum + quantity, 0);
      const wanted = parts.filter((part) => part.holdId === holdId).reduce((sum, { quantity }) => sum + quantity, 0);
      tx.record(
        new BackordersAllocated(id, {
          reference: { type, id },
          lines: [...lines].map(([sku, quantity]) => ({ sku, quantity })),
          waiting: wanted - got,
        }),
      );
    }
  }
}
