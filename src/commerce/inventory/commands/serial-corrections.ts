import { Injectable } from '@nestjs/common';
import { SerialRepository } from '../data/serial.repository';
import { StockRepository, type LotRow } from '../data/stock.repository';
import { belowReserved, serialKnown, serialUnavailable } from '../domain/inventory.errors';
import type { Serial } from '../domain/serial';
import type { StockState } from '../domain/stock-state';
import { availableOf, type Level } from '../domain/stock.policy';
import { costOf, type CountedLot } from './lot-counter';
import { demandSerials, SerialDesk } from './serial-desk';
import { added } from './transfers';

/** A line that corrects what lies at a locked level. */
export interface CorrectedLine {
  sku: string;
  level: Level;
  /** More or fewer pieces. */
  change: number;
  serials?: string[];
  pointer: string;
}

/** Which pieces of tracked articles lines are about: the index of their line beside them. */
export interface CorrectedPieces {
  missing: { line: number; piece: Serial }[];
  found: { line: number; sku: string; serial: string }[];
}

/** Pieces with serial numbers that are missing, were found, or are in another state now. Levels are locked by the caller. */
@Injectable()
export class SerialCorrections {
  constructor(
    private readonly serials: SerialRepository,
    private readonly desk: SerialDesk,
    private readonly stock: StockRepository,
  ) {}

  /**
   * Which pieces corrections are about. Of tracked articles each must be named.
   * @throws AppError invalid `inventory.serials-needed`, `inventory.not-serialized`; conflict `inventory.serial-unavailable`
   */
  async of(lines: readonly CorrectedLine[]): Promise<CorrectedPieces> {
    const tracked = await this.serials.tracked([...new Set(lines.map((line) => line.sku))]);
    const pieces: CorrectedPieces = { missing: [], found: [] };
    for (const [at, { sku, level, change, serials, pointer }] of lines.entries()) {
      if (change !== 0 || serials)
        demandSerials(tracked.has(sku), { sku, quantity: Math.abs(change), serials, pointer });
      if (!tracked.has(sku) || !serials) continue;
      if (change > 0) pieces.found.push(...serials.map((serial) => ({ line: at, sku, serial })));
      else {
        const named = serials.map((serial) => ({ sku, serial }));
        const own = await this.desk.named(named, new Set([level.id]));
        pieces.missing.push(...own.map((piece) => ({ line: at, piece })));
      }
    }
    return pieces;
  }

  /**
   * What the lots of missing pieces change by.
   * @param batches the lots that a line names; none for a whole level
   * @throws AppError conflict `inventory.serial-unavailable` for a piece of another batch, `inventory.below-reserved`
   */
  async missingShares(
    { missing }: CorrectedPieces,
    lines: readonly CorrectedLine[],
    batches: readonly (readonly LotRow[])[],
  ): Promise<(CountedLot & { line: number })[]> {
    if (missing.length === 0) return [];
    const stranger = missing.find(
      ({ line, piece }) => batches[line].length > 0 && !batches[line].some((lot) => lot.id === piece.lotId),
    );
    if (stranger) throw serialUnavailable([{ sku: stranger.piece.sku, serial: stranger.piece.serial }]);
    const lots = await this.stock.lotsOf([...new Set(missing.map(({ piece }) => piece.levelId))]);
    const byId = new Map(lots.map((lot) => [lot.id, lot]));
    const counted = added(
      missing.map(({ piece }) => ({ lotId: piece.lotId, quantity: 1 })),
      (piece) => piece.lotId,
    );
    for (const [lotId, quantity] of counted) {
      const lot = byId.get(lotId)!;
      if (availableOf(lot) < quantity) {
        const { line, piece } = missing.find((each) => each.piece.lotId === lotId)!;
        const onHand = lines[line].level.onHand + lines[line].change;
        throw belowReserved([{ sku: piece.sku, onHand, reserved: lines[line].level.reserved }]);
      }
    }
    return [...counted].map(([lotId, quantity]) => {
      const { line, piece } = missing.find((each) => each.piece.lotId === lotId)!;
      return { line, levelId: piece.levelId, lotId, quantity: -quantity, unitCost: costOf(byId.get(lotId)!) };
    });
  }

  /**
   * Missing pieces are gone, found ones lie in the lots of their lines.
   * @throws AppError conflict `inventory.serial-known`, `inventory.serial-unavailable`
   */
  async write(
    id: string,
    { missing, found }: CorrectedPieces,
    lotOfLine: ReadonlyMap<number, { levelId: string; lotId: string }>,
  ): Promise<void> {
    const document = { type: 'adjustment', id };
    const gone = missing.map(({ piece }) => piece);
    await this.desk.move(gone, gone, 'gone', { kind: 'missing', document, reason: null });
    const taken = found.map(({ line, sku, serial }) => ({ sku, serial, ...lotOfLine.get(line)! }));
    const known = await this.serials.take(taken, { kind: 'found', document, reason: null });
    if (known.length > 0) throw serialKnown(known);
  }

  /** Pieces that lines move from one state to another; empty for articles that are not tracked. */
  async inState(
    lines: readonly { sku: string; levelId: string; from: StockState; quantity: number; serials?: string[] }[],
  ): Promise<Serial[][]> {
    const tracked = await this.serials.tracked([...new Set(lines.map((line) => line.sku))]);
    const found: Serial[][] = [];
    for (const [at, { sku, levelId, from, quantity, serials }] of lines.entries()) {
      demandSerials(tracked.has(sku), { sku, quantity, serials, pointer: `/lines/${at}/serials` });
      const named = (serials ?? []).map((serial) => ({ sku, serial }));
      found.push(await this.desk.named(named, new Set([levelId]), from));
    }
    return found;
  }
}
