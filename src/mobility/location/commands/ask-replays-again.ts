import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { TrackRepository } from '../data/track.repository';
import { ReplayTracker } from '../jobs/replay-tracker';

/** Trackers of one transaction. */
const AT_ONCE = 200;
/** A replay that has not gone on for so long (milliseconds) is asked for once more; `location.tracks_due` says the same. */
export const GIVEN_UP_MS = 600_000;

/** Asks again for replays whose job is gone. @returns whether there may be more */
export class AskReplaysAgainCommand extends Command<boolean> {}

@CommandHandler(AskReplaysAgainCommand)
export class AskReplaysAgainHandler implements ICommandHandler<AskReplaysAgainCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly tracks: TrackRepository,
    private readonly clock: Clock,
  ) {}

  execute(): Promise<boolean> {
    return this.uow.run(async (tx) => {
      const before = new Date(this.clock.nowMs() - GIVEN_UP_MS);
      const trackers = await this.tracks.replaysToAskAgain(tx, before, this.clock.now(), AT_ONCE);
      for (const trackerId of trackers) tx.job(ReplayTracker, { trackerId });
      return trackers.length === AT_ONCE;
    });
  }
}
