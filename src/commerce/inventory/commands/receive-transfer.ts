import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import { IncomingRepository } from '../data/incoming.repository';
import { JournalRepository } from '../data/journal.repository';
import { LandingRepository } from '../data/landing.repository';
import { StockRepository } from '../data/stock.repository';
import { TransferRepository, type Transfer } from '../data/transfer.repository';
import { exceedsTransfer, transferLineNotFound, transferNotFound, transferState } from '../domain/inventory.errors';
import type { Level } from '../domain/stock.policy';
import { settleArrival, underWay, type Arrived, type Settled } from '../domain/transfer';
import { TransferViews, type TransferRow } from '../queries/transfer-view';
import { LookPlan } from './look-plan';
import { costOf } from './lot-counter';
import { SerialTravel } from './serial-travel';
import { StockDesk } from './stock-desk';
import { added } from './transfers';

/**
 * Goods of a transfer arrive, in parts too; pieces that are lost are written off at their cost. Without `lines` all that
 * is under way arrives. The transfer ends with the last piece.
 * @throws AppError not-found `inventory.transfer-not-found`, `inventory.transfer-line-not-found`; conflict
 *   `inventory.transfer-state`, `inventory.exceeds-transfer`, `inventory.lot-conflict`, `inventory.serial-unavailable`
 */
export class ReceiveTransferCommand extends Command<TransferRow> {
  constructor(readonly request: { id: string; lines?: Arrived[]; reason?: string }) {
    super();
  }
}

/**
 * Gives a transfer up: a draft, or one under way, whose remaining goods are back in the lots they left.
 * @throws AppError not-found `inventory.transfer-not-found`; conflict `inventory.transfer-state`
 */
export class CancelTransferCommand extends Command<TransferRow> {
  constructor(readonly request: { id: string; reason: string | null }) {
    super();
  }
}

@CommandHandler(ReceiveTransferCommand)
export class ReceiveTransferHandler implements ICommandHandler<ReceiveTransferCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly transfers: TransferRepository,
    private readonly stock: StockRepository,
    private readonly incoming: IncomingRepository,
    private readonly landing: LandingRepository,
    private readonly journal: JournalRepository,
    private readonly desk: StockDesk,
    private readonly plan: LookPlan,
    private readonly views: TransferViews,
    private readonly serials: SerialTravel,
  ) {}

  execute({ request: { id, lines, reason } }: ReceiveTransferCommand): Promise<TransferRow> {
    return this.uow.run(async () => {
      const transfer = await this.transfers.lock(id);
      if (!transfer) throw transferNotFound();
      if (transfer.state !== 'shipped') throw transferState(transfer.state);
      const skus = new Map((await this.transfers.lines(id)).map((line) => [line.id, line.sku]));
      const unknown = lines?.find((line) => !skus.has(line.lineId));
      if (unknown) throw transferLineNotFound();
      const lots = await this.transfers.lots(id);
      const open = lots.map((lot) => ({ ...lot, received: underWay(lot), lost: 0, lotNumber: undefined }));
      const all = [
        ...added(
          open.map((lot) => ({ lineId: lot.lineId, quantity: lot.received })),
          (lot) => lot.lineId,
        ),
      ];
      const said = lines ?? all.map(([lineId, received]) => ({ lineId, received, lost: 0 }));
      const arrived = await this.serials.byLots(said, lots, skus);
      const { settled, exceeded } = settleArrival(lots, arrived);
      if (exceeded) throw exceedsTransfer(skus.get(exceeded.lineId)!, exceeded.underWay);
      await this.land(transfer, settled, skus, { lostBecause: reason ?? 'lost on the way', arrived });
      const left =
        lots.reduce((sum, lot) => sum + underWay(lot), 0) - settled.reduce((sum, part) => sum + sumOf(part), 0);
      await this.transfers.settle(
        id,
        settled.map(({ lot, received, lost }) => ({ lotId: lot.id, lineId: lot.lineId, received, lost, returned: 0 })),
        left === 0 ? 'received' : null,
        null,
      );
      return this.views.find(id);
    });
  }

  private async land(
    transfer: Transfer,
    settled: readonly Settled[],
    skus: ReadonlyMap<string, string>,
    { lostBecause, arrived }: { lostBecause: string; arrived: readonly Arrived[] },
  ): Promise<void> {
    const skuOf = ({ lot }: Settled): string => skus.get(lot.lineId)!;
    const locationId = transfer.toLocationId;
    await this.incoming.arrive(settled.map((part) => ({ sku: skuOf(part), locationId, quantity: sumOf(part) })));
    const before = (await this.stock.lock([...new Set(settled.map(skuOf))])).filter(
      (level) => level.locationId === locationId,
    );
    const levelOf = new Map(before.map((level) => [level.sku, level]));
    const landed = await this.landing.land(
      settled.map((part) => ({ lot: part.lot, level: levelOf.get(skuOf(part))! })),
    );
    const parts = settled.map((part, at) => ({ ...part, level: levelOf.get(skuOf(part))!, lotId: landed[at].lotId }));
    const levels = await this.stock.post(
      [
        ...added(
          parts.map((part) => ({ ...part, quantity: part.received })),
          (part) => part.level.id,
        ),
      ].map(([levelId, onHand]) => ({ levelId, onHand })),
      [
        ...added(
          parts.map((part) => ({ ...part, quantity: part.received })),
          (part) => part.lotId,
        ),
      ].map(([lotId, onHand]) => ({ lotId, onHand })),
    );
    await this.serials.arrive(
      transfer.id,
      parts.map(({ lot, level, lotId, received, lost }) => ({
        transferLotId: lot.id,
        levelId: level.id,
        lotId,
        received,
        lost,
      })),
      arrived,
      lostBecause,
    );
    const after = new Map(levels.map((level) => [level.id, level]));
    const operation = newId();
    const lost = added(
      parts.map((part) => ({ ...part, quantity: part.lost })),
      (part) => part.level.id,
    );
    const moved = (part: (typeof parts)[number], index: number) => ({
      lotId: part.lotId,
      unitCost: costOf(part.lot),
      document: { type: 'transfer', id: transfer.id },
      idempotencyKey: `${operation}:${index}`,
    });
    // What was lost came and left at once, as books want it: the shop owned it until somebody said so.
    await this.journal.write(
      parts.map((part, index) => {
        const level: Level = after.get(part.level.id)!;
        const level0 = { ...level, onHand: level.onHand + lost.get(level.id)! };
        const key = `transfer-in:${operation}:${index}`;
        return {
          ...moved(part, index),
          level: level0,
          quantity: sumOf(part),
          kind: 'transfer' as const,
          reason: 'arrived',
          idempotencyKey: key,
        };
      }),
    );
    await this.journal.write(
      parts.flatMap((part, index) =>
        part.lost === 0
          ? []
          : [
              {
                ...moved(part, index),
                level: after.get(part.level.id)!,
                quantity: -part.lost,
                kind: 'scrap' as const,
                reason: lostBecause,
                idempotencyKey: `transfer-lost:${operation}:${index}`,
              },
            ],
      ),
    );
    await this.desk.tell('transfer', transfer.id, this.desk.since(before, levels));
    await this.plan.forLots(landed.flatMap(({ lotId, made }) => (made ? lotId : [])));
  }
}

@CommandHandler(CancelTransferCommand)
export class CancelTransferHandler implements ICommandHandler<CancelTransferCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly transfers: TransferRepository,
    private readonly stock: StockRepository,
    private readonly incoming: IncomingRepository,
    private readonly journal: JournalRepository,
    private readonly desk: StockDesk,
    private readonly views: TransferViews,
    private readonly serials: SerialTravel,
  ) {}

  execute({ request: { id, reason } }: CancelTransferCommand): Promise<TransferRow> {
    return this.uow.run(async () => {
      const transfer = await this.transfers.lock(id);
      if (!transfer) throw transferNotFound();
      if (transfer.state !== 'draft' && transfer.state !== 'shipped') throw transferState(transfer.state);
      const back = (await this.transfers.lots(id))
        .map((lot) => ({ ...lot, quantity: underWay(lot) }))
        .filter((lot) => lot.quantity > 0);
      const skus = new Map((await this.transfers.lines(id)).map((line) => [line.id, line.sku]));
      if (back.length > 0) {
        await this.incoming.arrive(
          back.map(({ lineId, quantity }) => ({ sku: skus.get(lineId)!, locationId: transfer.toLocationId, quantity })),
        );
        const before = (await this.stock.lock([...new Set(back.map((lot) => skus.get(lot.lineId)!))])).filter(
          (level) => level.locationId === transfer.fromLocationId,
        );
        const levelOf = new Map(before.map((level) => [level.sku, level]));
        const levels = await this.stock.post(
          [...added(back, (lot) => levelOf.get(skus.get(lot.lineId)!)!.id)].map(([levelId, onHand]) => ({
            levelId,
            onHand,
          })),
          [...added(back, (lot) => lot.lotId)].map(([lotId, onHand]) => ({ lotId, onHand })),
        );
        await this.serials.callBack(
          id,
          back.map((lot) => ({ transferLotId: lot.id, lotId: lot.lotId })),
          reason ?? 'called back',
        );
        const after = new Map(levels.map((level) => [level.sku, level]));
        await this.journal.write(
          back.map((lot) => ({
            level: after.get(skus.get(lot.lineId)!)!,
            lotId: lot.lotId,
            quantity: lot.quantity,
            unitCost: costOf(lot),
            kind: 'transfer' as const,
            document: { type: 'transfer', id },
            reason: reason ?? 'called back',
            idempotencyKey: `transfer:${id}:back:${lot.id}`,
          })),
        );
        await this.desk.tell('transfer', id, this.desk.since(before, levels));
      }
      const parts = back.map((lot) => ({
        lotId: lot.id,
        lineId: lot.lineId,
        received: 0,
        lost: 0,
        returned: lot.quantity,
      }));
      await this.transfers.settle(id, parts, 'cancelled', reason);
      return this.views.find(id);
    });
  }
}

const sumOf = ({ received, lost }: { received: number; lost: number }): number => received + lost;
