import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import { RestockCommand } from '../contracts/hold-stock';
import { StockReturned } from '../contracts/inventory-events';
import { JournalRepository, type Movement } from '../data/journal.repository';
import { LocationRepository } from '../data/location.repository';
import { ReservationRepository, type ShippedLot } from '../data/reservation.repository';
import { StockRepository } from '../data/stock.repository';
import { exceedsShipment } from '../domain/inventory.errors';
import { SerialDesk } from './serial-desk';
import { StockDesk } from './stock-desk';

type Part = ShippedLot & { quantity: number; disposition: 'restock' | 'scrap' };

/** Goods come back into the lots they left, and open a location that was closed meanwhile; what is scrapped is written off at once, so both show in the journal. */
@CommandHandler(RestockCommand)
export class RestockHandler implements ICommandHandler<RestockCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly reservations: ReservationRepository,
    private readonly locations: LocationRepository,
    private readonly stock: StockRepository,
    private readonly journal: JournalRepository,
    private readonly desk: StockDesk,
    private readonly serials: SerialDesk,
  ) {}

  execute({ request: { reference, lines, serials = [] } }: RestockCommand): Promise<void> {
    return this.uow.run(async (tx) => {
      const out = await this.reservations.lockShipped(reference);
      const parts = match(out, await this.serials.ofNamed(reference, lines, serials));
      const kept = parts.filter((part) => part.disposition === 'restock');
      await this.locations.openFor(kept.map((part) => part.levelId));
      const before = await this.stock.lockByIds([...new Set(parts.map((part) => part.levelId))]);
      await this.reservations.noteReturned(parts);
      const changed = await this.stock.post(
        [...added(kept, (part) => part.levelId)].map(([levelId, onHand]) => ({ levelId, onHand })),
        [...added(kept, (part) => part.lotId)].map(([lotId, onHand]) => ({ lotId, onHand })),
      );
      await this.serials.takeBack(reference, parts, serials);
      const levels = new Map([...before, ...changed].map((level) => [level.id, level]));
      const operation = newId();
      await this.journal.write(
        parts.flatMap((part, index) => {
          const back: Movement = {
            level: levels.get(part.levelId)!,
            lotId: part.lotId,
            quantity: part.quantity,
            unitCost: part.unitCost,
            kind: 'return',
            document: reference,
            reason: 'returned',
            idempotencyKey: `return:${operation}:${index}`,
          };
          if (part.disposition === 'restock') return [back];
          const off = {
            kind: 'scrap' as const,
            quantity: -part.quantity,
            idempotencyKey: `scrap:${operation}:${index}`,
          };
          return [back, { ...back, ...off }];
        }),
      );
      await this.desk.tell('return', operation, this.desk.since(before, changed));
      tx.record(
        new StockReturned(reference.id, {
          reference,
          lines: parts.map(({ sku, quantity, disposition, lotId, unitCost }) => ({
            sku,
            quantity,
            disposition,
            lotId,
            unitCost,
          })),
        }),
      );
    });
  }
}

/** Finds what comes back among what is still out. @throws AppError conflict `inventory.exceeds-shipment` */
function match(out: readonly ShippedLot[], lines: RestockCommand['request']['lines']): Part[] {
  const left = new Map(out.map((lot) => [lot.allocationId, lot.stillOut]));
  return lines.flatMap(({ sku, quantity, lotId, disposition }) => {
    const parts: Part[] = [];
    let missing = quantity;
    for (const lot of out) {
      if (lot.sku !== sku || (lotId && lot.lotId !== lotId)) continue;
      const taken = Math.min(left.get(lot.allocationId)!, missing);
      if (taken <= 0) continue;
      left.set(lot.allocationId, left.get(lot.allocationId)! - taken);
      parts.push({ ...lot, quantity: taken, disposition });
      missing -= taken;
    }
    if (missing > 0) throw exceedsShipment(sku, quantity, quantity - missing);
    return parts;
  });
}

function added(parts: readonly Part[], key: (part: Part) => string): Map<string, number> {
  const sums = new Map<string, number>();
  for (const part of parts) sums.set(key(part), (sums.get(key(part)) ?? 0) + part.quantity);
  return sums;
}
