import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import type { Money } from '../../../kernel/money/money';
import { IssueStockCommand, type IssueLine } from '../contracts/issue-stock';
import { JournalRepository } from '../data/journal.repository';
import { SerialRepository } from '../data/serial.repository';
import { StockRepository } from '../data/stock.repository';
import { outOfStock } from '../domain/inventory.errors';
import type { Serial } from '../domain/serial';
import { planHold, type LotShare, type StockedLevel } from '../domain/stock.policy';
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
    private readonly check: LineCheck,
    private readonly stock: StockRepository,
    private readonly journal: JournalRepository,
    private readonly serials: SerialRepository,
    private readonly serialDesk: SerialDesk,
    private readonly desk: StockDesk,
  ) {}

  execute({ request }: IssueStockCommand): Promise<{ sku: string; quantity: number; cost: Money[] }[]> {
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
      const shares = [...(await this.taken(lines, before)), ...ofPieces(pieces)];
      const lots = await this.stock.lotsOf([...new Set(shares.map((share) => share.levelId))]);
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
      return lines.map(({ sku, quantity }) => {
        const cost = shares
          .filter((share) => share.sku === sku)
          .flatMap((share): Money[] => {
            const unit = costOf(byLot.get(share.lotId)!);
            return unit ? [{ amount: unit.amount * share.quantity, currency: unit.currency }] : [];
          });
        return { sku, quantity, cost };
      });
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

const ofPieces = (pieces: readonly Serial[]): Share[] =>
  totalled(
    pieces.map((piece) => ({ ...piece, quantity: 1 })),
    (piece) => piece.lotId,
  ).map(([lotId, quantity]) => {
    const { levelId, sku } = pieces.find((piece) => piece.lotId === lotId)!;
    return { lotId, quantity, levelId, sku };
  });

function totalled<T extends { quantity: number }>(rows: readonly T[], of: (row: T) => string): [string, number][] {
  const sums = new Map<string, number>();
  for (const row of rows) sums.set(of(row), (sums.get(of(row)) ?? 0) + row.quantity);
  return [...sums];
}
