import { ApiProperty } from '@nestjs/swagger';
import { ServerPush } from '../../../kernel/realtime/socket-events';

/** The sensor of a tank saw that it was filled, or that fuel was lost while the vehicle stood. */
@ServerPush('fleet.fuel-level-changed', { to: 'Staff.' })
export class FuelLevelChangedPush {
  changeId: string;
  vehicleId: string;
  @ApiProperty({ enum: ['refill', 'drop'], example: 'drop' })
  kind: 'refill' | 'drop';
  /**
   * Millilitres, grams or watt hours.
   * @example 30000
   */
  quantity: number;
  /** @example "2026-03-01T02:10:00.000Z" */
  at: string;
  /** @example 48.2 */
  lat: number;
  /** @example 16.37 */
  lng: number;
}
