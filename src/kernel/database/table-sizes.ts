import { Injectable } from '@nestjs/common';
import { logger } from '../telemetry/logger';
import { Database } from './database';
import type { Transaction } from './transaction';

/** Rows that this process writes in bulk before it looks again whether tables outgrew what is known of them. */
const LOOK_EVERY = 1_000;

/**
 * What the planner knows of tables that grow by thousands of rows. It plans by the size that a table had when it was last
 * sampled, and keeps plans that were made while it was small: in a fresh shop it reads all rows of a tenant for each row of a
 * batch, until autovacuum comes by, up to a minute later. Whoever writes in bulk says how much.
 */
@Injectable()
export class TableSizes {
  private unlooked = 0;

  constructor(private readonly database: Database) {}

  /** Counts rows of a bulk write and looks at the tables behind its commit, once enough were written. */
  wrote(tx: Transaction, rows: number): void {
    tx.afterCommit(async () => {
      this.unlooked += rows;
      if (this.unlooked < LOOK_EVERY) return;
      this.unlooked = 0;
      // Without it the next batches take longer, and nothing else.
      await this.learn().catch((error: unknown) => logger.warn({ err: error }, 'sizes of tables could not be learned'));
    });
  }

  /** Samples tables that have four times the rows that the planner believes. @returns how many there were */
  async learn(): Promise<number> {
    const [{ learned }] = await this.database.readPlatform<{ learned: number }>(
      'select kernel.learn_sizes() as learned',
    );
    return learned;
  }
}
