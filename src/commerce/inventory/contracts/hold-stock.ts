import { Command } from '@nestjs/cqrs';

/** Who holds stock: orders, which may be promised it for good, and carts, whose holds only lapse or go over to an order. */
export type Holder = 'order' | 'cart';

/**
 * What stock is held for, an order unless it says otherwise; `id` belongs to another context and is never joined. One open
 * hold per reference.
 */
export interface HoldReference<Of extends Holder = 'order'> {
  type: Of;
  id: string;
}

export interface HoldLine {
  sku: string;
  /** Whole pieces, greater than zero; lines of one SKU are added up first. */
  quantity: number;
  /** The SKU may be promised beyond the stock, within its terms. Absent: never. */
  beyond?: 'backorder' | 'preorder';
}

/** A piece with a serial number of its own; numbers are unique within an article. */
export interface PieceName {
  sku: string;
  serial: string;
}

/** Pieces that a reference is promised and that are not here yet. */
export interface WaitingLine {
  sku: string;
  quantity: number;
  /** When they are promised, ISO time; null where nobody said. */
  promisedAt: string | null;
}

/**
 * Holds stock for a reference until `expiresAt` (kernel time), in the caller's transaction: all lines or none. Lapsed
 * holds of others are taken over where stock is short. A timer of the same commit gives the stock back at `expiresAt`.
 * Lots are given first expired first out, and none that is past its day, or will be by `needBy` (when the goods are
 * wanted; default: now). What is short of a SKU that may go `beyond` is promised of what is to come, up to the SKU's limit;
 * such parts are given their pieces when stock arrives, first promised first served (`inventory.backorders-allocated.v1`),
 * and pieces that others wait for are not given to anybody else.
 *
 * With `takesOver` the cart's hold goes over to the order: the same pieces where it lives and is of exactly these lines, and no
 * level is touched; else it is given back in the same commit, before the lines are held. Nobody gets its pieces in between.
 *
 * @returns the hold, and what of it is waited for
 * @throws AppError conflict `inventory.out-of-stock` whose `skus` names `{sku, requested, available}`, also for SKUs that
 *   inventory does not know; conflict `inventory.already-held` when the reference has an open hold.
 */
export class HoldStockCommand extends Command<{ holdId: string; waiting: WaitingLine[] }> {
  constructor(
    readonly request: {
      reference: HoldReference;
      lines: readonly HoldLine[];
      expiresAt: Date;
      needBy?: Date;
      takesOver?: HoldReference<'cart'>;
    },
  ) {
    super();
  }
}

/**
 * Sets what a cart holds: these lines until `expiresAt`, in place of what it, and the carts of `instead`, held before; no lines:
 * nothing. Joins the caller's transaction; nobody gets its pieces in between. As `HoldStockCommand` otherwise.
 * @param request.optional SKUs that are left out where they are not to be had
 * @returns the SKUs that were left out
 * @throws AppError conflict `inventory.out-of-stock` that names the others which are not to be had; then all stays as it was
 */
export class SetCartHoldCommand extends Command<{ leftOut: string[] }> {
  constructor(
    readonly request: {
      reference: HoldReference<'cart'>;
      instead?: readonly HoldReference<'cart'>[];
      lines: readonly HoldLine[];
      optional?: ReadonlySet<string>;
      expiresAt: Date;
    },
  ) {
    super();
  }
}

/** Pieces of a batch that a reference has. */
export interface AllocatedLine {
  sku: string;
  lotNumber: string;
  quantity: number;
}

/** What a reference has of stock: its batches, first to expire first, goods without a batch number left out. */
export interface HeldGoods {
  lines: AllocatedLine[];
  /** Pieces that it is promised and that are not here yet. */
  waiting: WaitingLine[];
}

/**
 * Turns the hold of a reference into a promise that does not lapse; joins the caller's transaction. Doing it again
 * changes nothing. A hold that lapsed, or of which a lot expired meanwhile, is made anew when there still is stock, else it is given back and the outcome is
 * `short`: an answer and no error, because the caller has to commit what it decides then.
 * @returns with `goods` what it holds; null where that must be looked up (`AllocationsOfQuery`)
 */
export class CommitHoldCommand extends Command<{
  outcome: 'committed' | 'short';
  shortSkus: string[];
  goods: HeldGoods | null;
}> {
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

/**
 * Gives the stock of an open hold (active or committed) back; joins the caller's transaction. With `lines` exactly these
 * pieces are given back (what would expire last, and what is promised beyond the stock, first), and the hold ends when nothing is left of it. Not idempotent
 * then: the caller's own state says that it was done.
 * @returns false when no hold was open
 * @throws AppError conflict `inventory.exceeds-hold` when it holds less than `lines` say
 */
export class ReleaseHoldCommand extends Command<{ released: boolean }> {
  constructor(readonly request: { reference: HoldReference; reason: string; lines?: readonly HoldLine[] }) {
    super();
  }
}

/**
 * The goods of a committed hold leave the house: on-hand and reserved fall, movements per lot are written and
 * `inventory.stock-shipped.v1` is said; joins the caller's transaction. Without `lines` all that is left leaves, and doing it again
 * changes nothing; with `lines` exactly these pieces leave (each time), first expired first out. Lots that expired since
 * they were committed are exchanged for good ones. Of articles with serial numbers the pieces that `serials` name leave, and for the
 * rest those that came first; the hold gets the lots of the pieces that are named.
 * @throws AppError conflict `inventory.not-committed` when the reference has no committed hold; `inventory.exceeds-hold`
 *   when less is committed than `lines` say; `inventory.out-of-stock` when expired lots cannot be exchanged;
 *   `inventory.backordered` when what is to leave is not here yet; `inventory.serial-unavailable` or `inventory.serial-promised` when
 *   a named piece cannot leave with it; invalid `inventory.not-serialized`.
 */
export class FulfilHoldCommand extends Command<void> {
  constructor(
    readonly request: { reference: HoldReference; lines?: readonly HoldLine[]; serials?: readonly PieceName[] },
  ) {
    super();
  }
}

/**
 * Goods that were shipped for a reference come back, into the lots they left (or into `lotId` among these; by default
 * what left last comes back first); joins the caller's transaction. `restock` puts them on the shelf, `scrap` writes
 * them off at once. Says `inventory.stock-returned.v1`. Not idempotent: the caller's own state says that it was done.
 * @throws AppError conflict `inventory.exceeds-shipment` when less was shipped, or is still out, than `lines` say;
 *   `inventory.serial-unavailable` for a piece that is not out for this reference, or beside the lines.
 */
export class RestockCommand extends Command<void> {
  constructor(
    readonly request: {
      reference: HoldReference;
      lines: readonly (HoldLine & { lotId?: string; disposition: 'restock' | 'scrap' })[];
      /** Which pieces come back of articles that have serial numbers, among these lines; default: those that left last. */
      serials?: readonly (PieceName & { disposition: 'restock' | 'scrap' })[];
    },
  ) {
    super();
  }
}
