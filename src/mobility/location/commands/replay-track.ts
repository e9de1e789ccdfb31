import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { currentContext } from '../../../kernel/context/request-context';
import type { Transaction } from '../../../kernel/database/transaction';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { FenceRepository } from '../data/fence.repository';
import { fenceEventId, TrackRepository, type KeptFix, type Track } from '../data/track.repository';
import type { FenceEvent, Fences } from '../domain/fence';
import { advance, inferDwells, NEW_TRACK, nextDwell, type TrackState } from '../domain/track-state';
import { FenceBook } from './fence-book';

/** Fixes that are read at once, and the part of a track after which its state is put by (milliseconds). */
const PAGE = 2_000;
const CHECKPOINT_MS = 3_600_000;

/**
 * Follows a track once more from before the fixes that came late: reasons of the filter, events at fences and the state
 * become what they were, had all come in order. Events that no longer hold are marked, not deleted. Done again it changes nothing.
 */
export class ReplayTrackCommand extends Command<void> {
  constructor(readonly trackerId: string) {
    super();
  }
}

@CommandHandler(ReplayTrackCommand)
export class ReplayTrackHandler implements ICommandHandler<ReplayTrackCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly tracks: TrackRepository,
    private readonly fences: FenceRepository,
    private readonly book: FenceBook,
    private readonly clock: Clock,
  ) {}

  async execute({ trackerId }: ReplayTrackCommand): Promise<void> {
    const index = await this.fences.index(currentContext().tenantId!);
    await this.uow.run(async (tx) => {
      const track = (await this.tracks.lock(tx, [trackerId], false)).get(trackerId);
      if (track && track.dirtyFrom !== null) await this.replay(tx, track, track.dirtyFrom, index);
    });
  }

  private async replay(tx: Transaction, { trackerId }: Track, from: number, index: Fences): Promise<void> {
    const start = (await this.tracks.checkpointBefore(tx, trackerId, from)) ?? NEW_TRACK;
    await this.tracks.dropCheckpointsFrom(tx, trackerId, from);
    const way = new Way(trackerId, start);
    for (;;) {
      const fixes = await this.tracks.fixesAfter(tx, trackerId, way.state.lastFixTime, PAGE);
      const judged = fixes.map((fix) => way.take(fix, index));
      await this.tracks.saveReasons(
        tx,
        judged.filter((fix, at) => fix.reason !== fixes[at].reason),
      );
      this.tracks.saveCheckpoints(tx, way.checkpoints.splice(0));
      if (fixes.length < PAGE) break;
    }
    const silent = inferDwells(way.state, index, this.clock.nowMs());
    const inferred = silent.events.map((event) => ({ ...event, trackerId }));
    const holding = [...way.events, ...inferred].map((event) => fenceEventId(trackerId, event));
    await this.tracks.supersede(tx, trackerId, start.lastFixTime, holding, this.clock.now());
    await this.book.enter(tx, way.events, { late: true });
    await this.book.enter(tx, inferred, { inferred: true });
    if (way.latest) this.tracks.saveLatest(tx, [way.latest], true);
    const { state } = silent;
    const dwellDue = nextDwell(state, index);
    this.tracks.save(tx, [{ trackerId, state, dirtyFrom: null, checkpointAt: way.checkpointAt, dwellDue }]);
  }
}

/** A track while it is followed. */
class Way {
  readonly events: (FenceEvent & { trackerId: string })[] = [];
  readonly checkpoints: { trackerId: string; state: TrackState }[] = [];
  latest: KeptFix | null = null;
  checkpointAt: number | null;

  constructor(
    private readonly trackerId: string,
    public state: TrackState,
  ) {
    this.checkpointAt = state.lastFixTime === 0 ? null : state.lastFixTime;
  }

  take(fix: KeptFix, index: Fences): KeptFix {
    const { state, reason, events } = advance(this.state, fix, index);
    this.state = state;
    this.events.push(...events.map((event) => ({ ...event, trackerId: this.trackerId })));
    const judged = { ...fix, reason };
    if (reason === null) this.latest = judged;
    if (fix.fixTime >= (this.checkpointAt ?? -Infinity) + CHECKPOINT_MS) {
      this.checkpointAt = fix.fixTime;
      this.checkpoints.push({ trackerId: this.trackerId, state });
    }
    return judged;
  }
}
