import { Command, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import { FindVariantsBySkuQuery } from '../../catalog/contracts/find-variants-by-sku';
import { JournalRepository } from '../data/journal.repository';
import { LocationRepository } from '../data/location.repository';
import { StockRepository } from '../data/stock.repository';
import { locationNotFound, unknownSkus } from '../domain/inventory.errors';
import { availableOf, sumDemand, type Level } from '../domain/stock.policy';
import { StockDesk } from './stock-desk';

export interface ReceiptLine {
  sku: string;
  /** Pieces, greater than zero. */
  quantity: number;
  /** Default: the shop's default location. */
  locationId?: string;
}

export interface Receipt {
  id: string;
  lines: { sku: string; locationId: string; quantity: number; onHand: number; reserved: number; available: number }[];
}

/**
 * Goods arrive: on-hand rises and each level gets a movement with the receipt as its document.
 * @throws AppError invalid `inventory.unknown-sku`, not-found `inventory.location-not-found`
 */
export class ReceiveStockCommand extends Command<Receipt> {
  constructor(readonly request: { lines: ReceiptLine[]; reference?: string }) {
    super();
  }
}

@CommandHandler(ReceiveStockCommand)
export class ReceiveStockHandler implements ICommandHandler<ReceiveStockCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: QueryBus,
    private readonly locations: LocationRepository,
    private readonly stock: StockRepository,
    private readonly journal: JournalRepository,
    private readonly desk: StockDesk,
  ) {}

  execute({ request }: ReceiveStockCommand): Promise<Receipt> {
    return this.uow.run(async () => {
      await this.checkSkus(request.lines);
      const lines = await this.placed(request.lines);
      const receiptId = newId();
      const places = [...new Set(lines.map((line) => line.locationId))].sort();
      for (const place of places) {
        await this.stock.ensure([...new Set(lines.filter((l) => l.locationId === place).map((l) => l.sku))], place);
      }
      const arrived = sumDemand(lines.map((line) => ({ sku: key(line), quantity: line.quantity })));
      // Locked in id order, whatever the location; those of the same SKUs elsewhere are locked too and stay as they are.
      const before = (await this.stock.lock([...new Set(lines.map((line) => line.sku))])).filter((level) =>
        arrived.has(key(level)),
      );
      const levels = await this.stock.change(
        before.map((level) => ({ ...numbers(level), onHand: level.onHand + arrived.get(key(level))! })),
      );
      await this.journal.write(
        levels.map((level) => ({
          level,
          quantity: arrived.get(key(level))!,
          kind: 'receipt' as const,
          document: { type: 'receipt', id: receiptId },
          reason: request.reference ?? 'received',
          idempotencyKey: `receipt:${receiptId}:${level.id}`,
        })),
      );
      await this.desk.tell('receipt', receiptId, this.desk.since(before, levels));
      return { id: receiptId, lines: levels.map((level) => lineOf(level, arrived.get(key(level))!)) };
    });
  }

  private async checkSkus(lines: readonly ReceiptLine[]): Promise<void> {
    const skus = [...new Set(lines.map((line) => line.sku))];
    const known = new Set((await this.queries.execute(new FindVariantsBySkuQuery({ skus }))).map((each) => each.sku));
    const wrong = lines
      .map((line, index) => ({ pointer: `/lines/${index}/sku`, sku: line.sku }))
      .filter((line) => !known.has(line.sku));
    if (wrong.length > 0) throw unknownSkus(wrong);
  }

  private async placed(lines: readonly ReceiptLine[]): Promise<(ReceiptLine & { locationId: string })[]> {
    const fallback = lines.some((line) => !line.locationId) ? await this.locations.defaultId() : '';
    const named = [...new Set(lines.flatMap((line) => line.locationId ?? []))];
    if (named.length > 0 && (await this.locations.active(named)).size !== named.length) throw locationNotFound();
    return lines.map((line) => ({ ...line, locationId: line.locationId ?? fallback }));
  }
}

const key = (line: { sku: string; locationId: string }): string => `${line.locationId} ${line.sku}`;

const numbers = (level: Level) => ({
  levelId: level.id,
  onHand: level.onHand,
  reorderLevel: level.reorderLevel,
  incoming: level.incoming,
});

const lineOf = (level: Level, quantity: number): Receipt['lines'][number] => ({
  sku: level.sku,
  locationId: level.locationId,
  quantity,
  onHand: level.onHand,
  reserved: level.reserved,
  available: availableOf(level),
});
