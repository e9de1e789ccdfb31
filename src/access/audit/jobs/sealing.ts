import { Injectable } from '@nestjs/common';
import { Config } from '../../../kernel/config/config';
import { WorkerLoop } from '../../../kernel/lifecycle/worker-loop';
import { MOST_ENTRIES, Sealer } from '../commands/sealer';

/** Entries are sealed this soon after their commit (milliseconds). */
const EVERY_MS = 700;

/** Seals what has come, in worker processes. */
@Injectable()
export class Sealing extends WorkerLoop {
  constructor(
    config: Config,
    private readonly sealer: Sealer,
  ) {
    super(config, EVERY_MS, 'the audit trail could not be sealed just now');
  }

  /** A batch costs much the same for one entry as for hundreds: those that come now wait for the next turn. */
  protected async turn(): Promise<number> {
    const sealed = await this.sealer.sealDue();
    return sealed >= MOST_ENTRIES ? sealed : 0;
  }
}
