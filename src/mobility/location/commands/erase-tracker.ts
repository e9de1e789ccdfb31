import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { TrackRepository } from '../data/track.repository';
import { TrackerRepository } from '../data/tracker.repository';

/** Positions of one transaction. */
const AT_ONCE = 5_000;

/** Erases a part of what a deleted tracker told, and in the end the tracker. @returns whether there is more */
export class EraseTrackerCommand extends Command<boolean> {
  constructor(
    readonly trackerId: string,
    /** Positions of this part; for tests. */
    readonly atOnce = AT_ONCE,
  ) {
    super();
  }
}

@CommandHandler(EraseTrackerCommand)
export class EraseTrackerHandler implements ICommandHandler<EraseTrackerCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly tracks: TrackRepository,
    private readonly trackers: TrackerRepository,
  ) {}

  execute({ trackerId, atOnce }: EraseTrackerCommand): Promise<boolean> {
    return this.uow.run(async (tx) => {
      // Whoever was writing its positions when it was deleted has done so once the row is ours.
      const there = (await this.tracks.lock(tx, [trackerId], false)).has(trackerId);
      if (!there || !(await this.trackers.isDeleted(tx, trackerId))) return false;
      if ((await this.tracks.erasePositions(tx, trackerId, atOnce)) === atOnce) return true;
      await this.trackers.erase(tx, trackerId);
      return false;
    });
  }
}
