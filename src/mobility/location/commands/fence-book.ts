import { Injectable } from '@nestjs/common';
import { Clock } from '../../../kernel/clock/clock';
import type { Transaction } from '../../../kernel/database/transaction';
import { TrackingChannel } from '../adapters/tracking-channel';
import { GeofenceDwelled, GeofenceEntered, GeofenceLeft } from '../contracts/geofence-events';
import { fenceEventId, TrackRepository } from '../data/track.repository';
import type { FenceEvent, FenceEventType } from '../domain/fence';
import { NEWS_MS } from '../domain/news';

const SAID = { enter: GeofenceEntered, exit: GeofenceLeft, dwell: GeofenceDwelled } as const;
const isSaid = (type: FenceEventType): type is keyof typeof SAID => type in SAID;

/** What happened, to a tracker that is in a vehicle of a fleet or of none. */
export type HappenedEvent = FenceEvent & { trackerId: string; fleetId: string | null };

/** Enters what happened at fences, each once, and tells it to whoever listens. */
@Injectable()
export class FenceBook {
  constructor(
    private readonly tracks: TrackRepository,
    private readonly channel: TrackingChannel,
    private readonly clock: Clock,
  ) {}

  async enter(
    tx: Transaction,
    events: readonly HappenedEvent[],
    { late = false, inferred = false } = {},
  ): Promise<void> {
    const entered = events.map((event) => ({ ...event, id: fenceEventId(event.trackerId, event) }));
    const now = this.clock.now();
    const fresh = await this.tracks.insertEvents(tx, entered, { at: now, late, inferred });
    for (const event of entered) {
      const follows = fresh.get(event.id);
      if (follows === undefined) continue;
      const { id, trackerId, fleetId, fenceId, type, at, lat, lng } = event;
      if (isSaid(type)) {
        const followed = follows && now.getTime() < at + NEWS_MS;
        const said = { eventId: id, trackerId, geofenceId: fenceId, at: new Date(at).toISOString(), lat, lng, late };
        tx.record(new SAID[type](trackerId, { ...said, followed }));
      }
      tx.afterCommit(() => this.channel.happened(tx.tenantId, { ...event, late }, fleetId, this.clock.nowMs()));
    }
  }
}
