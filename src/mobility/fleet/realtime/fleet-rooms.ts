import { Injectable, type OnModuleInit } from '@nestjs/common';
import { hasPermission, type Principal } from '../../../kernel/auth/principal';
import { runInContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import { isUuid, newId } from '../../../kernel/ids/ids';
import { RoomRules } from '../../../kernel/realtime/room-rules';
import { FLEET_ROOMS } from '../../location/contracts/trackers';

/** Says who may follow all trackers of a fleet: whoever may read positions, and a fleet of the same organization. */
@Injectable()
export class FleetRooms implements OnModuleInit {
  constructor(
    private readonly rooms: RoomRules,
    private readonly database: Database,
  ) {}

  onModuleInit(): void {
    this.rooms.declare(FLEET_ROOMS, (principal, id) => this.mayEnter(principal, id));
  }

  private async mayEnter(principal: Principal, id: string): Promise<boolean> {
    const [tenantId, fleetId, ...more] = id.split(':');
    if (tenantId !== principal.tenantId || !isUuid(fleetId) || more.length > 0) return false;
    if (!hasPermission(principal, 'location:read')) return false;
    return runInContext({ requestId: newId(), tenantId, principal }, async () => {
      const there = await this.database.read(
        'select from fleet.fleets where tenant_id = kernel.tenant_id() and id = $1',
        [fleetId],
      );
      return there.length > 0;
    });
  }
}
