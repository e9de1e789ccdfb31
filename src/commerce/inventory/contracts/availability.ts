import { Query } from '@nestjs/cqrs';

export interface Availability {
  sku: string;
  /** Pieces in the house, over all locations. */
  onHand: number;
  /** Pieces held for carts and orders. */
  reserved: number;
  /** Pieces that can still be promised: on hand less unavailable less reserved, without lots past their day. */
  available: number;
  /** Pieces that are promised and not here yet. */
  backordered: number;
  /** Most pieces that may be promised beyond the stock at a time, where the catalogue allows any; null: any number. */
  mostBackordered: number | null;
  /** When pieces beyond the stock are promised, ISO time; null where nobody said. */
  promisedAt: string | null;
}

/** Stock of these SKUs summed over locations; SKUs that inventory does not know are absent. One statement. */
export class AvailabilityQuery extends Query<Availability[]> {
  constructor(readonly request: { skus: readonly string[] }) {
    super();
  }
}
