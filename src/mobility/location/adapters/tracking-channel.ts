import { Injectable } from '@nestjs/common';
import { FLEET_ROOMS } from '../contracts/trackers';
import { Realtime } from '../../../kernel/realtime/realtime';
import type { FenceEvent } from '../domain/fence';
import type { Fix } from '../domain/fix';
import { NEWS_MS } from '../domain/news';

/** The namespace of sockets that follow trackers. */
export const NAMESPACE = '/tracking';

/** The room of sockets that follow a tracker. */
export const trackerRoom = (tenantId: string, trackerId: string): string => `tracker:${tenantId}:${trackerId}`;

/** The room of sockets that follow all trackers of a fleet. */
export const fleetRoom = (tenantId: string, fleetId: string): string => `${FLEET_ROOMS}:${tenantId}:${fleetId}`;

/** Who hears of a tracker: those that follow it, and those that follow its fleet. */
const roomsOf = (tenantId: string, trackerId: string, fleetId: string | null): string[] => [
  trackerRoom(tenantId, trackerId),
  ...(fleetId === null ? [] : [fleetRoom(tenantId, fleetId)]),
];

/** Tells sockets where trackers are, after the commit. Best effort: who misses something reads it. */
@Injectable()
export class TrackingChannel {
  constructor(private readonly realtime: Realtime) {}

  /** Not volatile: of several trackers that move in one commit all but the first would be dropped. */
  moved(
    tenantId: string,
    { trackerId, fixTime, lat, lng, speed, course }: Fix,
    fleetId: string | null,
    now: number,
  ): void {
    if (fixTime < now - NEWS_MS) return;
    const payload = { trackerId, fixTime: new Date(fixTime).toISOString(), lat, lng, speed, course };
    this.realtime.toRooms(roomsOf(tenantId, trackerId, fleetId), 'position', payload, NAMESPACE);
  }

  happened(
    tenantId: string,
    event: FenceEvent & { id: string; trackerId: string; late: boolean },
    fleetId: string | null,
    now: number,
  ): void {
    if (event.at < now - NEWS_MS) return;
    const { id, trackerId, fenceId, type, at, late } = event;
    const payload = { id, trackerId, geofenceId: fenceId, type, at: new Date(at).toISOString(), late };
    this.realtime.toRooms(roomsOf(tenantId, trackerId, fleetId), 'geofence', payload, NAMESPACE);
  }
}
