import type { FenceEvent, Fences } from './fence';
import type { FilterReason } from './filter';
import type { Fix } from './fix';
import { advance, type TrackState } from './track-state';

/** A state is put by whenever so much of a track has passed (milliseconds). */
const CHECKPOINT_MS = 3_600_000;

/** A track while it is followed, fix by fix in the order of their times. */
export class Walk {
  events: (FenceEvent & { trackerId: string })[] = [];
  checkpoints: { trackerId: string; state: TrackState }[] = [];

  /** @param checkpointAt when a state of it was last put by, null for never */
  constructor(
    readonly trackerId: string,
    public state: TrackState,
    public checkpointAt: number | null,
  ) {}

  /** The next fix. @returns why it is not believed, or null */
  take(fix: Fix, fences: Fences): FilterReason | null {
    const { state, reason, events } = advance(this.state, fix, fences);
    if (state === this.state) return reason;
    this.state = state;
    for (const event of events) this.events.push({ ...event, trackerId: this.trackerId });
    if (fix.fixTime >= (this.checkpointAt ?? -Infinity) + CHECKPOINT_MS) {
      this.checkpointAt = fix.fixTime;
      this.checkpoints.push({ trackerId: this.trackerId, state });
    }
    return reason;
  }
}
