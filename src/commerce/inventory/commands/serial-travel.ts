import { Injectable } from '@nestjs/common';
import { SerialRepository } from '../data/serial.repository';
import { notSerialized, serialUnavailable } from '../domain/inventory.errors';
import type { NamedSerial, Serial } from '../domain/serial';
import type { Arrived } from '../domain/transfer';
import { SerialDesk } from './serial-desk';

/** Pieces of one lot under way that settle. */
interface Landing {
  transferLotId: string;
  levelId: string;
  lotId: string;
  received: number;
  lost: number;
}

/** Pieces with serial numbers on their way between locations. Transfers and levels are locked by the caller. */
@Injectable()
export class SerialTravel {
  constructor(
    private readonly serials: SerialRepository,
    private readonly desk: SerialDesk,
  ) {}

  /**
   * The pieces that are named for the lines of a transfer, at the levels that they are to leave.
   * @throws AppError invalid `inventory.not-serialized`; conflict `inventory.serial-unavailable`
   */
  async named(
    names: readonly NamedSerial[],
    lines: readonly { sku: string; quantity: number }[],
    levelIds: ReadonlySet<string>,
  ): Promise<Serial[]> {
    if (names.length === 0) return [];
    const tracked = await this.serials.tracked([...new Set(names.map((one) => one.sku))]);
    const stranger = names.findIndex((one) => !tracked.has(one.sku));
    if (stranger >= 0) throw notSerialized(`/serials/${stranger}`, names[stranger].sku);
    for (const sku of tracked.keys()) {
      const own = names.filter((one) => one.sku === sku);
      const most = lines.filter((line) => line.sku === sku).reduce((sum, line) => sum + line.quantity, 0);
      if (own.length > most) throw serialUnavailable(own.slice(most));
    }
    return this.desk.named(names, levelIds);
  }

  /** Pieces leave in their lots: the named ones, else what was received first. */
  async send(
    transferId: string,
    shares: readonly { id: string; sku: string; lotId: string; quantity: number }[],
    named: readonly Serial[],
  ): Promise<void> {
    const tracked = await this.serials.tracked([...new Set(shares.map((share) => share.sku))]);
    const own = shares.filter((share) => tracked.has(share.sku));
    if (own.length === 0) return;
    const left = [...named];
    const placed = own.map((share) => {
      const pieces = left.filter((piece) => piece.lotId === share.lotId).slice(0, share.quantity);
      for (const piece of pieces) left.splice(left.indexOf(piece), 1);
      return { share, pieces };
    });
    // A named piece whose lot another line took, or of which too few are free.
    if (left.length > 0) throw serialUnavailable(left.map(({ sku, serial }) => ({ sku, serial })));
    const taken = named.map((piece) => piece.id);
    for (const { share, pieces } of placed) {
      const missing = share.quantity - pieces.length;
      const more = missing > 0 ? await this.serials.pick([{ lotId: share.lotId, quantity: missing }], taken) : [];
      taken.push(...more.map((piece) => piece.id));
      const all = [...pieces, ...more];
      const moves = all.map(({ id }) => ({ id, transferLotId: share.id }));
      const document = { type: 'transfer', id: transferId };
      await this.desk.move(all, moves, 'under_way', { kind: 'transfer_sent', document, reason: null });
    }
  }

  /**
   * What arrived, line by line, with the travelling lots of the pieces that are named.
   * @throws AppError conflict `inventory.serial-unavailable` for a piece that is not under way on its line, or beside what arrived
   */
  async byLots(
    arrived: readonly Arrived[],
    lots: readonly { id: string; lineId: string }[],
    skus: ReadonlyMap<string, string>,
  ): Promise<Arrived[]> {
    if (!arrived.some((line) => line.serials)) return [...arrived];
    const travelling = await this.serials.travelling(lots.map((lot) => lot.id));
    const lineOf = new Map(lots.map((lot) => [lot.id, lot.lineId]));
    return arrived.flatMap(({ serials = [], ...line }) => {
      const sku = skus.get(line.lineId)!;
      const pieces = serials.map((serial) =>
        travelling.find((piece) => lineOf.get(piece.transferLotId) === line.lineId && piece.serial === serial),
      );
      const wrong = serials.filter(
        (serial, at) => !pieces[at] || at >= line.received || serials.indexOf(serial) !== at,
      );
      if (wrong.length > 0) throw serialUnavailable(wrong.map((serial) => ({ sku, serial })));
      const named = [...new Set(pieces.map((piece) => piece!.transferLotId))].map((transferLotId) => {
        const own = serials.filter((_, at) => pieces[at]!.transferLotId === transferLotId);
        return { ...line, received: own.length, lost: 0, transferLotId, serials: own };
      });
      return [...named, { ...line, received: line.received - serials.length }];
    });
  }

  /** Pieces arrive, the named ones first, and others are lost. @throws AppError conflict `inventory.serial-unavailable` */
  async arrive(
    transferId: string,
    parts: readonly Landing[],
    arrived: readonly Arrived[],
    reason: string,
  ): Promise<void> {
    const travelling = await this.serials.travelling(parts.map((part) => part.transferLotId));
    const document = { type: 'transfer', id: transferId };
    for (const { transferLotId, levelId, lotId, received, lost } of parts) {
      const named = new Set(
        arrived.flatMap((line) => (line.transferLotId === transferLotId ? (line.serials ?? []) : [])),
      );
      const own = travelling.filter((piece) => piece.transferLotId === transferLotId);
      const order = [
        ...own.filter((piece) => named.has(piece.serial)),
        ...own.filter((piece) => !named.has(piece.serial)),
      ];
      const here = order.slice(0, received);
      const gone = order.slice(received, received + lost);
      const moves = here.map(({ id }) => ({ id, levelId, lotId }));
      await this.desk.move(here, moves, 'in_stock', { kind: 'transfer_received', document, reason: null });
      const losses = gone.map(({ id }) => ({ id }));
      await this.desk.move(gone, losses, 'gone', { kind: 'transfer_lost', document, reason });
    }
  }

  /** What is under way is back in the lots that it left. */
  async callBack(
    transferId: string,
    parts: readonly { transferLotId: string; lotId: string }[],
    reason: string,
  ): Promise<void> {
    const travelling = await this.serials.travelling(parts.map((part) => part.transferLotId));
    const document = { type: 'transfer', id: transferId };
    const moves = travelling.map(({ id }) => ({ id }));
    await this.desk.move(travelling, moves, 'in_stock', { kind: 'transfer_returned', document, reason });
  }
}
