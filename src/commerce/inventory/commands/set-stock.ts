import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { SetStockCommand } from '../contracts/set-stock';
import { JournalRepository } from '../data/journal.repository';
import { LocationRepository } from '../data/location.repository';
import { StockRepository } from '../data/stock.repository';
import { locationNotFound } from '../domain/inventory.errors';
import type { Level } from '../domain/stock.policy';
import { LotCounter } from './lot-counter';
import { SerialDesk } from './serial-desk';
import { StockDesk } from './stock-desk';

/** A level that was made and never changed: it has no history from which a threshold could be crossed. */
const isNew = (level: Level): boolean => level.version === 1;

/** Sets counted stock. A last line wins where a SKU is named twice. */
@CommandHandler(SetStockCommand)
export class SetStockHandler implements ICommandHandler<SetStockCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly locations: LocationRepository,
    private readonly stock: StockRepository,
    private readonly journal: JournalRepository,
    private readonly counter: LotCounter,
    private readonly desk: StockDesk,
    private readonly serials: SerialDesk,
  ) {}

  execute({ request }: SetStockCommand): Promise<{ created: number; updated: number; unchanged: number }> {
    return this.uow.run(async () => {
      const wanted = new Map(request.lines.map((line) => [line.sku, line]));
      const locationId = request.locationId ?? (await this.locations.defaultId());
      if (request.locationId && (await this.locations.active([locationId])).size === 0) throw locationNotFound();
      const opened = await this.stock.open([...wanted.values()], locationId);
      for (const { sku } of opened) wanted.delete(sku);
      const levels = wanted.size > 0 ? await this.stock.lock([...wanted.keys()], locationId) : [];
      const changes = levels.flatMap((level) => {
        const line = wanted.get(level.sku)!;
        const reorderLevel = line.reorderLevel ?? null;
        // What papers let expect stays; the import says what is to come beside them.
        const incoming = line.incoming === undefined ? level.incoming : line.incoming + level.expected;
        const same =
          level.onHand === line.onHand &&
          (reorderLevel ?? level.reorderLevel) === level.reorderLevel &&
          level.incoming === incoming;
        const more = line.onHand - level.onHand;
        return same && !isNew(level)
          ? []
          : [{ level, onHand: more, incoming: incoming - level.incoming, reorderLevel }];
      });
      await this.serials.refuseUnnamed(changes.filter(({ onHand }) => onHand !== 0).map(({ level }) => level.sku));
      const shares = await this.counter.spread(changes.map(({ level, onHand }) => ({ level, change: onHand })));
      const changed =
        changes.length > 0
          ? await this.stock.post(
              changes.map(({ level, ...change }) => ({ levelId: level.id, ...change })),
              shares.map(({ lotId, quantity }) => ({ lotId, onHand: quantity })),
            )
          : [];
      const filled = opened.filter(({ onHand }) => onHand > 0);
      const byId = new Map([...filled, ...changed].map((level) => [level.id, level]));
      const first = filled.map(({ id, onHand }) => ({ levelId: id, lotId: id, quantity: onHand, unitCost: null }));
      await this.journal.write(
        [...first, ...shares].map((share) => {
          const level = byId.get(share.levelId)!;
          return {
            level,
            ...share,
            kind: 'count' as const,
            document: { type: 'count', id: request.document },
            reason: request.reason,
            idempotencyKey: `count:${share.lotId}:${level.version}`,
          };
        }),
      );
      const moved = new Set(shares.map((share) => share.levelId));
      await this.desk.tell(
        'count',
        locationId,
        this.desk.since(levels, [...filled, ...changed.filter((level) => moved.has(level.id))]),
      );
      const empty = levels.filter(isNew).length;
      return {
        created: opened.length + empty,
        updated: changed.length - empty,
        unchanged: levels.length - changed.length,
      };
    });
  }
}
