import { Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import type { Transaction } from '../../../kernel/database/transaction';
import { AvailabilityQuery } from '../../inventory/contracts/availability';
import { AvailabilityRepository } from '../data/availability.repository';

/** Keeps the copy of the stock that lists of products narrow and count by. */
@Injectable()
export class StockFollower {
  constructor(
    private readonly queries: QueryBus,
    private readonly availability: AvailabilityRepository,
  ) {}

  /** Looks at those of these levels that may matter. */
  async levelsChanged(tx: Transaction, levels: readonly { sku: string; was?: number; now: number }[]): Promise<void> {
    await this.follow(tx, await this.availability.affected(tx, levels));
  }

  /**
   * Asks inventory anew, whatever an event said: what is read after the lock is never older than what somebody else
   * has written. Five statements for any number of SKUs.
   */
  async follow(tx: Transaction, wanted: readonly string[]): Promise<void> {
    if (wanted.length === 0) return;
    const skus = [...new Set(wanted)].sort();
    await this.availability.lock(tx, skus);
    const found = await this.queries.execute(new AvailabilityQuery({ skus }));
    const available = new Map(found.map((it) => [it.sku, it.available]));
    await this.availability.store(
      tx,
      skus,
      skus.map((sku) => available.get(sku) ?? 0),
    );
    await this.availability.followSkus(tx, skus);
  }
}
