import { Command } from '@nestjs/cqrs';
import type { Money } from '../../../kernel/money/money';

export interface IssueLine {
  sku: string;
  /** Whole pieces, greater than zero; one line a SKU. */
  quantity: number;
  /** Which pieces, of articles that have serial numbers. */
  serials?: string[];
}

/** A line that left. */
export interface IssuedLine {
  sku: string;
  quantity: number;
  /** Of all its pieces, a sum a currency; null where the cost of any of them is not known. */
  cost: Money[] | null;
}

/**
 * Takes goods out of stock that the organization uses itself, for a paper of its own such as a work order. All or nothing,
 * what expires first goes first, nothing that is promised. Joins the caller's transaction.
 * @throws AppError conflict `inventory.out-of-stock` naming the SKUs, `inventory.serial-unavailable`, `inventory.serial-promised`;
 *   invalid `inventory.unknown-sku`, `inventory.serials-needed`, `inventory.not-serialized`
 */
export class IssueStockCommand extends Command<IssuedLine[]> {
  constructor(
    readonly request: {
      document: { type: 'work_order'; id: string };
      /** Unique in the tenant: the same goods are not taken twice. */
      key: string;
      lines: readonly IssueLine[];
      reason: string;
    },
  ) {
    super();
  }
}
