import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { currentContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { FenceRepository } from '../data/fence.repository';
import { TrackRepository } from '../data/track.repository';
import { inferDwells, nextDwell } from '../domain/track-state';
import { FenceBook } from './fence-book';

/** Trackers of one transaction. */
const AT_ONCE = 200;

/** Tells the dwells of trackers that are silent. @returns whether there may be more */
export class TellDwellsCommand extends Command<boolean> {}

@CommandHandler(TellDwellsCommand)
export class TellDwellsHandler implements ICommandHandler<TellDwellsCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly tracks: TrackRepository,
    private readonly fences: FenceRepository,
    private readonly book: FenceBook,
    private readonly clock: Clock,
  ) {}

  async execute(): Promise<boolean> {
    const index = await this.fences.index(currentContext().tenantId!);
    return this.uow.run(async (tx) => {
      const due = await this.tracks.dwelling(tx, AT_ONCE);
      const tracks = [...(await this.tracks.lock(tx, due, false)).values()];
      const now = this.clock.nowMs();
      const told = tracks.map((track) => ({ track, ...inferDwells(track.state, index, now) }));
      await this.book.enter(
        tx,
        told.flatMap(({ track, events }) =>
          events.map((event) => ({ ...event, trackerId: track.trackerId, fleetId: track.fleetId })),
        ),
        { inferred: true },
      );
      this.tracks.save(
        tx,
        told.map(({ track, state }) => ({ ...track, state, dwellDue: nextDwell(state, index) })),
      );
      return due.length === AT_ONCE;
    });
  }
}
