import { Injectable } from '@nestjs/common';
import { newId } from '../../../kernel/ids/ids';
import { JournalRepository } from '../data/journal.repository';
import { LotRepository, type BatchRow, type LotKey } from '../data/lot.repository';
import { StockRepository } from '../data/stock.repository';
import { lotConflict, lotDates } from '../domain/inventory.errors';
import { availableOf, sumDemand, type Level } from '../domain/stock.policy';
import { LookPlan } from './look-plan';
import { costOf } from './lot-counter';
import type { Receipt, ReceiptLine, ReceiptLot } from './receive-stock';
import { SerialDesk } from './serial-desk';
import { StockDesk } from './stock-desk';

type Batch = Omit<BatchRow, 'receivedAt'>;
type PlacedLine = ReceiptLine & { locationId: string };

/** Takes goods into levels and lots: receipts, deliveries of suppliers. */
@Injectable()
export class GoodsIn {
  constructor(
    private readonly stock: StockRepository,
    private readonly lots: LotRepository,
    private readonly journal: JournalRepository,
    private readonly desk: StockDesk,
    private readonly plan: LookPlan,
    private readonly serials: SerialDesk,
  ) {}

  /** Takes these lines in, with the paper they rest on. Their SKUs and locations are known to be right. */
  async take(
    lines: readonly PlacedLine[],
    paper: { document: { type: string; id: string }; reason: string; supplierId?: string },
  ): Promise<Receipt> {
    for (const place of [...new Set(lines.map((line) => line.locationId))].sort()) {
      await this.stock.ensure([...new Set(lines.filter((l) => l.locationId === place).map((l) => l.sku))], place);
    }
    const arrived = sumDemand(lines.map((line) => ({ sku: key(line), quantity: line.quantity })));
    // Locked in id order, whatever the location; those of the same SKUs elsewhere are locked too and stay as they are.
    const before = (await this.stock.lock([...new Set(lines.map((line) => line.sku))])).filter((level) =>
      arrived.has(key(level)),
    );
    const { shares, made, lotOfLine } = await this.intoLots(lines, new Map(before.map((level) => [key(level), level])));
    const levels = await this.stock.post(
      before.map((level) => ({ levelId: level.id, onHand: arrived.get(key(level))! })),
      shares.map(({ lot, quantity }) => ({ lotId: lot.id, onHand: quantity })),
    );
    const byId = new Map(levels.map((level) => [level.id, level]));
    await this.serials.arrive(
      lines.map(({ sku, quantity, serials }, at) => {
        const { id: lotId, levelId } = lotOfLine[at];
        return { sku, quantity, serials, lotId, levelId, pointer: `/lines/${at}/serials` };
      }),
      { kind: 'received', document: paper.document, reason: paper.reason },
    );
    await this.journal.write(
      shares.map(({ lot, quantity }) => ({
        level: byId.get(lot.levelId)!,
        lotId: lot.id,
        quantity,
        unitCost: costOf(lot),
        kind: 'receipt' as const,
        document: paper.document,
        reason: paper.reason,
        supplierId: paper.supplierId,
        idempotencyKey: `receipt:${paper.document.id}:${lot.id}`,
      })),
    );
    await this.desk.tell('receipt', paper.document.id, this.desk.since(before, levels));
    await this.plan.forLots(made);
    return {
      id: paper.document.id,
      lines: levels.map((level) => ({
        sku: level.sku,
        locationId: level.locationId,
        quantity: arrived.get(key(level))!,
        onHand: level.onHand,
        reserved: level.reserved,
        available: availableOf(level),
        lots: shares
          .filter(({ lot }) => lot.levelId === level.id)
          .map(({ lot, quantity }) => ({ id: lot.id, number: lot.number, quantity })),
      })),
    };
  }

  /** Finds or makes the lot of each line; lines of one lot are added up. */
  private async intoLots(
    lines: readonly PlacedLine[],
    levels: ReadonlyMap<string, Level>,
  ): Promise<{ shares: { lot: LotKey; quantity: number }[]; made: string[]; lotOfLine: LotKey[] }> {
    const numbers = [...new Set(lines.flatMap((line) => (line.lot ? [line.lot.number] : [])))];
    const ids = [...levels.values()].map((level) => level.id);
    const known = numbers.length > 0 ? await this.lots.named(ids, numbers) : ([] as Batch[]);
    const made: Batch[] = [];
    const sums = new Map<string, { lot: LotKey; quantity: number }>();
    const lotOfLine: LotKey[] = [];
    lines.forEach((line, index) => {
      const level = levels.get(key(line))!;
      let lot: LotKey = { id: level.id, levelId: level.id, number: null, unitCost: null, costCurrency: null };
      if (line.lot) {
        const batch = [...known, ...made].filter(
          (each) => each.levelId === level.id && each.number === line.lot!.number,
        );
        const wanted = lotOf(level, line.lot, batch[0], index);
        const there = line.lot.unitCost ? batch.find((each) => sameCost(each, wanted)) : batch[0];
        if (!there) made.push(wanted);
        lot = there ?? wanted;
      }
      lotOfLine.push(lot);
      const sum = sums.get(lot.id) ?? { lot, quantity: 0 };
      sums.set(lot.id, { lot, quantity: sum.quantity + line.quantity });
    });
    if (made.length > 0) await this.lots.insert(made.map((lot) => ({ ...lot, ...placeOf(lot, levels) })));
    // What keeps for ever needs no look.
    return { shares: [...sums.values()], made: made.flatMap((lot) => (lot.removeAt ? lot.id : [])), lotOfLine };
  }
}

const key = (line: { sku: string; locationId: string }): string => `${line.locationId} ${line.sku}`;

const sameCost = (a: LotKey, b: LotKey): boolean => a.unitCost === b.unitCost && a.costCurrency === b.costCurrency;

function placeOf(lot: LotKey, levels: ReadonlyMap<string, Level>): { sku: string; locationId: string } {
  const { sku, locationId } = [...levels.values()].find((level) => level.id === lot.levelId)!;
  return { sku, locationId };
}

/**
 * The lot that a line asks for; what it leaves out is as the batch has it that lies there already.
 * @throws AppError invalid `inventory.lot-dates`, conflict `inventory.lot-conflict`
 */
export function lotOf(level: Level, lot: ReceiptLot, there: Batch | undefined, index: number): Batch {
  const date = (text: string | undefined): Date | null => (text === undefined ? null : new Date(text));
  const expiresAt = date(lot.expiresAt) ?? there?.expiresAt ?? null;
  const removeAt = date(lot.removeAt) ?? there?.removeAt ?? expiresAt;
  const alertAt = date(lot.alertAt) ?? there?.alertAt ?? null;
  const differs = (a: Date | null, b: Date | null): boolean => a?.getTime() !== b?.getTime();
  if (there && (differs(there.expiresAt, expiresAt) || differs(there.removeAt, removeAt)))
    throw lotConflict(lot.number ?? '', level.sku);
  const pointer = `/lines/${index}/lot`;
  if (expiresAt && removeAt! > expiresAt) throw lotDates(`${pointer}/removeAt`, 'removeAt is after expiresAt.');
  if (alertAt && !removeAt) throw lotDates(`${pointer}/alertAt`, 'alertAt needs expiresAt or removeAt.');
  if (alertAt && alertAt > removeAt!) throw lotDates(`${pointer}/alertAt`, 'alertAt is after removeAt.');
  return {
    id: newId(),
    levelId: level.id,
    number: lot.number,
    bestBeforeAt: date(lot.bestBeforeAt) ?? there?.bestBeforeAt ?? null,
    expiresAt,
    removeAt,
    alertAt,
    onHand: 0,
    reserved: 0,
    unavailable: 0,
    unitCost: lot.unitCost?.amount ?? null,
    costCurrency: lot.unitCost?.currency ?? null,
  };
}
