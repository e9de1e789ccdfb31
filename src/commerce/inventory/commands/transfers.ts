import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import { IncomingRepository } from '../data/incoming.repository';
import { JournalRepository } from '../data/journal.repository';
import { StockRepository, type LotRow } from '../data/stock.repository';
import { TransferRepository, type TransferLine } from '../data/transfer.repository';
import { outOfStock, repeatedLine, samePlace, transferNotFound, transferState } from '../domain/inventory.errors';
import { availableOf, takeFrom } from '../domain/stock.policy';
import type { NamedSerial, Serial } from '../domain/serial';
import { TransferViews, type TransferRow } from '../queries/transfer-view';
import { LineCheck } from './line-check';
import { costOf } from './lot-counter';
import { SerialTravel } from './serial-travel';
import { StockDesk } from './stock-desk';

/**
 * Plans a transfer between two locations; nothing moves yet.
 * @throws AppError invalid `inventory.unknown-sku`, `inventory.repeated-line`, `inventory.same-location`; not-found
 *   `inventory.location-not-found`
 */
export class CreateTransferCommand extends Command<TransferRow> {
  constructor(
    readonly request: {
      fromLocationId: string;
      toLocationId: string;
      reference?: string;
      /** `lotNumber`: of this batch alone; default first to expire first, and none past its day. */
      lines: { sku: string; quantity: number; lotNumber?: string }[];
    },
  ) {
    super();
  }
}

/**
 * The goods of a draft leave their location, all of them or none: they are under way, and `incoming` at the target.
 * Lots travel with their dates and costs.
 * @throws AppError not-found `inventory.transfer-not-found`; conflict `inventory.transfer-state`, `inventory.out-of-stock`,
 *   `inventory.serial-unavailable`
 */
export class ShipTransferCommand extends Command<TransferRow> {
  constructor(
    readonly id: string,
    /** Which pieces leave of articles that have serial numbers; default those that came first. */
    readonly serials: readonly NamedSerial[] = [],
  ) {
    super();
  }
}

@CommandHandler(CreateTransferCommand)
export class CreateTransferHandler implements ICommandHandler<CreateTransferCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly check: LineCheck,
    private readonly transfers: TransferRepository,
    private readonly views: TransferViews,
  ) {}

  execute({ request }: CreateTransferCommand): Promise<TransferRow> {
    return this.uow.run(async () => {
      const { fromLocationId, toLocationId, reference = null, lines } = request;
      if (fromLocationId === toLocationId) throw samePlace();
      await this.check.placed(
        [fromLocationId, toLocationId].flatMap((locationId) => lines.map((line) => ({ ...line, locationId }))),
      );
      const keys = lines.map((line) => `${line.sku} ${line.lotNumber ?? ''}`);
      const second = keys.findIndex((key, at) => keys.indexOf(key) !== at);
      if (second >= 0) throw repeatedLine(`/lines/${second}`, lines[second].sku);
      const id = newId();
      await this.transfers.create({ id, fromLocationId, toLocationId, reference, lines });
      return this.views.find(id);
    });
  }
}

@CommandHandler(ShipTransferCommand)
export class ShipTransferHandler implements ICommandHandler<ShipTransferCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly transfers: TransferRepository,
    private readonly stock: StockRepository,
    private readonly incoming: IncomingRepository,
    private readonly journal: JournalRepository,
    private readonly desk: StockDesk,
    private readonly views: TransferViews,
    private readonly serials: SerialTravel,
  ) {}

  execute({ id, serials }: ShipTransferCommand): Promise<TransferRow> {
    return this.uow.run(async () => {
      const transfer = await this.transfers.lock(id);
      if (!transfer) throw transferNotFound();
      if (transfer.state !== 'draft') throw transferState(transfer.state);
      const lines = await this.transfers.lines(id);
      await this.incoming.expect(
        lines.map(({ sku, quantity }) => ({ sku, quantity, locationId: transfer.toLocationId })),
      );
      const before = (await this.stock.lock([...new Set(lines.map((line) => line.sku))])).filter(
        (level) => level.locationId === transfer.fromLocationId,
      );
      const levelOf = new Map(before.map((level) => [level.sku, level.id]));
      const lots = await this.stock.lotsOf(before.map((level) => level.id));
      const named = await this.serials.named(serials, lines, new Set(levelOf.values()));
      const shares = this.choose(lines, levelOf, lots, named).map((share) => ({ id: newId(), ...share }));
      const sums = added(shares, (share) => share.lotId);
      const byId = new Map(lots.map((lot) => [lot.id, lot]));
      const ofLevel = added(shares, (share) => byId.get(share.lotId)!.levelId);
      const levels = await this.stock.post(
        [...ofLevel].map(([levelId, quantity]) => ({ levelId, onHand: -quantity })),
        [...sums].map(([lotId, quantity]) => ({ lotId, onHand: -quantity })),
      );
      await this.transfers.ship(id, shares);
      const skuOf = new Map(before.map((level) => [level.id, level.sku]));
      await this.serials.send(
        id,
        shares.map((share) => ({ ...share, sku: skuOf.get(byId.get(share.lotId)!.levelId)! })),
        named,
      );
      const after = new Map(levels.map((level) => [level.id, level]));
      await this.journal.write(
        [...sums].map(([lotId, quantity]) => ({
          level: after.get(byId.get(lotId)!.levelId)!,
          lotId,
          quantity: -quantity,
          unitCost: costOf(byId.get(lotId)!),
          kind: 'transfer' as const,
          document: { type: 'transfer', id },
          reason: 'sent to another location',
          idempotencyKey: `transfer:${id}:out:${lotId}`,
        })),
      );
      await this.desk.tell('transfer', id, this.desk.since(before, levels));
      return this.views.find(id);
    });
  }

  /** Lots for each line: batches that are named first, so that no other line takes them away. */
  private choose(
    lines: readonly TransferLine[],
    levelOf: ReadonlyMap<string, string>,
    lots: readonly LotRow[],
    named: readonly Serial[],
  ): { lineId: string; lotId: string; quantity: number }[] {
    const now = this.clock.now();
    const free = new Map(lots.map((lot) => [lot.id, Math.max(0, availableOf(lot))]));
    const short: { sku: string; requested: number; available: number }[] = [];
    const ofNamed = new Map<string, Serial[]>();
    for (const piece of named) ofNamed.set(piece.sku, [...(ofNamed.get(piece.sku) ?? []), piece]);
    const ordered = [...lines].sort((a, b) => Number(a.lotNumber === null) - Number(b.lotNumber === null));
    const shares = ordered.flatMap((line) => {
      const able = lots.filter(
        (lot) =>
          lot.levelId === levelOf.get(line.sku) &&
          (line.lotNumber === null ? !lot.removeAt || lot.removeAt > now : lot.number === line.lotNumber),
      );
      // Lots of pieces that are named come first, with as many as are named of them.
      const wanted = (ofNamed.get(line.sku) ?? []).filter((piece) => able.some((lot) => lot.id === piece.lotId));
      const first = [
        ...added(
          wanted.slice(0, line.quantity).map(({ lotId }) => ({ lotId, quantity: 1 })),
          (piece) => piece.lotId,
        ),
      ];
      ofNamed.set(
        line.sku,
        (ofNamed.get(line.sku) ?? []).filter((piece) => !wanted.slice(0, line.quantity).includes(piece)),
      );
      const given = first.map(([lotId, quantity]) => ({ lotId, quantity: Math.min(quantity, free.get(lotId)!) }));
      const left = (id: string): number => free.get(id)! - (given.find((share) => share.lotId === id)?.quantity ?? 0);
      const rest = takeFrom(
        able.map(({ id }) => ({ id, free: left(id) })),
        line.quantity - given.reduce((sum, share) => sum + share.quantity, 0),
      );
      const taken = [...added([...given, ...rest], (share) => share.lotId)].map(([lotId, quantity]) => ({
        lotId,
        quantity,
      }));
      const available = able.reduce((sum, lot) => sum + free.get(lot.id)!, 0);
      if (available < line.quantity) short.push({ sku: line.sku, requested: line.quantity, available });
      for (const { lotId, quantity } of taken) free.set(lotId, free.get(lotId)! - quantity);
      return taken.map((share) => ({ lineId: line.id, ...share }));
    });
    if (short.length > 0) throw outOfStock(short);
    return shares;
  }
}

/** Sums of pieces by a key. */
export function added<Part extends { quantity: number }>(
  parts: readonly Part[],
  key: (part: Part) => string,
): Map<string, number> {
  const sums = new Map<string, number>();
  for (const part of parts) sums.set(key(part), (sums.get(key(part)) ?? 0) + part.quantity);
  return sums;
}

/** Things by a key, each kind in the order given. */
export function grouped<Thing, Key>(things: readonly Thing[], key: (thing: Thing) => Key): Map<Key, Thing[]> {
  const groups = new Map<Key, Thing[]>();
  for (const thing of things) {
    const known = groups.get(key(thing));
    if (known) known.push(thing);
    else groups.set(key(thing), [thing]);
  }
  return groups;
}
