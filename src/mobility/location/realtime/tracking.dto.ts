import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsUUID } from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { ServerPush } from '../../../kernel/realtime/socket-events';
import { FENCE_EVENTS, type FenceEventType } from '../domain/fence';

const FOLLOWERS = 'Sockets that follow the tracker, or the fleet of the vehicle that it is in.';

/** Trackers to follow, a fleet, or both. */
export class SubscribeEvent {
  /** Of the organization; unknown ones refuse the whole. */
  @ApiPropertyOptional({
    type: [String],
    example: ['019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c'],
    minItems: 1,
    maxItems: 500,
  })
  @MayBeAbsent()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(500)
  @IsUUID('all', { each: true })
  trackerIds?: string[];

  /** All trackers in vehicles of this fleet, also those that come to it later; no longer those that leave it. */
  @ApiPropertyOptional({ type: String, format: 'uuid', example: '019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6f' })
  @MayBeAbsent()
  @IsUUID()
  fleetId?: string;
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
