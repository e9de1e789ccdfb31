import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import { CountRepository, type Count, type Finding } from '../data/count.repository';
import { LotRepository } from '../data/lot.repository';
import { StockRepository } from '../data/stock.repository';
import {
  countedAtWrong,
  countNotFound,
  countState,
  countSuperseded,
  countTooLarge,
  lotNotFound,
  notInCount,
  nothingCounted,
  repeatedLine,
} from '../domain/inventory.errors';
import type { Level } from '../domain/stock.policy';
import { CountViews, type CountRow } from '../queries/stock-counts';
import { lotOf } from './goods-in';
import { LineCheck } from './line-check';
import { LookPlan } from './look-plan';
import type { ReceiptLot } from './receive-stock';
import { SerialCounts, type ReadLine } from './serial-counts';

/** Most lines of one count. */
const MOST_LINES = 20_000;

/**
 * Opens a count of a whole location, or of some articles there. Nothing is frozen: stock may move while people count.
 * @throws AppError invalid `inventory.unknown-sku`; not-found `inventory.location-not-found`; conflict
 *   `inventory.count-too-large`
 */
export class OpenCountCommand extends Command<CountRow> {
  constructor(
    readonly request: {
      /** Default: the shop's default location. */
      locationId?: string;
      /** Default: all that lies there. */
      skus?: string[];
      /** Who counts is not told what should be there. */
      blind?: boolean;
      note?: string;
    },
  ) {
    super();
  }
}

/** What was found of a batch, or of what has no batch number; or the serial numbers that were read of an article. */
export interface CountedLine {
  sku: string;
  /**
   * Default: what has no batch number. Where serial numbers are read: the batch of pieces that nobody knew of; default the
   * one in which they once lay here.
   */
  lotNumber?: string;
  /** Pieces; or `serials`. */
  counted?: number;
  /** All numbers that were read of the article at the location, whichever their batch. */
  serials?: string[];
  /** When it was counted, ISO time; default now. */
  countedAt?: string;
  /** A batch that nobody knew of comes into the books with these. */
  lot?: Omit<ReceiptLot, 'number'>;
}

/**
 * Notes what was found; a line that was counted before is counted anew. What lies there in the books is noted as of the
 * moment of counting.
 * @throws AppError not-found `inventory.count-not-found`, `inventory.lot-not-found`; invalid `inventory.not-in-count`,
 *   `inventory.repeated-line`, `inventory.counted-at`, `inventory.unknown-sku`, `inventory.lot-dates`,
 *   `inventory.not-serialized`, `inventory.nothing-counted`; conflict `inventory.count-state`, `inventory.count-superseded`, `inventory.serial-elsewhere`
 */
export class RecordCountCommand extends Command<CountRow> {
  constructor(
    readonly id: string,
    readonly lines: CountedLine[],
  ) {
    super();
  }
}

/** Gives a count up; nothing changes. @throws AppError not-found `inventory.count-not-found`, conflict `inventory.count-state` */
export class CancelCountCommand extends Command<CountRow> {
  constructor(
    readonly id: string,
    readonly reason: string | null,
  ) {
    super();
  }
}

/** A count that is still open, locked. */
export async function openCount(counts: CountRepository, id: string): Promise<Count> {
  const count = await counts.lock(id);
  if (!count) throw countNotFound();
  if (count.state !== 'open') throw countState(count.state);
  return count;
}

@CommandHandler(OpenCountCommand)
export class OpenCountHandler implements ICommandHandler<OpenCountCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly check: LineCheck,
    private readonly counts: CountRepository,
    private readonly stock: StockRepository,
    private readonly views: CountViews,
  ) {}

  execute({ request }: OpenCountCommand): Promise<CountRow> {
    return this.uow.run(async () => {
      const locationId = await this.check.place(request.locationId);
      const skus = request.skus ? [...new Set(request.skus)] : null;
      if (skus) {
        await this.check.known(
          request.skus!.map((sku) => ({ sku })),
          '/skus',
        );
        await this.stock.ensure(skus, locationId);
      }
      const lines = await this.counts.scope(locationId, skus);
      if (lines.length > MOST_LINES) throw countTooLarge(lines.length, MOST_LINES);
      const id = newId();
      await this.counts.create({
        id,
        locationId,
        wholeLocation: skus === null,
        blind: request.blind ?? false,
        note: request.note ?? null,
      });
      await this.counts.addLines(id, lines);
      return this.views.find(id);
    });
  }
}

@CommandHandler(RecordCountCommand)
export class RecordCountHandler implements ICommandHandler<RecordCountCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly check: LineCheck,
    private readonly counts: CountRepository,
    private readonly stock: StockRepository,
    private readonly lots: LotRepository,
    private readonly plan: LookPlan,
    private readonly serials: SerialCounts,
    private readonly views: CountViews,
  ) {}

  execute({ id, lines }: RecordCountCommand): Promise<CountRow> {
    return this.uow.run(async () => {
      const count = await openCount(this.counts, id);
      demandOneLineEach(lines);
      const findings = lines.map((line, at) => ({ ...line, at, when: this.whenOf(line, at, count.createdAt) }));
      const levels = await this.levelsOf(count, lines);
      const known = await this.counts.lines(
        id,
        [...levels.values()].map((level) => level.id),
      );
      if (!count.wholeLocation) {
        const counted = new Set(known.map((line) => line.sku));
        const stranger = lines.findIndex((line) => !counted.has(line.sku));
        if (stranger >= 0) throw notInCount(`/lines/${stranger}/sku`, lines[stranger].sku);
      }
      await this.batches(lines, levels);
      const byNumber = findings.flatMap(({ sku, lotNumber = null, counted, when }): Finding[] =>
        counted === undefined ? [] : [{ levelId: levels.get(sku)!.id, sku, lotNumber, counted, countedAt: when }],
      );
      const byName = findings.flatMap(({ sku, lotNumber = null, serials, when, at }): ReadLine[] => {
        const pointer = `/lines/${at}/serials`;
        return serials ? [{ levelId: levels.get(sku)!.id, sku, lotNumber, serials, countedAt: when, pointer }] : [];
      });
      await this.serials.forget(id, byNumber);
      const wanted = [...byNumber, ...(await this.serials.record(id, byName, known))];
      const there = new Set(known.map((line) => `${line.levelId} ${line.lotNumber ?? ''}`));
      const added = wanted.filter((line) => !there.has(`${line.levelId} ${line.lotNumber ?? ''}`));
      if (added.length > 0) await this.counts.addLines(id, added);
      await this.counts.record(id, wanted);
      const dated = wanted.filter((line) => line.countedAt);
      if (dated.length > 0) await this.refuseCorrected(id, dated);
      return this.views.find(id);
    });
  }

  private whenOf(line: CountedLine, at: number, opened: Date): Date | null {
    if (line.countedAt === undefined) return null;
    const when = new Date(line.countedAt);
    if (when < opened || when > this.clock.now()) throw countedAtWrong(`/lines/${at}/countedAt`);
    return when;
  }

  /** The locked levels of what was counted, by SKU; a count of the whole location may find what was never there. */
  private async levelsOf(count: Count, lines: readonly CountedLine[]): Promise<Map<string, Level>> {
    const skus = [...new Set(lines.map((line) => line.sku))];
    let levels = await this.stock.lock(skus, count.locationId);
    if (levels.length < skus.length && count.wholeLocation) {
      await this.check.known(lines);
      await this.check.places([count.locationId]);
      await this.stock.ensure(skus, count.locationId);
      levels = await this.stock.lock(skus, count.locationId);
    }
    const found = new Map(levels.map((level) => [level.sku, level]));
    const stranger = lines.findIndex((line) => !found.has(line.sku));
    if (stranger >= 0) throw notInCount(`/lines/${stranger}/sku`, lines[stranger].sku);
    return found;
  }

  /** Batches that are named must be known, or say what they are: then they come into the books, empty. */
  private async batches(lines: readonly CountedLine[], levels: ReadonlyMap<string, Level>): Promise<void> {
    const numbers = [...new Set(lines.flatMap((line) => line.lotNumber ?? []))];
    if (numbers.length === 0) return;
    const ids = [...levels.values()].map((level) => level.id);
    const known = new Set((await this.lots.named(ids, numbers)).map((lot) => `${lot.levelId} ${lot.number}`));
    const made = lines.flatMap((line, index) => {
      const level = levels.get(line.sku)!;
      if (!line.lotNumber || known.has(`${level.id} ${line.lotNumber}`)) return [];
      if (!line.lot) throw lotNotFound(line.lotNumber, line.sku);
      const lot = lotOf(level, { ...line.lot, number: line.lotNumber }, undefined, index);
      return [{ ...lot, sku: level.sku, locationId: level.locationId }];
    });
    if (made.length === 0) return;
    await this.lots.insert(made);
    await this.plan.forLots(made.flatMap((lot) => (lot.removeAt ? lot.id : [])));
  }

  /** A correction after the time that is said of the count was perhaps about the same pieces. */
  private async refuseCorrected(id: string, dated: readonly Finding[]): Promise<void> {
    const levels = [...new Set(dated.map((line) => line.levelId))];
    const keys = new Set(dated.map((line) => `${line.levelId} ${line.lotNumber ?? ''}`));
    const lines = (await this.counts.lines(id, levels)).filter((line) =>
      keys.has(`${line.levelId} ${line.lotNumber ?? ''}`),
    );
    const corrected = await this.counts.corrected(id, lines);
    if (corrected.length > 0) throw countSuperseded(corrected);
  }
}

@CommandHandler(CancelCountCommand)
export class CancelCountHandler implements ICommandHandler<CancelCountCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly counts: CountRepository,
    private readonly views: CountViews,
  ) {}

  execute({ id, reason }: CancelCountCommand): Promise<CountRow> {
    return this.uow.run(async () => {
      await openCount(this.counts, id);
      await this.counts.settle(id, 'cancelled', reason, []);
      return this.views.find(id);
    });
  }
}

/** Two findings about one thing are none; serial numbers are read of a whole article. */
function demandOneLineEach(lines: readonly CountedLine[]): void {
  const empty = lines.findIndex(({ counted, serials }) => counted === undefined && serials === undefined);
  if (empty >= 0) throw nothingCounted(`/lines/${empty}`, lines[empty].sku);
  const read = new Set(lines.flatMap((line) => (line.serials ? line.sku : [])));
  const keys = lines.map((line) => (read.has(line.sku) ? line.sku : `${line.sku} ${line.lotNumber ?? ''}`));
  const second = keys.findIndex((key, at) => keys.indexOf(key) !== at);
  if (second >= 0) throw repeatedLine(`/lines/${second}`, lines[second].sku);
}
