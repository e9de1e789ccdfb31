import { Injectable } from '@nestjs/common';
import { Config } from '../../../kernel/config/config';
import { WorkerLoop } from '../../../kernel/lifecycle/worker-loop';
import { MOST_JOURNALS, Sealer } from '../commands/sealer';

/** Journals are sealed this soon after their commit (milliseconds). */
const EVERY_MS = 1_000;

/** Seals the ledgers, in worker processes. */
@Injectable()
export class LedgerSealing extends WorkerLoop {
  constructor(
    config: Config,
    private readonly sealer: Sealer,
  ) {
    super(config, EVERY_MS, 'the ledger could not be sealed just now');
  }

  /** A batch costs much the same for one journal as for hundreds: those that come now wait for the next turn. */
  protected async turn(): Promise<number> {
    const sealed = await this.sealer.sealDue();
    return sealed >= MOST_JOURNALS ? sealed : 0;
  }
}
