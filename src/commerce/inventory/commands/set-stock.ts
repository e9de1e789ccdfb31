import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { SetStockCommand } from '../contracts/set-stock';
import { JournalRepository } from '../data/journal.repository';
import { LocationRepository } from '../data/location.repository';
import { StockRepository } from '../data/stock.repository';
import { belowReserved, locationNotFound } from '../domain/inventory.errors';
import type { Level } from '../domain/stock.policy';
import { StockDesk } from './stock-desk';

/** A freshly made level: it has no history from which a threshold could be crossed. */
const isNew = (level: Level): boolean => level.version === 1;

/** Sets counted stock. A last line wins where a SKU is named twice. */
@CommandHandler(SetStockCommand)
export class SetStockHandler implements ICommandHandler<SetStockCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly locations: LocationRepository,
    private readonly stock: StockRepository,
    private readonly journal: JournalRepository,
    private readonly desk: StockDesk,
  ) {}

  execute({ request }: SetStockCommand): Promise<{ created: number; updated: number; unchanged: number }> {
    return this.uow.run(async () => {
      const wanted = new Map(request.lines.map((line) => [line.sku, line]));
      const locationId = request.locationId ?? (await this.locations.defaultId());
      if (request.locationId && (await this.locations.active([locationId])).size === 0) throw locationNotFound();
      await this.stock.ensure([...wanted.keys()], locationId);
      const levels = await this.stock.lock([...wanted.keys()], locationId);
      const changes = levels.flatMap((level) => {
        const line = wanted.get(level.sku)!;
        const reorderLevel = line.reorderLevel ?? level.reorderLevel;
        const incoming = line.incoming ?? level.incoming;
        const same = level.onHand === line.onHand && level.reorderLevel === reorderLevel && level.incoming === incoming;
        return same && !isNew(level) ? [] : [{ levelId: level.id, onHand: line.onHand, reorderLevel, incoming }];
      });
      const byId = new Map(levels.map((level) => [level.id, level]));
      const impossible = changes.filter((change) => {
        const { reserved, unavailable, backorderLimit } = byId.get(change.levelId)!;
        return change.onHand < 0 || change.onHand - unavailable - reserved < -backorderLimit;
      });
      if (impossible.length > 0) {
        throw belowReserved(
          impossible.map(({ levelId, onHand }) => {
            const { sku, reserved } = byId.get(levelId)!;
            return { sku, onHand, reserved };
          }),
        );
      }
      const changed = changes.length > 0 ? await this.stock.change(changes) : [];
      const moved = changed.filter((level) => level.onHand !== byId.get(level.id)!.onHand);
      await this.journal.write(
        moved.map((level) => ({
          level,
          quantity: level.onHand - byId.get(level.id)!.onHand,
          kind: 'count' as const,
          document: { type: 'count', id: request.document },
          reason: request.reason,
          idempotencyKey: `count:${level.id}:${level.version}`,
        })),
      );
      await this.desk.tell('count', locationId, this.desk.since(levels, moved));
      const created = levels.filter(isNew).length;
      return { created, updated: changed.length - created, unchanged: levels.length - changed.length };
    });
  }
}
