import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import type { Money } from '../../../kernel/money/money';
import { IssueStockCommand, type IssuedLine, type IssueLine } from '../contracts/issue-stock';
import { JournalRepository } from '../data/journal.repository';
import { SerialRepository } from '../data/serial.repository';
import { StockRepository, type LotRow } from '../data/stock.repository';
import { outOfStock, serialPromised } from '../domain/inventory.errors';
import type { Serial } from '../domain/serial';
import { availableOf, planHold, type Level, type LotShare, type StockedLevel } from '../domain/stock.policy';
import { LineCheck } from './line-check';
import { costOf } from './lot-counter';
import { demandSerials, SerialDesk } from './serial-desk';
import { StockDesk } from './stock-desk';

type Share = LotShare & { levelId: string; sku: string };

/** Goods that the organization uses itself leave as adjustments, each lot at its cost. */
@CommandHandler(IssueStockCommand)
export class IssueStockHandler implements ICommandHandler<IssueStockCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly check: LineCheck,
    private readonly stock: StockRepository,
    private readonly journal: JournalRepository,
    private readonly serials: SerialRepository,
    private readonly serialDesk: SerialDesk,
    private readonly desk: StockDesk,
  ) {}

  execute({ request }: IssueStockCommand): Promise<IssuedLine[]> {
    const { document, key, lines, reason } = request;
    return this.uow.run(async () => {
      await this.check.known(lines);
      const tracked = await this.serials.tracked(lines.map((line) => line.sku));
      lines.forEach((line, at) =>
        demandSerials(tracked.has(line.sku), { ...line, serials: line.serials, pointer: `/lines/${at}/serials` }),
      );
      const before = await this.stock.lockWithLots(
        lines.map((line) => line.sku),
        null,
      );
      const pieces = await this.pieces(lines, before);
      const lots = await this.stock.lotsOf(before.map((level) => level.id));
      const named = ofPieces(pieces);
      demandFree(named, pieces, before, lots, this.clock.now());
      const shares = [...(await this.taken(lines, before)), ...named];
      const byLot = new Map(lots.map((lot) => [lot.id, lot]));
      const levels = await this.stock.post(
        totalled(shares, (share) => share.levelId).map(([levelId, pieces]) => ({ levelId, onHand: -pieces })),
        shares.map(({ lotId, quantity }) => ({ lotId, onHand: -quantity })),
      );
      await this.serialDesk.move(pieces, pieces, 'gone', { kind: 'missing', document, reason });
      const after = new Map(levels.map((level) => [level.id, level]));
      await this.journal.write(
        shares.map(({ levelId, lotId, quantity }) => ({
          level: after.get(levelId)!,
          lotId,
          quantity: -quantity,
          unitCost: costOf(byLot.get(lotId)!),
          kind: 'adjustment' as const,
          document,
          reason,
          idempotencyKey: `issue:${key}:${lotId}`,
        })),
      );
      await this.desk.tell('adjustment', document.id, this.desk.since(before, levels));
      const costs = costsOf(shares, byLot);
      return lines.map(({ sku, quantity }) => ({ sku, quantity, cost: costs.get(sku) ?? null }));
    });
  }

  /** Lots of articles without serial numbers. @throws AppError conflict `inventory.out-of-stock` */
  private async taken(lines: readonly IssueLine[], levels: StockedLevel[]): Promise<Share[]> {
    const demand = new Map(lines.filter((line) => !line.serials).map(({ sku, quantity }) => [sku, quantity]));
    let plan = planHold(levels, demand);
    if (plan.short.length > 0) {
      // A lot that came while the lock was waited for is only seen by a fresh look.
      const lots = await this.stock.lotsOf(
        levels.map((level) => level.id),
        { live: true },
      );
      plan = planHold(
        levels.map((level) => ({ ...level, lots: lots.filter((lot) => lot.levelId === level.id) })),
        demand,
      );
    }
    if (plan.short.length > 0) throw outOfStock(plan.short);
    return plan.allocations.flatMap(({ levelId, sku, lots }) => lots.map((lot) => ({ ...lot, levelId, sku })));
  }

  /** @throws AppError conflict `inventory.serial-unavailable` */
  private pieces(lines: readonly IssueLine[], levels: readonly StockedLevel[]): Promise<Serial[]> {
    const named = lines.flatMap(({ sku, serials = [] }) => serials.map((serial) => ({ sku, serial })));
    return this.serialDesk.named(named, new Set(levels.map((level) => level.id)));
  }
}

/** What the pieces of each article cost, a sum a currency; null where nobody said of any of them. */
function costsOf(shares: readonly Share[], lots: ReadonlyMap<string, LotRow>): Map<string, Money[] | null> {
  const sums = new Map<string, Map<string, number> | null>();
  for (const { sku, lotId, quantity } of shares) {
    const unit = costOf(lots.get(lotId)!);
    const known = sums.has(sku) ? sums.get(sku)! : new Map<string, number>();
    if (unit) known?.set(unit.currency, (known.get(unit.currency) ?? 0) + unit.amount * quantity);
    sums.set(sku, unit && known);
  }
  return new Map(
    [...sums].map(([sku, known]) => [sku, known && [...known].map(([currency, amount]) => ({ amount, currency }))]),
  );
}

/**
 * Pieces that are promised, or that somebody waits for, are not for the house's own use, whoever names them.
 * @throws AppError conflict `inventory.serial-promised`, `inventory.out-of-stock`
 */
function demandFree(
  shares: readonly Share[],
  pieces: readonly Serial[],
  levels: readonly Level[],
  lots: readonly LotRow[],
  now: Date,
): void {
  const free = new Map(lots.map((lot) => [lot.id, Math.max(0, availableOf(lot))]));
  const promised = new Set(
    shares.filter(({ lotId, quantity }) => quantity > (free.get(lotId) ?? 0)).map(({ lotId }) => lotId),
  );
  if (promised.size > 0)
    throw serialPromised(pieces.filter(({ lotId }) => promised.has(lotId)).map(({ sku, serial }) => ({ sku, serial })));
  const short = [...new Set(shares.map(({ sku }) => sku))].flatMap((sku) => {
    const own = levels.filter((level) => level.sku === sku);
    const ids = new Set(own.map(({ id }) => id));
    const live = lots.filter((lot) => ids.has(lot.levelId) && (lot.removeAt === null || lot.removeAt > now));
    const waited = own.reduce((sum, level) => sum + level.backordered, 0);
    const spare = live.reduce((sum, { id }) => sum + free.get(id)!, 0) - waited;
    // What is past its day is nobody's who waits.
    const able = new Set(live.map(({ id }) => id));
    const requested = shares.reduce((sum, { lotId, quantity }) => sum + (able.has(lotId) ? quantity : 0), 0);
    return requested > Math.max(0, spare) ? [{ sku, requested, available: Math.max(0, spare) }] : [];
  });
  if (short.length > 0) throw outOfStock(short);
}

function ofPieces(pieces: readonly Serial[]): Share[] {
  const shares = new Map<string, Share>();
  for (const { lotId, levelId, sku } of pieces) {
    const share = shares.get(lotId);
    if (share) share.quantity += 1;
    else shares.set(lotId, { lotId, levelId, sku, quantity: 1 });
  }
  return [...shares.values()];
}

function totalled<T extends { quantity: number }>(rows: readonly T[], of: (row: T) => string): [string, number][] {
  const sums = new Map<string, number>();
  for (const row of rows) sums.set(of(row), (sums.get(of(row)) ?? 0) + row.quantity);
  return [...sums];
}
