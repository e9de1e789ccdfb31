import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { MemberIdsQuery } from '../../../access/organizations/contracts/member-directory';
import { NotifyCommand } from '../../../engagement/notifications/contracts/notify';
import type { StoredEvent } from '../../../kernel/messaging/domain-event';
import { Reaction, type Reacts } from '../../../kernel/messaging/reaction';
import { RouteDispatched, StopMoved } from '../contracts/fleet-events';
import { NamesOfQuery } from '../queries/names';
import { tellStaff } from './tell-staff';

/** A driver who is a member hears of its new route. */
@Reaction({ name: 'fleet.tell-driver-when-route-dispatched', on: RouteDispatched })
export class TellDriverWhenRouteDispatched implements Reacts<RouteDispatched> {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  async react({ id, payload }: StoredEvent<RouteDispatched>): Promise<void> {
    const { vehicleId, driverId, stops, startsAt } = payload;
    const { vehicle, driverUserId } = await this.queries.execute(new NamesOfQuery({ vehicleId, driverId }));
    if (!driverUserId) return;
    // Who left the organization is told nothing more.
    const userIds = await this.queries.execute(new MemberIdsQuery({ userIds: [driverUserId] }));
    if (userIds.length === 0) return;
    const title = `New route: ${stops} ${stops === 1 ? 'stop' : 'stops'} with ${vehicle}`;
    const body = `It begins on ${startsAt.slice(0, 10)} at ${startsAt.slice(11, 16)} UTC.`;
    const about = { category: 'fleet', template: 'notice', data: { title, body } } as const;
    await this.commands.execute(new NotifyCommand({ ...about, userIds, dedupeKey: `fleet-route/${id}` }));
  }
}

/** Whoever runs the fleet hears of a stop that failed. */
@Reaction({ name: 'fleet.tell-staff-when-stop-failed', on: StopMoved })
export class TellStaffWhenStopFailed implements Reacts<StopMoved> {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  async react({ payload }: StoredEvent<StopMoved>): Promise<void> {
    const { stopId, planStop, vehicleId, driverId, state, reason } = payload;
    if (state !== 'failed') return;
    const { vehicle, driver } = await this.queries.execute(new NamesOfQuery({ vehicleId, driverId }));
    const title = `Stop failed: ${planStop}`;
    const body = `${driver} with ${vehicle}: ${reason}`;
    await tellStaff(
      { commands: this.commands, queries: this.queries },
      { title, body, dedupeKey: `fleet-stop/${stopId}` },
    );
  }
}
