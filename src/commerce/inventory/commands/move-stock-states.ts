import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import { JournalRepository } from '../data/journal.repository';
import { StateRepository } from '../data/state.repository';
import { StockRepository, type LotRow } from '../data/stock.repository';
import { exceedsState, lotNotFound, sameState } from '../domain/inventory.errors';
import type { Serial } from '../domain/serial';
import { availableOf, type Level } from '../domain/stock.policy';
import { planStates, type LotStates, type StateLine, type StateMove, type StockState } from '../domain/stock-state';
import { LineCheck } from './line-check';
import { costOf } from './lot-counter';
import { SerialCorrections } from './serial-corrections';
import { SerialDesk } from './serial-desk';
import { StockDesk } from './stock-desk';
import { added } from './transfers';

export interface StateMoveLine {
  sku: string;
  /** Default: the shop's default location. */
  locationId?: string;
  /** Of this batch alone; default what expires first, what is past its day before all. */
  lotNumber?: string;
  /** Pieces, greater than zero. */
  quantity: number;
  from: StockState;
  to: StateLine['to'];
  reason: string;
  /** Which pieces, of articles that have serial numbers. */
  serials?: string[];
}

export interface StateOperation {
  id: string;
  lines: {
    sku: string;
    locationId: string;
    from: StockState;
    to: StateLine['to'];
    quantity: number;
    lots: { lotId: string; lotNumber: string | null; quantity: number }[];
    /** Of the level, after all lines. */
    onHand: number;
    unavailable: number;
    available: number;
  }[];
}

/**
 * Pieces become unavailable (damaged, in quarantine or quality control, safety stock), change from one such state to
 * another, are available again, or are written off; all lines or none, one after another. What is promised to orders is
 * not touched.
 * @throws AppError invalid `inventory.unknown-sku`, `inventory.same-state`, `inventory.serials-needed`, `inventory.not-serialized`; not-found `inventory.location-not-found`, `inventory.lot-not-found`;
 *   conflict `inventory.exceeds-state`, `inventory.serial-unavailable`
 */
export class MoveStockStatesCommand extends Command<StateOperation> {
  constructor(readonly lines: StateMoveLine[]) {
    super();
  }
}

type Placed = StateMoveLine & { locationId: string };

@CommandHandler(MoveStockStatesCommand)
export class MoveStockStatesHandler implements ICommandHandler<MoveStockStatesCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly check: LineCheck,
    private readonly stock: StockRepository,
    private readonly states: StateRepository,
    private readonly journal: JournalRepository,
    private readonly desk: StockDesk,
    private readonly serials: SerialCorrections,
    private readonly pieces: SerialDesk,
  ) {}

  execute(command: MoveStockStatesCommand): Promise<StateOperation> {
    return this.uow.run(async () => {
      command.lines.forEach(({ from, to }, at) => {
        if (from === to) throw sameState(`/lines/${at}/to`);
      });
      const lines = await this.check.placed(command.lines);
      const before = await this.stock.lock([...new Set(lines.map((line) => line.sku))]);
      const levelOf = new Map(before.map((level) => [key(level), level]));
      const lots = await this.stock.lotsOf(before.map((level) => level.id));
      const asked = lines.map((line) => this.lineOf(line, levelOf, lots));
      const pieces = await this.serials.inState(lines.map((line, at) => ({ ...line, levelId: asked[at].levelId })));
      const { plan, origin } = byLots(asked, pieces);
      const { moves: planned, short } = planStates(await this.statesOf(lots), plan);
      if (short) {
        const { sku, from } = lines[origin[short.line]];
        throw exceedsState(sku, from, plan[short.line].quantity, short.there);
      }
      const moves = planned.map((move) => ({ ...move, line: origin[move.line] }));
      const id = newId();
      const byId = new Map(lots.map((lot) => [lot.id, lot]));
      const levels = await this.stock.post(
        deltas(moves, (move) => move.levelId).map(({ key: levelId, ...delta }) => ({ levelId, ...delta })),
        deltas(moves, (move) => move.lotId).map(({ key: lotId, ...delta }) => ({ lotId, ...delta })),
      );
      await this.states.move(
        id,
        moves.map((move) => ({ ...move, reason: lines[move.line].reason })),
      );
      for (const [at, own] of pieces.entries()) await this.movePieces(id, own, lines[at]);
      const after = new Map([...before, ...levels].map((level) => [level.id, level]));
      const off = moves.filter((move) => move.to === 'written_off');
      await this.journal.write(
        off.map((move, index) => ({
          level: after.get(move.levelId)!,
          lotId: move.lotId,
          quantity: -move.quantity,
          unitCost: costOf(byId.get(move.lotId)!),
          kind: 'scrap' as const,
          document: { type: 'write_off', id },
          reason: lines[move.line].reason,
          idempotencyKey: `write-off:${id}:${index}`,
        })),
      );
      await this.desk.tell('state', id, this.desk.since(before, levels));
      return {
        id,
        lines: lines.map((line, at) =>
          viewOf(
            line,
            after.get(levelOf.get(key(line))!.id)!,
            moves.filter((move) => move.line === at),
            byId,
          ),
        ),
      };
    });
  }

  private async movePieces(id: string, pieces: readonly Serial[], { to, reason }: Placed): Promise<void> {
    const off = to === 'written_off';
    const moves = pieces.map((piece) => ({ id: piece.id, ...(!off && { condition: to }) }));
    const document = { type: off ? 'write_off' : 'state_change', id };
    await this.pieces.move(pieces, moves, off ? 'gone' : 'in_stock', {
      kind: off ? 'written_off' : 'state_changed',
      document,
      reason,
    });
  }

  private async statesOf(lots: readonly LotRow[]): Promise<LotStates[]> {
    const pieces = new Map(
      lots.map((lot) => [
        lot.id,
        { available: availableOf(lot), damaged: 0, quarantine: 0, quality_control: 0, safety: 0 },
      ]),
    );
    for (const { lotId, state, quantity } of await this.states.of([...pieces.keys()]))
      pieces.get(lotId)![state] = quantity;
    return lots.map(({ id, levelId, number }) => ({ id, levelId, number, pieces: pieces.get(id)! }));
  }

  private lineOf(line: Placed, levels: ReadonlyMap<string, Level>, lots: readonly LotRow[]): StateLine {
    const { sku, lotNumber = null, from, to, quantity } = line;
    const level = levels.get(key(line));
    if (!level) throw exceedsState(sku, from, quantity, 0);
    if (lotNumber !== null && !lots.some((lot) => lot.levelId === level.id && lot.number === lotNumber))
      throw lotNotFound(lotNumber, sku);
    return { levelId: level.id, lotNumber, from, to, quantity };
  }
}

/** Lines of articles whose pieces are named, one for each lot of these. */
function byLots(
  lines: readonly StateLine[],
  pieces: readonly (readonly Serial[])[],
): { plan: StateLine[]; origin: number[] } {
  const parts = lines.flatMap((line, at) => {
    if (pieces[at].length === 0) return [{ line, at }];
    const lots = new Set(pieces[at].map((piece) => piece.lotId));
    return [...lots].map((lotId) => {
      const quantity = pieces[at].filter((piece) => piece.lotId === lotId).length;
      return { line: { ...line, lotId, quantity }, at };
    });
  });
  return { plan: parts.map(({ line }) => line), origin: parts.map(({ at }) => at) };
}

const key = (line: { sku: string; locationId: string }): string => `${line.locationId} ${line.sku}`;

/** What levels or lots change by, all moves together. */
function deltas(
  moves: readonly StateMove[],
  keyOf: (move: StateMove) => string,
): { key: string; onHand: number; unavailable: number }[] {
  const gone = added(
    moves.filter((move) => move.to === 'written_off'),
    keyOf,
  );
  const aside = added(
    moves.flatMap((move) => [
      ...(move.to === 'available' || move.to === 'written_off' ? [] : [move]),
      ...(move.from === 'available' ? [] : [{ ...move, quantity: -move.quantity }]),
    ]),
    keyOf,
  );
  return [...new Set(moves.map(keyOf))].map((each) => ({
    key: each,
    onHand: -(gone.get(each) ?? 0),
    unavailable: aside.get(each) ?? 0,
  }));
}

const viewOf = (
  { sku, locationId, from, to, quantity }: Placed,
  level: Level,
  moves: readonly StateMove[],
  lots: ReadonlyMap<string, LotRow>,
): StateOperation['lines'][number] => ({
  sku,
  locationId,
  from,
  to,
  quantity,
  lots: moves.map((move) => ({ lotId: move.lotId, lotNumber: lots.get(move.lotId)!.number, quantity: move.quantity })),
  onHand: level.onHand,
  unavailable: level.unavailable,
  available: availableOf(level),
});
