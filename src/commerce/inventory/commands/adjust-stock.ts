import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import { JournalRepository } from '../data/journal.repository';
import { LotRepository } from '../data/lot.repository';
import { StockRepository, type LotRow } from '../data/stock.repository';
import { belowReserved, lotNotFound, repeatedLine, staleCount, type StaleCount } from '../domain/inventory.errors';
import { availableOf, takeFrom, type Level } from '../domain/stock.policy';
import { LineCheck } from './line-check';
import { costOf, LotCounter, type CountedLot } from './lot-counter';
import { SerialCorrections } from './serial-corrections';
import { StockDesk } from './stock-desk';

export interface AdjustmentLine {
  sku: string;
  /** What the caller believes to lie there; the adjustment is refused when it does not. */
  expectedOnHand: number;
  onHand: number;
  reason: string;
  /** Default: the shop's default location. */
  locationId?: string;
  /** Counts this batch alone; default: the whole level. */
  lotNumber?: string;
  /** Which pieces are missing, or were found, of articles that have serial numbers. */
  serials?: string[];
}

export interface Adjustment {
  id: string;
  lines: {
    sku: string;
    locationId: string;
    lotNumber: string | null;
    /** The level's, after all lines. */
    onHand: number;
    change: number;
    available: number;
  }[];
}

/**
 * Corrects counts, all lines or none, where they are still what the caller saw.
 * @throws AppError conflict `inventory.stale-count` naming `{sku, locationId, lotNumber, expectedOnHand, onHand}`;
 *   conflict `inventory.below-reserved`, `inventory.serial-known`, `inventory.serial-unavailable`; invalid
 *   `inventory.unknown-sku`, `inventory.repeated-line`, `inventory.serials-needed`, `inventory.not-serialized`; not-found
 *   `inventory.location-not-found`, `inventory.lot-not-found`
 */
export class AdjustStockCommand extends Command<Adjustment> {
  constructor(readonly request: { lines: AdjustmentLine[] }) {
    super();
  }
}

type Placed = AdjustmentLine & { locationId: string };

@CommandHandler(AdjustStockCommand)
export class AdjustStockHandler implements ICommandHandler<AdjustStockCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly check: LineCheck,
    private readonly stock: StockRepository,
    private readonly lots: LotRepository,
    private readonly counter: LotCounter,
    private readonly journal: JournalRepository,
    private readonly desk: StockDesk,
    private readonly serials: SerialCorrections,
  ) {}

  execute({ request }: AdjustStockCommand): Promise<Adjustment> {
    return this.uow.run(async () => {
      const lines = await this.check.placed(request.lines);
      demandOneLineEach(lines);
      for (const place of [...new Set(lines.map((line) => line.locationId))].sort())
        await this.stock.ensure([...new Set(lines.filter((l) => l.locationId === place).map((l) => l.sku))], place);
      const before = await this.stock.lock([...new Set(lines.map((line) => line.sku))]);
      const levelOf = new Map(before.map((level) => [key(level), level]));
      const batches = await this.batches(lines, levelOf);
      const stale: StaleCount[] = lines.flatMap((line, index) => {
        const onHand = line.lotNumber ? onHandOf(batches[index]) : levelOf.get(key(line))!.onHand;
        const { sku, locationId, lotNumber = null, expectedOnHand } = line;
        return onHand === expectedOnHand ? [] : [{ sku, locationId, lotNumber, expectedOnHand, onHand }];
      });
      if (stale.length > 0) throw staleCount(stale);
      const id = newId();
      const corrected = lines.map(({ sku, onHand, expectedOnHand, serials, ...line }, at) => {
        const level = levelOf.get(key({ sku, ...line }))!;
        return { sku, level, change: onHand - expectedOnHand, serials, pointer: `/lines/${at}/serials` };
      });
      const pieces = await this.serials.of(corrected);
      const shares = await this.spread(
        lines,
        levelOf,
        batches,
        await this.serials.missingShares(pieces, corrected, batches),
      );
      const changes = new Map<string, number>();
      for (const { levelId, quantity } of shares) changes.set(levelId, (changes.get(levelId) ?? 0) + quantity);
      const levels = await this.stock.post(
        [...changes].map(([levelId, onHand]) => ({ levelId, onHand })),
        shares.map(({ lotId, quantity }) => ({ lotId, onHand: quantity })),
      );
      const after = new Map([...before, ...levels].map((level) => [level.id, level]));
      await this.serials.write(id, pieces, new Map(shares.map((share) => [share.line, share])));
      await this.journal.write(
        shares.map(({ levelId, line, ...share }) => ({
          level: after.get(levelId)!,
          ...share,
          reason: lines[line].reason,
          kind: 'adjustment' as const,
          document: { type: 'adjustment', id },
          idempotencyKey: `adjustment:${id}:${share.lotId}`,
        })),
      );
      await this.desk.tell('adjustment', id, this.desk.since(before, levels));
      return {
        id,
        lines: lines.map((line) => {
          const level = after.get(levelOf.get(key(line))!.id)!;
          const { sku, locationId, lotNumber = null } = line;
          const change = line.onHand - line.expectedOnHand;
          return { sku, locationId, lotNumber, onHand: level.onHand, change, available: availableOf(level) };
        }),
      };
    });
  }

  /** The lots of each line that names a batch. */
  private async batches(lines: readonly Placed[], levels: ReadonlyMap<string, Level>): Promise<LotRow[][]> {
    const numbers = [...new Set(lines.flatMap((line) => line.lotNumber ?? []))];
    const ids = [...levels.values()].map((level) => level.id);
    const found = numbers.length > 0 ? await this.lots.named(ids, numbers) : [];
    return lines.map((line) => {
      if (!line.lotNumber) return [];
      const own = found.filter((lot) => lot.levelId === levels.get(key(line))!.id && lot.number === line.lotNumber);
      if (own.length === 0) throw lotNotFound(line.lotNumber, line.sku);
      return own;
    });
  }

  private async spread(
    lines: readonly Placed[],
    levels: ReadonlyMap<string, Level>,
    batches: readonly LotRow[][],
    missing: readonly (CountedLot & { line: number })[],
  ): Promise<(CountedLot & { line: number })[]> {
    const known = new Set(missing.map(({ line }) => line));
    const open = lines.map((line, index) => ({ line, index })).filter(({ index }) => !known.has(index));
    const whole = open.filter(({ line }) => !line.lotNumber);
    const lineOf = new Map(whole.map(({ line, index }) => [levels.get(key(line))!.id, index]));
    const counted = await this.counter.spread(
      whole.map(({ line }) => ({ level: levels.get(key(line))!, change: line.onHand - line.expectedOnHand })),
    );
    const named = open.flatMap(({ line, index }) =>
      line.lotNumber ? changesOf(line, batches[index]).map((share) => ({ ...share, line: index })) : [],
    );
    return [...missing, ...counted.map((share) => ({ ...share, line: lineOf.get(share.levelId)! })), ...named];
  }
}

const key = (line: { sku: string; locationId: string }): string => `${line.locationId} ${line.sku}`;

const onHandOf = (lots: readonly LotRow[]): number => lots.reduce((sum, lot) => sum + lot.onHand, 0);

/** How the lots of one batch change; more pieces go to what was received last. */
function changesOf(line: Placed, lots: readonly LotRow[]): CountedLot[] {
  const change = line.onHand - line.expectedOnHand;
  const share = (lot: LotRow, quantity: number): CountedLot => ({
    levelId: lot.levelId,
    lotId: lot.id,
    quantity,
    unitCost: costOf(lot),
  });
  if (change > 0) return [share(lots[lots.length - 1], change)];
  const free = lots.map((lot) => ({ id: lot.id, free: availableOf(lot) }));
  const taken = takeFrom(free, -change);
  if (taken.reduce((sum, each) => sum + each.quantity, 0) < -change) {
    const reserved = lots.reduce((sum, lot) => sum + lot.reserved + lot.unavailable, 0);
    throw belowReserved([{ sku: line.sku, onHand: line.onHand, reserved }]);
  }
  return taken.map(({ lotId, quantity }) =>
    share(
      lots.find((lot) => lot.id === lotId)!,
      -quantity,
    ),
  );
}

/** Two lines about one thing would each be right alone and wrong together. */
function demandOneLineEach(lines: readonly Placed[]): void {
  const seen = new Map<string, boolean>();
  lines.forEach((line, index) => {
    const level = key(line);
    const mine = `${level} ${line.lotNumber ?? ''}`;
    const mixed = seen.has(level) && (seen.get(level) === false || !line.lotNumber);
    if (seen.has(mine) || mixed) throw repeatedLine(`/lines/${index}`, line.sku);
    seen.set(mine, true);
    seen.set(level, line.lotNumber !== undefined);
  });
}
