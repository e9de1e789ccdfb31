import { Query } from '@nestjs/cqrs';

export interface Availability {
  sku: string;
  /** Pieces in the house, over all locations. */
  onHand: number;
  /** Pieces held for carts and orders. */
  reserved: number;
  /** Pieces that can still be promised: on hand less unavailable less reserved, without lots past their day. */
  available: number;
}

/** Stock of these SKUs summed over locations; SKUs that inventory does not know are absent. One statement. */
export class AvailabilityQuery extends Query<Availability[]> {
  constructor(readonly request: { skus: readonly string[] }) {
    super();
  }
}
