import { Injectable } from '@nestjs/common';
import {
  CountSerialRepository,
  type CountedSerial,
  type DifferingSerial,
  type ReadSerials,
} from '../data/count-serial.repository';
import type { AppliedLine, Finding } from '../data/count.repository';
import { SerialRepository } from '../data/serial.repository';
import { StateRepository } from '../data/state.repository';
import type { LotRow } from '../data/stock.repository';
import {
  belowReserved,
  notSerialized,
  serialElsewhere,
  serialKnown,
  serialsUncounted,
} from '../domain/inventory.errors';
import type { Serial } from '../domain/serial';
import type { CountLine } from '../domain/stock-count';
import { availableOf } from '../domain/stock.policy';
import { costOf, type CountedLot } from './lot-counter';
import { SerialDesk } from './serial-desk';
import { added, grouped } from './transfers';

/** What was read on a shelf of one article. */
export interface ReadLine extends ReadSerials {
  /** The batch of pieces that nobody knew of; default the one in which they once lay here, else none. */
  lotNumber: string | null;
  /** Where the caller named them, for the problem. */
  pointer: string;
}

/** What approving does to pieces with serial numbers. */
export interface SerialChanges {
  /** Lines that are about such pieces. */
  lineIds: string[];
  /** Pieces that are gone, and the line that missed them. */
  missing: { lineId: string; piece: Serial }[];
  /** Numbers that nobody knew of, with the lot they go into. */
  found: { lineId: string; sku: string; serial: string; levelId: string; lotId: string }[];
  /** What lots change by, missing and found apart. */
  shares: (CountedLot & { lineId: string; unavailable: number })[];
}

type CountedLots = readonly (LotRow & { lineId: string })[];

/**
 * Counts articles by the serial numbers that are read on the shelf. A piece to which something happened after it was
 * counted is left alone: whoever shipped it, moved it or gave it a number had it in hand. Levels are locked by the caller.
 */
@Injectable()
export class SerialCounts {
  constructor(
    private readonly counted: CountSerialRepository,
    private readonly serials: SerialRepository,
    private readonly states: StateRepository,
    private readonly desk: SerialDesk,
  ) {}

  /**
   * Notes what was read, and says what each batch of these articles counts by it.
   * @param known the count's lines of these levels
   * @throws AppError invalid `inventory.not-serialized`; conflict `inventory.serial-elsewhere`
   */
  async record(countId: string, lines: readonly ReadLine[], known: readonly CountLine[]): Promise<Finding[]> {
    if (lines.length === 0) return [];
    const tracked = await this.serials.tracked(lines.map((line) => line.sku));
    const stranger = lines.find((line) => !tracked.has(line.sku));
    if (stranger) throw notSerialized(stranger.pointer, stranger.sku);
    const pieces = grouped(await this.counted.compared(lines), (piece) => piece.countedLevelId);
    const rows = lines.map((line) => compare(line, pieces.get(line.levelId) ?? []));
    const elsewhere = rows.flatMap((row) => row.elsewhere);
    if (elsewhere.length > 0) throw serialElsewhere(elsewhere);
    await this.counted.replace(
      countId,
      lines.map((line) => line.levelId),
      rows.flatMap((row) => row.noted),
    );
    const knownOf = grouped(known, (line) => line.levelId);
    return lines.flatMap(({ levelId, sku, countedAt }, at) => {
      const { noted, batches } = rows[at];
      for (const line of knownOf.get(levelId) ?? []) batches.add(line.lotNumber);
      if (batches.size === 0) batches.add(null);
      const rowsOf = grouped(noted, (row) => row.lotNumber);
      return [...batches].map((lotNumber) => {
        const own = rowsOf.get(lotNumber) ?? [];
        const of = (finding: CountedSerial['finding']): number => own.filter((row) => row.finding === finding).length;
        return { levelId, sku, lotNumber, counted: null, countedAt, missing: of('missing'), found: of('found') };
      });
    });
  }

  /** Batches that were counted by a number alone have no serial numbers read of them. */
  forget(countId: string, lines: readonly { levelId: string; lotNumber: string | null }[]): Promise<void> {
    return lines.length > 0 ? this.counted.forget(countId, lines) : Promise.resolve();
  }

  /**
   * What approving these lines does to their pieces: those of tracked articles that were read, and of lines that nobody
   * counted and of which nothing is there, all.
   * @throws AppError conflict `inventory.serials-uncounted`, `inventory.below-reserved`
   */
  async plan(countId: string, lines: readonly CountLine[], lots: CountedLots): Promise<SerialChanges> {
    const tracked = await this.serials.tracked([...new Set(lines.map((line) => line.sku))]);
    const own = lines.filter((line) => tracked.has(line.sku));
    const unnamed = own.filter((line) => line.counted !== null && line.missing === null);
    if (unnamed.length > 0) throw serialsUncounted([...new Set(unnamed.map((line) => line.sku))]);
    if (own.length === 0) return { lineIds: [], missing: [], found: [], shares: [] };
    const differing = await this.counted.differing(
      countId,
      own.filter((line) => line.counted !== null).map((line) => line.id),
    );
    const empty = new Set(own.filter((line) => line.counted === null).map((line) => line.id));
    const emptied = lots.filter((lot) => empty.has(lot.lineId));
    const lineOfLot = new Map(emptied.map((lot) => [lot.id, lot.lineId]));
    const left = emptied.length > 0 ? await this.counted.inLots([...lineOfLot.keys()]) : [];
    const missing = [
      ...differing.flatMap(missingPiece),
      ...left.map((piece) => ({ lineId: lineOfLot.get(piece.lotId)!, piece })),
    ];
    // The last lot of a batch is the one that its found pieces go into.
    const batches = new Map(lots.map((lot) => [lot.lineId, lot.id]));
    const found = differing.filter(isFound).map(({ lineId, sku, serial, levelId, lotNumber }) => {
      return { lineId, sku, serial, levelId, lotId: lotNumber === null ? levelId : batches.get(lineId)! };
    });
    return { lineIds: own.map((line) => line.id), missing, found, shares: sharesOf(missing, found, lots) };
  }

  /** Missing pieces are gone, found ones lie in their lots. @throws AppError conflict `inventory.serial-known`, `inventory.serial-unavailable` */
  async write(countId: string, { missing, found }: SerialChanges): Promise<void> {
    const document = { type: 'stock_count', id: countId };
    const gone = missing.map(({ piece }) => piece);
    for (const condition of new Set(gone.map((piece) => piece.condition))) {
      const own = gone.filter((piece) => piece.condition === condition);
      const moves = own.map(({ id }) => ({ id }));
      await this.desk.move(own, moves, 'gone', { kind: 'missing', document, reason: 'count' });
    }
    const known = await this.serials.take(found, { kind: 'found', document, reason: 'count' });
    if (known.length > 0) throw serialKnown(known);
    const aside = gone.filter((piece) => piece.condition !== 'available');
    if (aside.length > 0)
      await this.states.move(
        countId,
        aside.map(({ levelId, lotId, condition }) => {
          return { line: 0, levelId, lotId, from: condition, to: 'written_off', quantity: 1, reason: 'count' };
        }),
      );
  }

  /** What each line that was read, or of which nothing is there, changed by. */
  appliedOf({ lineIds, missing, found }: SerialChanges): Map<string, AppliedLine> {
    const applied = new Map(lineIds.map((lineId) => [lineId, { lineId, quantity: 0, missing: 0, found: 0 }]));
    for (const { lineId } of missing) {
      const line = applied.get(lineId)!;
      line.quantity -= 1;
      line.missing += 1;
    }
    for (const { lineId } of found) {
      const line = applied.get(lineId)!;
      line.quantity += 1;
      line.found += 1;
    }
    return applied;
  }
}

/** What the numbers that were read at a level say of its pieces. */
function compare(
  line: ReadLine,
  pieces: readonly (Serial & { lotNumber: string | null; moved: boolean })[],
): {
  noted: CountedSerial[];
  elsewhere: { sku: string; serial: string; state: string }[];
  batches: Set<string | null>;
} {
  const { levelId, sku } = line;
  const read = new Set(line.serials);
  const known = new Map(pieces.map((piece) => [piece.serial, piece]));
  const here = (piece: Serial): boolean => piece.state === 'in_stock' && piece.levelId === levelId;
  const noted = line.serials.flatMap((serial): CountedSerial[] => {
    const piece = known.get(serial);
    if (piece && (here(piece) || piece.moved))
      return [{ levelId, sku, lotNumber: piece.lotNumber, serial, serialId: piece.id, finding: 'seen' }];
    if (piece && piece.state !== 'gone') return [];
    const lotNumber = line.lotNumber ?? (piece?.levelId === levelId ? piece.lotNumber : null);
    return [{ levelId, sku, lotNumber, serial, serialId: piece?.id ?? null, finding: 'found' }];
  });
  const absent = pieces.filter((piece) => here(piece) && !read.has(piece.serial) && !piece.moved);
  return {
    noted: [
      ...noted,
      ...absent.map(({ id, serial, lotNumber }) => ({
        ...{ levelId, sku, lotNumber, serial },
        ...{ serialId: id, finding: 'missing' as const },
      })),
    ],
    elsewhere: pieces
      .filter((piece) => read.has(piece.serial) && !here(piece) && !piece.moved && piece.state !== 'gone')
      .map(({ serial, state }) => ({ sku, serial, state })),
    batches: new Set([
      ...pieces.filter(here).map((piece) => piece.lotNumber),
      ...noted.filter((row) => row.finding === 'found').map((row) => row.lotNumber),
    ]),
  };
}

const missingPiece = ({ finding, piece, moved, lineId, levelId }: DifferingSerial): SerialChanges['missing'] =>
  finding === 'missing' && piece?.state === 'in_stock' && piece.levelId === levelId && !moved
    ? [{ lineId, piece }]
    : [];

const isFound = ({ finding, piece, moved }: DifferingSerial): boolean =>
  finding === 'found' && (piece === null || (piece.state === 'gone' && !moved));

/** What each lot changes by. @throws AppError conflict `inventory.below-reserved` where promised pieces are missing */
function sharesOf(
  missing: SerialChanges['missing'],
  found: SerialChanges['found'],
  lots: CountedLots,
): SerialChanges['shares'] {
  const aside = (piece: Serial): number => (piece.condition === 'available' ? 0 : 1);
  const parts = [
    ...missing.map(({ lineId, piece }) => ({ lineId, lotId: piece.lotId, quantity: -1, unavailable: -aside(piece) })),
    ...found.map(({ lineId, lotId }) => ({ lineId, lotId, quantity: 1, unavailable: 0 })),
  ];
  const free = added(
    parts.map(({ lotId, quantity, unavailable }) => ({ lotId, quantity: quantity - unavailable })),
    (part) => part.lotId,
  );
  const byId = new Map(lots.map((lot) => [lot.id, lot]));
  const short = [...free].map(([lotId, quantity]) => ({ lot: byId.get(lotId)!, quantity }));
  const impossible = short.filter(({ lot, quantity }) => availableOf(lot) + quantity < 0);
  if (impossible.length > 0) {
    const skuOf = new Map(missing.map(({ piece }) => [piece.lotId, piece.sku]));
    throw belowReserved(
      impossible.map(({ lot, quantity }) => {
        return { sku: skuOf.get(lot.id)!, onHand: lot.onHand + quantity, reserved: lot.reserved };
      }),
    );
  }
  const shares = new Map<string, SerialChanges['shares'][number]>();
  for (const { lineId, lotId, quantity, unavailable } of parts) {
    const key = `${lotId} ${quantity}`;
    const share = shares.get(key);
    if (share) {
      share.quantity += quantity;
      share.unavailable += unavailable;
    } else {
      const lot = byId.get(lotId)!;
      shares.set(key, { lineId, levelId: lot.levelId, lotId, quantity, unavailable, unitCost: costOf(lot) });
    }
  }
  return [...shares.values()];
}
