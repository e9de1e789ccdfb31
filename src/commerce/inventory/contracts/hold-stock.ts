import { Command } from '@nestjs/cqrs';

/** What stock is held for; `id` belongs to another context and is never joined. One open hold per reference. */
export interface HoldReference {
  type: 'order';
  id: string;
}

export interface HoldLine {
  sku: string;
  /** Whole pieces, greater than zero; lines of one SKU are added up first. */
  quantity: number;
}

/**
 * Holds stock for a reference until `expiresAt` (kernel time), in the caller's transaction: all lines or none. Lapsed
 * holds of others are taken over where stock is short. A timer of the same commit gives the stock back at `expiresAt`.
 *
 * @throws AppError conflict `inventory.out-of-stock` whose `skus` names `{sku, requested, available}`, also for SKUs that
 *   inventory does not know; conflict `inventory.already-held` when the reference has an open hold.
 */
export class HoldStockCommand extends Command<{ holdId: string }> {
  constructor(readonly request: { reference: HoldReference; lines: readonly HoldLine[]; expiresAt: Date }) {
    super();
  }
}

/**
 * Turns the hold of a reference into a promise that does not lapse; joins the caller's transaction. Doing it again
 * changes nothing. A hold that lapsed is made anew when there still is stock, else it is given back and the outcome is
 * `short`: an answer and no error, because the caller has to commit what it decides then.
 */
export class CommitHoldCommand extends Command<{ outcome: 'committed' | 'short'; shortSkus: string[] }> {
  constructor(readonly request: { reference: HoldReference }) {
    super();
  }
}

/**
 * Makes sure that a reference that held stock before still does until `expiresAt`; joins the caller's transaction. A live
 * or committed hold stays as it is, one that lapsed or was given back is made anew.
 * @throws AppError conflict `inventory.out-of-stock` where others have the goods by now
 */
export class RenewHoldCommand extends Command<void> {
  constructor(readonly request: { reference: HoldReference; expiresAt: Date }) {
    super();
  }
}

/** Gives the stock of an open hold (active or committed) back; joins the caller's transaction. False when none was open. */
export class ReleaseHoldCommand extends Command<{ released: boolean }> {
  constructor(readonly request: { reference: HoldReference; reason: string }) {
    super();
  }
}

/**
 * The goods of a committed hold leave the house: on-hand and reserved fall, movements are written; joins the caller's
 * transaction. Doing it again changes nothing.
 * @throws AppError conflict `inventory.not-committed` when the reference has no committed hold.
 */
export class FulfilHoldCommand extends Command<void> {
  constructor(readonly request: { reference: HoldReference }) {
    super();
  }
}
