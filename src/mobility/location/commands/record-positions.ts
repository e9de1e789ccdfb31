import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { isUuid } from '../../../kernel/ids/ids';
import { Breather } from '../../../kernel/lifecycle/breather';
import { PIECE, readFix, type Fix, type Rejection } from '../domain/fix';
import { BatchWriter } from './batch-writer';
import type { Outcome } from './position-writer';
import { TrackerAllowance } from './tracker-allowance';

/** What became of a batch. */
export interface Receipt {
  accepted: number;
  duplicates: number;
  rejected: { index: number; reason: Rejection }[];
}

/**
 * Keeps positions; answered once they are committed. Each stands for itself: bad ones are named, the rest is kept.
 * @throws AppError unavailable `location.busy`, too-many `location.tracker-limit`
 */
export class RecordPositionsCommand extends Command<Receipt> {
  constructor(
    readonly tenantId: string,
    readonly positions: readonly unknown[],
    /** The tracker whose key was shown; null where the positions name theirs. */
    readonly ofTracker: string | null,
    /** Whether what the tracker may tell was counted before. */
    readonly counted = false,
  ) {
    super();
  }
}

@CommandHandler(RecordPositionsCommand)
export class RecordPositionsHandler implements ICommandHandler<RecordPositionsCommand> {
  constructor(
    private readonly writer: BatchWriter,
    private readonly allowance: TrackerAllowance,
    private readonly clock: Clock,
  ) {}

  async execute({ tenantId, positions, ofTracker, counted }: RecordPositionsCommand): Promise<Receipt> {
    // Whoever shows a token is counted as itself; a key may have gone astray.
    const payer = counted ? null : ofTracker;
    if (payer !== null) this.allowance.take(payer, positions.length);
    const receipt: Receipt = { accepted: 0, duplicates: 0, rejected: [] };
    const now = this.clock.nowMs();
    const fixes: Fix[] = [];
    const places: number[] = [];
    const breather = new Breather();
    for (const [index, raw] of positions.entries()) {
      const fix = readFix(raw, trackerOf(raw, ofTracker), now);
      if (typeof fix === 'string') receipt.rejected.push({ index, reason: fix });
      else {
        fixes.push(fix);
        places.push(index);
      }
      // A short batch is handed on at once, so that what one device says stays in its order.
      const pause = positions.length > PIECE ? breather.pause() : undefined;
      if (pause) await pause;
    }
    let outcomes: Outcome[];
    try {
      outcomes = await this.writer.write(tenantId, fixes);
    } catch (error) {
      // It has to tell them again.
      if (payer !== null) this.allowance.giveBack(payer, positions.length);
      throw error;
    }
    outcomes.forEach((outcome, at) => {
      if (outcome === 'accepted') receipt.accepted += 1;
      else if (outcome === 'duplicate') receipt.duplicates += 1;
      else receipt.rejected.push({ index: places[at], reason: outcome });
    });
    receipt.rejected.sort((a, b) => a.index - b.index);
    return receipt;
  }
}

/** The tracker that a position is of; null for none, and for another than the key is of. */
function trackerOf(raw: unknown, ofTracker: string | null): string | null {
  const named = (raw as { trackerId?: unknown } | null)?.trackerId;
  if (named === undefined || named === null) return ofTracker;
  const id = typeof named === 'string' ? named.toLowerCase() : null;
  return isUuid(id) && (ofTracker === null || ofTracker === id) ? id : null;
}
