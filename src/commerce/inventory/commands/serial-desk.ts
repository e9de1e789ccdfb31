import { Injectable } from '@nestjs/common';
import { Clock } from '../../../kernel/clock/clock';
import { newId } from '../../../kernel/ids/ids';
import type { HoldReference } from '../contracts/hold-stock';
import { ReservationRepository, type OpenLine } from '../data/reservation.repository';
import { SerialRepository, type SerialMove, type SerialPaper } from '../data/serial.repository';
import { StockRepository } from '../data/stock.repository';
import {
  notSerialized,
  serialKnown,
  serialPromised,
  serialsNeeded,
  serialsUncounted,
  serialUnavailable,
} from '../domain/inventory.errors';
import { lotsOfNamed, provisionalSerial, warrantyEnd, type NamedSerial, type Serial } from '../domain/serial';
import type { StockState } from '../domain/stock-state';
import { availableOf } from '../domain/stock.policy';

/** Pieces that come into a lot. */
export interface ArrivingPieces {
  sku: string;
  levelId: string;
  lotId: string;
  quantity: number;
  serials: readonly string[] | undefined;
  /** Where the caller named them, for the problem. */
  pointer: string;
}

/** A piece that leaves with a shipment. */
export type PickedPiece = Serial & { warrantyMonths: number | null };

/** Keeps pieces with serial numbers in step with the stock. Levels are locked by the caller. */
@Injectable()
export class SerialDesk {
  constructor(
    private readonly clock: Clock,
    private readonly serials: SerialRepository,
    private readonly stock: StockRepository,
    private readonly reservations: ReservationRepository,
  ) {}

  /**
   * Pieces come in. Those of tracked articles name a serial number each.
   * @throws AppError invalid `inventory.serials-needed`, `inventory.not-serialized`; conflict `inventory.serial-known`
   */
  async arrive(lines: readonly ArrivingPieces[], paper: SerialPaper): Promise<void> {
    const tracked = await this.serials.tracked([...new Set(lines.map((line) => line.sku))]);
    const pieces = lines.flatMap(({ sku, levelId, lotId, quantity, serials, pointer }) => {
      demandSerials(tracked.has(sku), { sku, quantity, serials, pointer });
      return tracked.has(sku) ? serials!.map((serial) => ({ sku, serial, levelId, lotId })) : [];
    });
    const seen = new Set<string>();
    for (const { sku, serial } of pieces) {
      if (seen.has(`${sku} ${serial}`)) throw serialKnown([{ sku, serial }]);
      seen.add(`${sku} ${serial}`);
    }
    const known = await this.serials.take(pieces, paper);
    if (known.length > 0) throw serialKnown(known);
  }

  /** Refuses to correct articles by numbers alone whose pieces have serial numbers. @throws AppError conflict `inventory.serials-uncounted` */
  async refuseUnnamed(skus: readonly string[]): Promise<void> {
    const tracked = skus.length > 0 ? await this.serials.tracked(skus) : new Map();
    if (tracked.size > 0) throw serialsUncounted([...tracked.keys()]);
  }

  /**
   * The pieces that are named, each at one of these levels, in this state and not taken by somebody else.
   * @throws AppError conflict `inventory.serial-unavailable`
   */
  async named(
    serials: readonly NamedSerial[],
    levelIds: ReadonlySet<string>,
    condition: StockState = 'available',
  ): Promise<Serial[]> {
    if (serials.length === 0) return [];
    const found = new Map((await this.serials.named(serials)).map((piece) => [keyOf(piece), piece]));
    const fits = (piece: Serial | undefined): piece is Serial =>
      piece?.state === 'in_stock' && piece.condition === condition && levelIds.has(piece.levelId);
    const pieces = serials.map((one) => found.get(keyOf(one)));
    const wrong = serials.filter((_, at) => !fits(pieces[at]));
    if (wrong.length > 0 || found.size < serials.length)
      throw serialUnavailable(wrong.length > 0 ? wrong : [...serials]);
    return pieces.filter(fits);
  }

  /**
   * The pieces of tracked articles that leave with these parts of a hold: those that are named, else what was received
   * first of each lot. A hold whose pieces are of other lots than it was given gets those lots, where they are free.
   * @throws AppError invalid `inventory.not-serialized`; conflict `inventory.serial-unavailable`, `inventory.serial-promised`
   */
  async pick(
    holdId: string,
    leaving: readonly OpenLine[],
    names: readonly NamedSerial[],
  ): Promise<{ leaving: readonly OpenLine[]; pieces: PickedPiece[] }> {
    const tracked = await this.serials.tracked([...new Set(leaving.map((line) => line.sku))]);
    const stranger = names.findIndex((one) => !tracked.has(one.sku));
    if (stranger >= 0) throw notSerialized(`/serials/${stranger}`, names[stranger].sku);
    if (tracked.size === 0) return { leaving, pieces: [] };
    const own = leaving.filter((line) => tracked.has(line.sku));
    const named = await this.named(names, new Set(own.map((line) => line.levelId)));
    const parts = own.map((line) => {
      const pieces = named.filter((piece) => piece.levelId === line.levelId);
      if (pieces.length > line.quantity) throw serialUnavailable(pieces.slice(line.quantity).map(nameOf));
      const planned = line.lots.map(({ id, quantity }) => ({ lotId: id, quantity }));
      return {
        line,
        pieces,
        lots: lotsOfNamed(
          planned,
          pieces.map((piece) => piece.lotId),
        ),
      };
    });
    const changed = await this.reallocate(holdId, parts, named);
    const wanted = parts.flatMap(({ pieces, lots }) =>
      lots
        .map(({ lotId, quantity }) => ({
          lotId,
          quantity: quantity - pieces.filter((piece) => piece.lotId === lotId).length,
        }))
        .filter(({ quantity }) => quantity > 0),
    );
    const picked = await this.serials.pick(
      wanted,
      named.map((piece) => piece.id),
    );
    const pieces = [...named, ...picked].map((piece) => ({ ...piece, warrantyMonths: tracked.get(piece.sku)! }));
    const lotsOf = new Map(parts.map(({ line, lots }) => [line.lineId, lots]));
    const lines = (changed ?? leaving).flatMap((line) => {
      const before = leaving.find((each) => each.lineId === line.lineId);
      if (!before) return [];
      const shares = lotsOf.get(line.lineId);
      if (!shares) return [before];
      const byId = new Map(line.lots.map((lot) => [lot.id, lot]));
      const lots = shares.map(({ lotId, quantity }) => ({ ...byId.get(lotId)!, quantity }));
      return [{ ...before, lots }];
    });
    return { leaving: lines, pieces };
  }

  /** Gives a hold the lots of the pieces that were named for it. @returns its open lines after that; null: nothing was to be done */
  private async reallocate(
    holdId: string,
    parts: readonly { line: OpenLine; lots: readonly { lotId: string; quantity: number }[] }[],
    named: readonly Serial[],
  ): Promise<OpenLine[] | null> {
    const planned = (line: OpenLine, lotId: string): number => line.lots.find((lot) => lot.id === lotId)?.quantity ?? 0;
    if (parts.every(({ line, lots }) => lots.every((lot) => lot.quantity <= planned(line, lot.lotId)))) return null;
    const open = new Map((await this.reservations.lockOpenLines(holdId)).map((line) => [line.lineId, line]));
    const shifts = parts.flatMap(({ line, lots }) => {
      const held = open.get(line.lineId)!;
      const has = (lotId: string): number => held.lots.find((lot) => lot.id === lotId)?.quantity ?? 0;
      const more = lots
        .filter((lot) => lot.quantity > has(lot.lotId))
        .map((lot) => ({ ...lot, quantity: lot.quantity - has(lot.lotId) }));
      let surplus = more.reduce((sum, lot) => sum + lot.quantity, 0);
      const fewer = held.lots.flatMap((lot) => {
        const spare = lot.quantity - (lots.find((each) => each.lotId === lot.id)?.quantity ?? 0);
        const given = Math.max(0, Math.min(spare, surplus));
        surplus -= given;
        return given > 0 ? [{ lotId: lot.id, quantity: -given }] : [];
      });
      return [...more, ...fewer].map((shift) => ({ ...shift, lineId: line.lineId, levelId: line.levelId }));
    });
    const lots = new Map(
      (await this.stock.lotsOf([...new Set(shifts.map((shift) => shift.levelId))])).map((lot) => [lot.id, lot]),
    );
    const now = this.clock.now();
    const wrong = shifts.filter(({ lotId, quantity }) => {
      const lot = lots.get(lotId);
      return quantity > 0 && (!lot || availableOf(lot) < quantity || (lot.removeAt !== null && lot.removeAt <= now));
    });
    if (wrong.length > 0)
      throw serialPromised(named.filter((piece) => wrong.some((shift) => shift.lotId === piece.lotId)).map(nameOf));
    if (shifts.length > 0) {
      await this.reservations.shift(holdId, shifts);
      await this.stock.post(
        [],
        shifts.map(({ lotId, quantity }) => ({ lotId, reserved: quantity })),
      );
    }
    return this.reservations.lockOpenLines(holdId);
  }

  /** The picked pieces leave; a warranty begins. @throws AppError conflict `inventory.serial-unavailable` */
  async ship(pieces: readonly PickedPiece[], reference: HoldReference): Promise<void> {
    const now = this.clock.now();
    const moves = pieces.map(({ id, warrantyMonths }) => ({
      id,
      reference,
      warrantyUntil: warrantyEnd(now, warrantyMonths),
    }));
    await this.move(pieces, moves, 'shipped', { kind: 'shipped', document: reference, reason: null });
  }

  /**
   * Moves pieces that were in stock, in one condition.
   * @throws AppError conflict `inventory.serial-unavailable` where somebody else was first
   */
  async move(
    pieces: readonly Serial[],
    moves: readonly SerialMove[],
    to: 'in_stock' | 'shipped' | 'under_way' | 'gone',
    paper: SerialPaper,
  ): Promise<void> {
    if (pieces.length === 0) return;
    const { state, condition } = pieces[0];
    const moved = new Set(await this.serials.move(moves, { state, condition }, to, paper));
    const late = pieces.filter((piece) => !moved.has(piece.id));
    if (late.length > 0) throw serialUnavailable(late.map(nameOf));
  }

  /**
   * Pieces that were shipped come back, or are thrown away: those that are named, else what left last. Pieces that left
   * before their article was tracked get a provisional number when they go on the shelf.
   */
  async takeBack(
    reference: HoldReference,
    parts: readonly {
      sku: string;
      levelId: string;
      lotId: string;
      quantity: number;
      disposition: 'restock' | 'scrap';
    }[],
    names: readonly (NamedSerial & { disposition: 'restock' | 'scrap' })[],
  ): Promise<void> {
    const tracked = await this.serials.tracked([...new Set(parts.map((part) => part.sku))]);
    const stranger = names.findIndex((one) => !tracked.has(one.sku));
    if (stranger >= 0) throw notSerialized(`/serials/${stranger}`, names[stranger].sku);
    const own = parts.filter((part) => tracked.has(part.sku));
    if (own.length === 0) return;
    const left = await this.serials.out(reference, [...new Set(own.map((part) => part.lotId))]);
    const namedFor = new Map(names.map((one) => [keyOf(one), one.disposition]));
    for (const { sku, levelId, lotId, quantity, disposition } of own) {
      const first = left.filter((piece) => piece.lotId === lotId && namedFor.get(keyOf(piece)) === disposition);
      const others = left.filter((piece) => piece.lotId === lotId && !namedFor.has(keyOf(piece)));
      const back = [...first, ...others].slice(0, quantity);
      for (const piece of back) left.splice(left.indexOf(piece), 1);
      const restock = disposition === 'restock';
      const moves = back.map(({ id }) => ({ id, levelId, lotId }));
      const paper = {
        kind: restock ? ('returned' as const) : ('scrapped' as const),
        document: reference,
        reason: null,
      };
      await this.move(back, moves, restock ? 'in_stock' : 'gone', paper);
      if (restock) await this.provide({ sku, levelId, lotId, quantity: quantity - back.length }, paper);
    }
  }

  /**
   * Lines of what comes back, with the lots that the named pieces left.
   * @throws AppError conflict `inventory.serial-unavailable` for a piece that is not out for this reference, or beside the lines
   */
  async ofNamed<Line extends { sku: string; quantity: number; lotId?: string; disposition: 'restock' | 'scrap' }>(
    reference: HoldReference,
    lines: readonly Line[],
    names: readonly (NamedSerial & { disposition: 'restock' | 'scrap' })[],
  ): Promise<Line[]> {
    if (names.length === 0) return [...lines];
    const found = new Map((await this.serials.named(names)).map((piece) => [keyOf(piece), piece]));
    const left = lines.map((line) => ({ ...line }));
    const named = names.map((one) => {
      const piece = found.get(keyOf(one));
      const line = left.find(
        (each) =>
          each.sku === one.sku &&
          each.disposition === one.disposition &&
          each.quantity > 0 &&
          (each.lotId ?? piece?.lotId) === piece?.lotId,
      );
      if (piece?.state !== 'shipped' || piece.referenceId !== reference.id || !line || !found.delete(keyOf(one)))
        throw serialUnavailable([nameOf(one)]);
      line.quantity -= 1;
      return { ...line, quantity: 1, lotId: piece.lotId };
    });
    return [...named, ...left.filter((line) => line.quantity > 0)];
  }

  /** Gives pieces without a known serial number provisional ones. */
  async provide(
    { sku, levelId, lotId, quantity }: { sku: string; levelId: string; lotId: string; quantity: number },
    paper: SerialPaper,
    condition: StockState = 'available',
  ): Promise<void> {
    const pieces = Array.from({ length: quantity }, () => ({
      sku,
      serial: provisionalSerial(newId()),
      levelId,
      lotId,
      condition,
      provisional: true,
    }));
    await this.serials.take(pieces, paper);
  }
}

/** @throws AppError invalid `inventory.serials-needed`, `inventory.not-serialized` */
export function demandSerials(
  tracked: boolean,
  line: { sku: string; quantity: number; serials: readonly string[] | undefined; pointer: string },
): void {
  const { sku, quantity, serials, pointer } = line;
  if (!tracked && serials) throw notSerialized(pointer, sku);
  if (tracked && (serials?.length !== quantity || new Set(serials).size !== quantity))
    throw serialsNeeded(pointer, sku, quantity);
}

const keyOf = ({ sku, serial }: NamedSerial): string => `${sku} ${serial}`;
const nameOf = ({ sku, serial }: NamedSerial): NamedSerial => ({ sku, serial });
