import { Query } from '@nestjs/cqrs';
import type { HeldGoods } from './hold-stock';

/** Which batches a reference has, held or shipped. */
export interface AllocationsOfReference extends HeldGoods {
  /** The id that the hold was made for. */
  reference: string;
}

/**
 * Batches of what is held or was shipped for these references, first to expire first; goods without a batch number are
 * left out, and so are references without any that wait for nothing. One statement.
 */
export class AllocationsOfQuery extends Query<AllocationsOfReference[]> {
  constructor(readonly request: { references: readonly string[] }) {
    super();
  }
}
