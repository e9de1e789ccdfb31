import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { CountRepository } from '../data/count.repository';
import { JournalRepository } from '../data/journal.repository';
import { StockRepository, type LotRow } from '../data/stock.repository';
import { belowReserved, countIncomplete, countSuperseded, staleCountVersion } from '../domain/inventory.errors';
import { spreadVariance, varianceOf, type CountLine, type Uncounted } from '../domain/stock-count';
import { CountViews, type CountRow } from '../queries/stock-counts';
import { costOf, type CountedLot } from './lot-counter';
import { SerialCounts } from './serial-counts';
import { openCount } from './stock-counts';
import { StockDesk } from './stock-desk';
import { added, grouped } from './transfers';

/**
 * What was counted becomes the stock: each line changes by what was found less what lay there in the books when it was
 * counted, with the reason `count`; all lines or none. Of articles whose serial numbers were read, the missing pieces are gone
 * and those that nobody knew of are taken in, but for pieces to which something happened since.
 * @throws AppError not-found `inventory.count-not-found`; precondition-failed `inventory.count-stale`; conflict
 *   `inventory.count-state`, `inventory.count-incomplete`, `inventory.count-superseded`, `inventory.below-reserved`,
 *   `inventory.serials-uncounted`, `inventory.serial-known`, `inventory.serial-unavailable`
 */
export class ApproveCountCommand extends Command<CountRow> {
  constructor(
    readonly id: string,
    readonly terms: {
      /** What becomes of lines that nobody counted. Default: refuse. */
      uncounted?: Uncounted;
      /** The version that was looked at; null: whichever. */
      version: number | null;
    },
  ) {
    super();
  }
}

@CommandHandler(ApproveCountCommand)
export class ApproveCountHandler implements ICommandHandler<ApproveCountCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly counts: CountRepository,
    private readonly stock: StockRepository,
    private readonly journal: JournalRepository,
    private readonly desk: StockDesk,
    private readonly serials: SerialCounts,
    private readonly views: CountViews,
  ) {}

  execute({ id, terms: { uncounted = 'refuse', version } }: ApproveCountCommand): Promise<CountRow> {
    return this.uow.run(async () => {
      const count = await openCount(this.counts, id);
      if (version !== null && version !== count.version) throw staleCountVersion(count.version);
      const all = await this.counts.lines(id);
      const missing = all.filter((line) => line.counted === null);
      if (missing.length > 0 && uncounted === 'refuse') throw countIncomplete(missing.length);
      const lines = all.filter((line) =>
        line.counted === null ? uncounted === 'zero' : line.counted !== line.expected || Boolean(line.found),
      );
      await this.apply(id, lines, count.locationId);
      return this.views.find(id);
    });
  }

  private async apply(id: string, lines: readonly CountLine[], locationId: string): Promise<void> {
    const levelIds = new Set(lines.map((line) => line.levelId));
    const places = await this.stock.lock([...new Set(lines.map((line) => line.sku))]);
    const before = places.filter((level) => levelIds.has(level.id) && level.locationId === locationId);
    const corrected = await this.counts.corrected(
      id,
      lines.filter((line) => line.counted !== null),
    );
    if (corrected.length > 0) throw countSuperseded(corrected);
    const lots = await this.counts.lots(id, lines);
    const pieces = await this.serials.plan(id, lines, lots);
    const named = this.serials.appliedOf(pieces);
    const spreaded = spread(
      lines.filter((line) => !named.has(line.id)),
      lots,
    ).map((share) => ({ ...share, unavailable: 0 }));
    const shares = [...spreaded, ...pieces.shares];
    const byLine = added(spreaded, (share) => share.lineId);
    const applied = lines.map(({ id }) => named.get(id) ?? { lineId: id, quantity: byLine.get(id) ?? 0 });
    if (shares.length > 0) {
      const levels = await this.stock.post(
        totals(shares, (share) => share.levelId).map(({ key: levelId, ...delta }) => ({ levelId, ...delta })),
        totals(shares, (share) => share.lotId).map(({ key: lotId, ...delta }) => ({ lotId, ...delta })),
      );
      await this.serials.write(id, pieces);
      const after = new Map(levels.map((level) => [level.id, level]));
      await this.journal.write(
        shares.map(({ levelId, lotId, quantity, unitCost }, at) => ({
          level: after.get(levelId)!,
          lotId,
          quantity,
          unitCost,
          kind: 'count' as const,
          document: { type: 'stock_count', id },
          reason: 'count',
          idempotencyKey: `stock-count:${id}:${lotId}${at < spreaded.length ? '' : quantity < 0 ? ':missing' : ':found'}`,
        })),
      );
      await this.desk.tell('count', id, this.desk.since(before, levels));
    }
    await this.counts.settle(id, 'approved', null, applied);
  }
}

/** What levels or lots change by, all shares together. */
function totals(
  shares: readonly (CountedLot & { unavailable: number })[],
  keyOf: (share: CountedLot) => string,
): { key: string; onHand: number; unavailable: number }[] {
  const aside = added(
    shares.map((share) => ({ ...share, quantity: share.unavailable })),
    keyOf,
  );
  return [...added(shares, keyOf)].map(([key, onHand]) => ({ key, onHand, unavailable: aside.get(key)! }));
}

/** What each lot changes by. @throws AppError conflict `inventory.below-reserved` */
function spread(
  lines: readonly CountLine[],
  lots: readonly (LotRow & { lineId: string })[],
): (CountedLot & { lineId: string })[] {
  const impossible: { sku: string; onHand: number; reserved: number }[] = [];
  const lotsOf = grouped(lots, (lot) => lot.lineId);
  const shares = lines.flatMap((line) => {
    const own = lotsOf.get(line.id) ?? [];
    const variance = varianceOf(line, own);
    const home = line.lotNumber === null ? line.levelId : own[own.length - 1].id;
    const parts = spreadVariance(variance, own, home);
    if (!parts) {
      const onHand = own.reduce((sum, lot) => sum + lot.onHand, 0) + variance;
      const reserved = own.reduce((sum, lot) => sum + lot.reserved + lot.unavailable, 0);
      impossible.push({ sku: line.sku, onHand, reserved });
      return [];
    }
    return parts.map(({ lotId, quantity }) => ({
      lineId: line.id,
      levelId: line.levelId,
      lotId,
      quantity,
      unitCost: costOf(own.find((lot) => lot.id === lotId)!),
    }));
  });
  if (impossible.length > 0) throw belowReserved(impossible);
  return shares;
}
