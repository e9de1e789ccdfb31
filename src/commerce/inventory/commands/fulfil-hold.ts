import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import { FulfilHoldCommand, type HoldLine, type HoldReference, type PieceName } from '../contracts/hold-stock';
import { StockShipped } from '../contracts/inventory-events';
import { JournalRepository } from '../data/journal.repository';
import { ReservationRepository, type OpenLine } from '../data/reservation.repository';
import { StockRepository } from '../data/stock.repository';
import { backordered, exceedsHold, notCommitted, outOfStock } from '../domain/inventory.errors';
import type { Reservation } from '../domain/reservation';
import { availableOf, sumDemand, takeFrom } from '../domain/stock.policy';
import { HoldCloser } from './hold-closer';
import { SerialDesk, type PickedPiece } from './serial-desk';
import { StockDesk } from './stock-desk';

/** The goods of a committed hold leave: on-hand and reserved fall together, so what is available stays the same. */
@CommandHandler(FulfilHoldCommand)
export class FulfilHoldHandler implements ICommandHandler<FulfilHoldCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly reservations: ReservationRepository,
    private readonly stock: StockRepository,
    private readonly journal: JournalRepository,
    private readonly closer: HoldCloser,
    private readonly desk: StockDesk,
    private readonly serials: SerialDesk,
  ) {}

  execute({ request }: FulfilHoldCommand): Promise<void> {
    const { reference } = request;
    return this.uow.run(async () => {
      const hold = await this.reservations.lockLatest(reference);
      if (hold?.state === 'fulfilled' && !request.lines) return;
      if (hold?.state !== 'committed') throw notCommitted();
      const open = await this.reservations.lockOpenLines(hold.id);
      const leaving = choose(open, request.lines);
      const names = request.serials ?? [];
      if (leaving) return this.ship(reference, hold.id, open, leaving, names);
      const { id, lines } = await this.exchange(reference, hold);
      return this.ship(reference, id, lines, choose(lines, request.lines) ?? [], names);
    });
  }

  /** Holds anew, of good lots, what a committed hold had of lots that expired since. */
  private async exchange(reference: HoldReference, hold: Reservation): Promise<{ id: string; lines: OpenLine[] }> {
    const wanted = await this.reservations.lines(hold.id);
    await this.closer.close(hold, 'released', 'lot expired');
    const terms = { state: 'committed', expiresAt: this.clock.now(), needBy: hold.needBy } as const;
    const { holdId, short } = await this.desk.hold(reference, wanted, terms);
    if (short) throw outOfStock(short);
    return { id: holdId, lines: await this.reservations.lockOpenLines(holdId) };
  }

  private async ship(
    reference: HoldReference,
    holdId: string,
    open: readonly OpenLine[],
    planned: readonly OpenLine[],
    names: readonly PieceName[],
  ): Promise<void> {
    const { leaving, pieces } = await this.serials.pick(holdId, planned, names);
    const left = piecesOf(open) > piecesOf(leaving);
    const levels = await this.stock.settle({
      holdId,
      rows: 'ship',
      lines: leaving.map(({ lineId, levelId, quantity }) => ({ lineId, levelId, quantity, backordered: 0 })),
      allocations: leaving.flatMap((line) =>
        line.lots.map(({ id, allocationId, quantity }) => ({ allocationId, lotId: id, quantity })),
      ),
      to: left ? null : 'fulfilled',
      from: ['committed'],
      reason: null,
    });
    await this.serials.ship(pieces, reference);
    const byId = new Map(levels.map((level) => [level.id, level]));
    const shipment = newId();
    await this.journal.write(
      leaving.flatMap((line) =>
        line.lots.map((lot) => ({
          level: byId.get(line.levelId)!,
          lotId: lot.id,
          quantity: -lot.quantity,
          unitCost: lot.unitCost,
          kind: 'shipment' as const,
          document: reference,
          reason: 'shipped',
          idempotencyKey: `shipment:${shipment}:${lot.id}`,
        })),
      ),
    );
    // What is available stays: it had been promised.
    const gone = new Map<string, number>();
    for (const line of leaving) gone.set(line.levelId, (gone.get(line.levelId) ?? 0) + line.quantity);
    const changes = levels.map((level) => ({
      level,
      was: { onHand: level.onHand + gone.get(level.id)!, available: availableOf(level) },
    }));
    await this.desk.tell('shipment', holdId, changes);
    if (leaving.length > 0) this.uow.current().record(new StockShipped(reference.id, told(reference, leaving, pieces)));
  }
}

const piecesOf = (lines: readonly OpenLine[]): number => lines.reduce((sum, line) => sum + line.quantity, 0);

/**
 * The parts of a hold that leave: all, or what is asked for; of each line good lots in the order of their expiry.
 * @returns null when lots that expired would have to be given
 */
function choose(open: readonly OpenLine[], wanted: readonly HoldLine[] | undefined): OpenLine[] | null {
  const demand = sumDemand(wanted ?? open.map(({ sku, quantity }) => ({ sku, quantity })));
  const leaving: OpenLine[] = [];
  for (const [sku, quantity] of demand) {
    const held = open.filter((line) => line.sku === sku);
    const there = held.reduce((sum, line) => sum + line.quantity, 0);
    if (there < quantity) throw exceedsHold(sku, quantity, there);
    if (there - held.reduce((sum, line) => sum + line.backordered, 0) < quantity) throw backordered(sku);
    let missing = quantity;
    for (const line of held) {
      const part = goodPart(line, missing);
      if (part.quantity > 0) leaving.push(part);
      missing -= part.quantity;
    }
    if (missing > 0) return null;
  }
  return leaving;
}

function goodPart(line: OpenLine, most: number): OpenLine {
  const good = line.lots.filter((lot) => !lot.expired);
  const shares = takeFrom(
    good.map(({ id, quantity }) => ({ id, free: quantity })),
    most,
  );
  const byId = new Map(good.map((lot) => [lot.id, lot]));
  const quantity = shares.reduce((sum, share) => sum + share.quantity, 0);
  const lots = shares.map((share) => ({ ...byId.get(share.lotId)!, quantity: share.quantity }));
  return { ...line, quantity, lots };
}

/** What the event says: one line a SKU. */
function told(reference: HoldReference, leaving: readonly OpenLine[], pieces: readonly PickedPiece[]) {
  const lines = [...new Set(leaving.map((line) => line.sku))].map((sku) => {
    const parts = leaving.filter((line) => line.sku === sku);
    return {
      sku,
      quantity: parts.reduce((sum, part) => sum + part.quantity, 0),
      lots: parts.flatMap((part) =>
        part.lots.map(({ id, number, quantity, unitCost }) => {
          const serials = pieces.filter((piece) => piece.lotId === id).map((piece) => piece.serial);
          return { lotId: id, number, quantity, unitCost, ...(serials.length > 0 && { serials }) };
        }),
      ),
    };
  });
  return { reference, lines };
}
