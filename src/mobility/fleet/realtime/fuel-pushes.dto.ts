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
}
