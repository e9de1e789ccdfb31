import { Injectable } from '@nestjs/common';
import { Clock } from '../../../kernel/clock/clock';
import type { Transaction } from '../../../kernel/database/transaction';
import { TrackingChannel } from '../adapters/tracking-channel';
import { GeofenceDwelled, GeofenceEntered, GeofenceLeft } from '../contracts/geofence-events';
import { fenceEventId, TrackRepository } from '../data/track.repository';
import type { FenceEvent, FenceEventType } from '../domain/fence';

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
    const fresh = await this.tracks.insertEvents(tx, events, { at: this.clock.now(), late, inferred });
    for (const event of events) {
      const id = fenceEventId(event.trackerId, event);
      if (!fresh.has(id)) continue;
      const { trackerId, fleetId, fenceId, type, at, lat, lng } = event;
      if (isSaid(type)) {
        const said = { eventId: id, trackerId, geofenceId: fenceId, at: new Date(at).toISOString(), lat, lng, late };
        tx.record(new SAID[type](trackerId, said));
      }
      tx.afterCommit(() => this.channel.happened(tx.tenantId, { ...event, id, late }, fleetId, this.clock.nowMs()));
    }
  }
}
