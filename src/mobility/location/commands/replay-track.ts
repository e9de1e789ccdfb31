import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { currentContext } from '../../../kernel/context/request-context';
import type { Transaction } from '../../../kernel/database/transaction';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import { FenceRepository } from '../data/fence.repository';
import { fenceEventId, TrackRepository, type KeptFix, type Replay, type Track } from '../data/track.repository';
import { Breather } from '../../../kernel/lifecycle/breather';
import type { Fences } from '../domain/fence';
import { positionId } from '../domain/fix';
import { inferDwells, NEW_TRACK, nextDwell } from '../domain/track-state';
import { Walk } from '../domain/walk';
import { FenceBook, type HappenedEvent } from './fence-book';

/** Fixes of a step beside the track's lock, and of one that holds it. */
const PAGE = 2_000;
const UNDER_LOCK = 500;
/** Steps of one run; then others have their turn. */
const STEPS = 20;

/**
 * Follows a track once more from before the fixes that came late: reasons of the filter, events at fences and the state
 * become what they were, had all come in order. Events that no longer hold are marked, not deleted. Done again it changes nothing.
 * @returns whether there is more to follow
 */
export class ReplayTrackCommand extends Command<boolean> {
  constructor(
    readonly trackerId: string,
    /** Fixes of a step; for tests. */
    readonly page = PAGE,
  ) {
    super();
  }
}

/**
 * A replay goes in steps, each a commit of its own, and how far it is stands in the track's row: a crash costs one step. A long way is
 * read and judged beside the lock, so that positions are taken meanwhile; a step that was overtaken by a late fix is done again.
 */
@CommandHandler(ReplayTrackCommand)
export class ReplayTrackHandler implements ICommandHandler<ReplayTrackCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly tracks: TrackRepository,
    private readonly fences: FenceRepository,
    private readonly book: FenceBook,
    private readonly clock: Clock,
  ) {}

  async execute({ trackerId, page }: ReplayTrackCommand): Promise<boolean> {
    const tenantId = currentContext().tenantId!;
    const underLock = Math.min(page, UNDER_LOCK);
    let behind: Replay | null = null;
    for (let step = 0; step < STEPS; step++) {
      const index = await this.fences.index(tenantId);
      if (behind === null) {
        behind = await this.uow.run((tx) => this.close(tx, trackerId, index, underLock));
        if (behind === null) return false;
      } else behind = await this.follow(trackerId, behind, index, page);
    }
    return true;
  }

  /** The end of the way, with the lock held. @returns how far the replay is when there is more than that; null when it is done */
  private async close(tx: Transaction, trackerId: string, index: Fences, most: number): Promise<Replay | null> {
    const track = (await this.tracks.lock(tx, [trackerId], false)).get(trackerId);
    // A process of a former release marks what is late without a word of when it asked.
    if (!track || (track.askedAt === null && track.dirtyFrom === null)) return null;
    const replay = await this.begun(tx, track, await this.tracks.replayOf(tx, trackerId));
    const fixes = await this.tracks.fixesAfter(trackerId, replay.state.lastFixTime, most);
    if (fixes.length === most) {
      this.tracks.saveReplay(tx, trackerId, replay, null, this.clock.now());
      return replay;
    }
    const walk = new Walk(trackerId, replay.state, replay.checkpointAt);
    const judged = await judgedBy(walk, fixes, index);
    const silent = inferDwells(walk.state, index, this.clock.nowMs());
    const inferred = silent.events.map((event) => ({ ...event, trackerId, fleetId: track.fleetId }));
    await this.keep(tx, track, walk, judged, [replay.state.lastFixTime, null], inferred);
    await this.book.enter(tx, inferred, { inferred: true });
    const { last } = walk.state;
    const latest = last && (await this.tracks.fix(tx, positionId(trackerId, last.fixTime)));
    if (latest) this.tracks.saveLatest(tx, [latest], true);
    const dwellDue = nextDwell(silent.state, index);
    const done = { trackerId, state: silent.state, dirtyFrom: null, askedAt: null, checkpointAt: walk.checkpointAt };
    this.tracks.save(tx, [{ ...done, dwellDue }]);
    this.tracks.saveReplay(tx, trackerId, null, null, null);
    return null;
  }

  /** From where it goes on: from the state before what came late, unless that is still to come. */
  private async begun(tx: Transaction, { trackerId, dirtyFrom }: Track, replay: Replay | null): Promise<Replay> {
    if (replay && (dirtyFrom === null || dirtyFrom > replay.state.lastFixTime)) return replay;
    // While a replay is under way, states that were put by beyond it are not right; this one lies before.
    const from = Math.min(dirtyFrom ?? 0, replay?.state.lastFixTime ?? Infinity);
    const state = (await this.tracks.checkpointBefore(tx, trackerId, from)) ?? NEW_TRACK;
    return { mark: newId(), state, checkpointAt: state.lastFixTime === 0 ? null : state.lastFixTime };
  }

  /** A step beside the lock. @returns how far the replay is; null when it caught up, or was overtaken */
  private async follow(trackerId: string, replay: Replay, index: Fences, page: number): Promise<Replay | null> {
    const fixes = await this.tracks.fixesAfter(trackerId, replay.state.lastFixTime, page);
    const walk = new Walk(trackerId, replay.state, replay.checkpointAt);
    const judged = await judgedBy(walk, fixes, index);
    return this.uow.run(async (tx) => {
      const track = (await this.tracks.lock(tx, [trackerId], false)).get(trackerId);
      const now = track && (await this.tracks.replayOf(tx, trackerId));
      if (now?.mark !== replay.mark || (track!.dirtyFrom ?? Infinity) <= walk.state.lastFixTime) return null;
      await this.keep(tx, track!, walk, judged, [replay.state.lastFixTime, walk.state.lastFixTime]);
      const next = { mark: newId(), state: walk.state, checkpointAt: walk.checkpointAt };
      this.tracks.saveReplay(tx, trackerId, next, track!.dirtyFrom, this.clock.now());
      return fixes.length < page ? null : next;
    });
  }

  /** What follows from a part of the way takes the place of what stood there. */
  private async keep(
    tx: Transaction,
    { trackerId, fleetId }: Track,
    { events, checkpoints }: Walk,
    judged: readonly KeptFix[],
    part: [number, number | null],
    inferred: readonly HappenedEvent[] = [],
  ): Promise<void> {
    await this.tracks.saveReasons(tx, judged);
    this.tracks.dropCheckpoints(tx, trackerId, part);
    this.tracks.saveCheckpoints(tx, checkpoints);
    const holding = [...events, ...inferred].map((event) => fenceEventId(trackerId, event));
    await this.tracks.supersede(tx, trackerId, part, holding, this.clock.now());
    await this.book.enter(
      tx,
      events.map((event) => ({ ...event, fleetId })),
      { late: true },
    );
  }
}

/** Takes the fixes. @returns those of which something else is thought now */
async function judgedBy(walk: Walk, fixes: readonly KeptFix[], index: Fences): Promise<KeptFix[]> {
  const breather = new Breather();
  const changed: KeptFix[] = [];
  for (const fix of fixes) {
    const reason = walk.take(fix, index);
    if (reason !== fix.reason) changed.push({ ...fix, reason });
    await breather.pause();
  }
  return changed;
}
