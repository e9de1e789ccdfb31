import { ApiProperty } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsUUID } from 'class-validator';
import { ServerPush } from '../../../kernel/realtime/socket-events';
import { FENCE_EVENTS, type FenceEventType } from '../domain/fence';

const FOLLOWERS = 'Sockets that follow the tracker.';

/** Trackers to follow. */
export class SubscribeEvent {
  /** Of the organization; unknown ones refuse the whole. */
  @ApiProperty({ type: [String], example: ['019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c'], minItems: 1, maxItems: 500 })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(500)
  @IsUUID('all', { each: true })
  trackerIds: string[];
}

/** A tracker is somewhere else. Only the latest believed position of those that came together. */
@ServerPush('position', { to: FOLLOWERS, namespace: '/tracking' })
export class PositionPush {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c */
  trackerId: string;
  /** @example 2026-03-01T12:00:00.000Z */
  fixTime: string;
  /** @example 48.2082 */
  lat: number;
  /** @example 16.3738 */
  lng: number;
  /** Metres a second. */
  @ApiProperty({ type: Number, nullable: true })
  speed: number | null;
  /** Degrees clockwise from north. */
  @ApiProperty({ type: Number, nullable: true })
  course: number | null;
}

/** Something happened between a tracker and a fence. */
@ServerPush('geofence', { to: FOLLOWERS, namespace: '/tracking' })
export class GeofencePush {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6d */
  id: string;
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c */
  trackerId: string;
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6e */
  geofenceId: string;
  @ApiProperty({ enum: FENCE_EVENTS, example: 'enter' })
  type: FenceEventType;
  /** @example 2026-03-01T12:00:00.000Z */
  at: string;
  /** Found by a fix that came out of order. */
  late: boolean;
}
