import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsOptional, IsString, IsUUID, Length } from 'class-validator';
import { AnyOfIds, ListQuery } from '../../../kernel/http/pagination';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { ToBoolean } from './to-boolean';

export class CreateTrackerBody {
  /** @example Van 7 */
  @IsString()
  @Length(1, 100)
  name: string;

  /** The vehicle that it is built into, or lies in. */
  @ApiPropertyOptional({
    type: String,
    format: 'uuid',
    nullable: true,
    example: '019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6d',
  })
  @IsOptional()
  @IsUUID()
  vehicleId?: string | null;
}

export class ChangeTrackerBody {
  /** @example Van 8 */
  @MayBeAbsent()
  @IsString()
  @Length(1, 100)
  name?: string;

  @ApiPropertyOptional({ type: String, format: 'uuid', nullable: true })
  @IsOptional()
  @IsUUID()
  vehicleId?: string | null;

  /** Positions of a tracker that is not active are refused; what it told before stays. */
  @MayBeAbsent()
  @IsBoolean()
  active?: boolean;
}

export class ListTrackersParams extends ListQuery {
  @AnyOfIds()
  vehicleId?: string[];

  @ApiPropertyOptional({ type: Boolean })
  @MayBeAbsent()
  @ToBoolean()
  @IsBoolean()
  active?: boolean;
}

export class TrackerView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c */
  id: string;
  /** @example Van 7 */
  name: string;
  @ApiProperty({ type: String, nullable: true })
  vehicleId: string | null;
  active: boolean;
  /** @example 2026-03-01T12:00:00.000Z */
  createdAt: string;
}

export class KeyedTrackerView extends TrackerView {
  /**
   * Shown this once. The device sends it as `X-Tracker-Key`, or as `id` of the OsmAnd protocol.
   * @example trk_q3Jc9d0m4Xk2v8Zt1sB7uYpL
   */
  key: string;
}
