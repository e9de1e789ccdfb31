import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import type { Holder, HoldLine, HoldReference, WaitingLine } from '../contracts/hold-stock';
import { BackordersInReach, StockChanged, type StockCause } from '../contracts/inventory-events';
import { BackorderRepository } from '../data/backorder.repository';
import { LocationRepository } from '../data/location.repository';
import { StockRepository } from '../data/stock.repository';
import { alreadyHeld, type Shortage } from '../domain/inventory.errors';
import {
  availableOf,
  planHold,
  sumDemand,
  type BeyondTerms,
  type Level,
  type StockedLevel,
} from '../domain/stock.policy';

/** What a hold is to be. */
export interface HoldTerms {
  state: 'active' | 'committed';
  expiresAt: Date;
  /** Goods must keep beyond this; null: beyond now. */
  needBy: Date | null;
}

/** A hold that was made, and what of it is waited for; or what is short. */
export type Held =
  { holdId: string; waiting: WaitingLine[]; short: null } | { holdId: null; waiting?: undefined; short: Shortage[] };

/** A level after a change, with what was there before it. */
interface Changed {
  level: Level;
  was: { onHand: number; available: number };
}

/** What every command on stock does alike: hold all or nothing, and tell of changed levels. */
@Injectable()
export class StockDesk {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly stock: StockRepository,
    private readonly backorders: BackorderRepository,
    private readonly locations: LocationRepository,
  ) {}

  /**
   * Holds all lines or nothing. Levels are locked in id order; where stock is short, lapsed holds on those levels are
   * taken over, their lots are read again, and it is tried once more; then what may be promised beyond the stock is. Goods
   * past their day are never given.
   * @returns the hold's id and what of it is waited for, or what is short (then nothing was written, lapsed holds aside)
   */
  async hold(
    reference: HoldReference<Holder>,
    lines: readonly HoldLine[],
    { state, expiresAt, needBy }: HoldTerms,
  ): Promise<Held> {
    const demand = sumDemand(lines);
    let terms = modesOf(lines);
    const skus = [...demand.keys()];
    const before = await this.stock.lockWithLots(skus, needBy);
    let levels = before;
    let plan = planHold(levels, demand);
    if (plan.short.length > 0) {
      const missing = new Set(plan.short.map((short) => short.sku));
      const ids = levels.filter((level) => missing.has(level.sku)).map((level) => level.id);
      const freed = ids.length > 0 ? await this.stock.takeOverLapsed(ids) : [];
      const lots = ids.length > 0 ? await this.stock.lotsOf(ids, { live: true, needBy }) : [];
      const fresh = new Map(freed.map((level) => [level.id, level]));
      levels = levels.map((level) =>
        missing.has(level.sku)
          ? { ...(fresh.get(level.id) ?? level), lots: lots.filter((lot) => lot.levelId === level.id) }
          : level,
      );
      plan = planHold(levels, demand);
      if (plan.short.some(({ sku }) => terms.has(sku))) {
        terms = await this.backorders.terms(terms);
        levels = await this.withHome(levels, [...terms.keys()]);
        plan = planHold(levels, demand, terms);
      }
      if (plan.short.length > 0) {
        if (freed.length > 0) await this.tell('lapse', freed[0].id, this.since(before, freed));
        return { holdId: null, short: plan.short };
      }
    }
    const holdId = newId();
    const held = await this.stock
      .hold({ id: holdId, reference, state, expiresAt, needBy }, plan.allocations, terms)
      .catch(refine);
    // The rows were locked: fewer can only mean that somebody changed stock without the lock.
    if (held.length !== plan.allocations.length) throw new Error('A locked level changed beneath its lock.');
    await this.tell('hold', holdId, this.since(before, held));
    const waiting = plan.allocations
      .filter(({ backordered }) => backordered > 0)
      .map(({ sku, backordered: quantity }) => ({
        sku,
        quantity,
        promisedAt: terms.get(sku)?.promisedAt?.toISOString() ?? null,
      }));
    return { holdId, waiting, short: null };
  }

  /** What never lay anywhere gets its level at the default location: a preorder is waited for somewhere. */
  private async withHome(levels: StockedLevel[], skus: readonly string[]): Promise<StockedLevel[]> {
    const homeless = skus.filter((sku) => !levels.some((level) => level.sku === sku));
    if (homeless.length === 0) return levels;
    await this.stock.ensure(homeless, await this.locations.defaultId());
    return [...levels, ...(await this.stock.lockWithLots(homeless, null))];
  }

  /** Pairs changed levels with an earlier reading of them. */
  since(earlier: readonly Level[], levels: readonly Level[]): Changed[] {
    const before = new Map(earlier.map((level) => [level.id, level]));
    return levels.map((level) => {
      const was = before.get(level.id);
      return { level, was: { onHand: was?.onHand ?? 0, available: was ? availableOf(was) : 0 } };
    });
  }

  /** Records that levels changed. The watch looks at them afterwards, and raises and closes alerts. */
  async tell(cause: StockCause, documentId: string, changes: readonly Changed[]): Promise<void> {
    if (changes.length === 0) return;
    const levels = changes.map(({ level, was }) => ({
      levelId: level.id,
      sku: level.sku,
      locationId: level.locationId,
      onHand: level.onHand,
      reserved: level.reserved,
      available: availableOf(level),
      version: level.version,
      was,
    }));
    this.uow.current().record(new StockChanged(documentId, { cause, levels }));
    await this.wake(cause, documentId, changes);
  }

  /** Whoever waits for stock that came, or came free, is looked after once this is committed. */
  private async wake(cause: StockCause, documentId: string, changes: readonly Changed[]): Promise<void> {
    if (TAKES.includes(cause)) return;
    const skus = await this.backorders.awaited([...new Set(changes.map(({ level }) => level.sku))]);
    if (skus.length > 0) this.uow.current().record(new BackordersInReach(documentId, { skus }));
  }
}

/** Changes after which nobody gets more than before. */
const TAKES: readonly StockCause[] = ['hold', 'shipment', 'expiry', 'allocation'];

/** Which SKUs may be promised beyond their stock; how far is read when it comes to that. */
const modesOf = (lines: readonly HoldLine[]): Map<string, BeyondTerms> =>
  new Map(lines.flatMap(({ sku, beyond }) => (beyond ? [[sku, { mode: beyond, most: null, promisedAt: null }]] : [])));

/** A second open hold of one reference breaks a unique index. */
function refine(error: unknown): never {
  const { code, constraint } = error as { code?: string; constraint?: string };
  throw code === '23505' && constraint === 'inventory_reservations_open' ? alreadyHeld() : error;
}
