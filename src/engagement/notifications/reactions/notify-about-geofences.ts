import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { MembersByRoleQuery } from '../../../access/organizations/contracts/members-by-role';
import type { StoredEvent } from '../../../kernel/messaging/domain-event';
import { Reaction, type Reacts } from '../../../kernel/messaging/reaction';
import { GeofenceAlertQuery } from '../../../mobility/location/contracts/geofence-alert';
import { GeofenceDwelled, GeofenceEntered, GeofenceLeft } from '../../../mobility/location/contracts/geofence-events';
import { NotifyCommand } from '../contracts/notify';

const isFollowed = ({ payload }: GeofenceEntered | GeofenceLeft | GeofenceDwelled): boolean => payload.followed;

/** Staff that follows the fence is told once; whoever left the organization meanwhile is not. */
async function tellFollowers(buses: { commands: CommandBus; queries: QueryBus }, eventId: string): Promise<void> {
  const alert = await buses.queries.execute(new GeofenceAlertQuery({ eventId }));
  if (!alert) return;
  const members = await buses.queries.execute(new MembersByRoleQuery({ roles: ['owner', 'admin', 'staff'] }));
  const staff = new Set(members.map(({ userId }) => userId));
  const userIds = alert.userIds.filter((id) => staff.has(id)).slice(0, 500);
  if (userIds.length === 0) return;
  const { tracker, geofence, type, at, dwellSeconds } = alert;
  const minutes = type === 'dwell' && dwellSeconds ? Math.max(1, Math.round(dwellSeconds / 60)) : undefined;
  await buses.commands.execute(
    new NotifyCommand({
      userIds,
      category: 'tracking',
      template: 'geofence-alert',
      data: {
        tracker,
        geofence,
        type,
        at: `${at.slice(0, 16).replace('T', ' ')} UTC`,
        ...(minutes ? { minutes } : {}),
      },
      dedupeKey: `geofence/${eventId}`,
    }),
  );
}

@Reaction({ name: 'notifications.notify-when-geofence-entered', on: GeofenceEntered, when: isFollowed })
export class NotifyWhenGeofenceEntered implements Reacts<GeofenceEntered> {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  react({ payload }: StoredEvent<GeofenceEntered>): Promise<void> {
    return tellFollowers({ commands: this.commands, queries: this.queries }, payload.eventId);
  }
}

@Reaction({ name: 'notifications.notify-when-geofence-left', on: GeofenceLeft, when: isFollowed })
export class NotifyWhenGeofenceLeft implements Reacts<GeofenceLeft> {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  react({ payload }: StoredEvent<GeofenceLeft>): Promise<void> {
    return tellFollowers({ commands: this.commands, queries: this.queries }, payload.eventId);
  }
}

@Reaction({ name: 'notifications.notify-when-geofence-dwelled', on: GeofenceDwelled, when: isFollowed })
export class NotifyWhenGeofenceDwelled implements Reacts<GeofenceDwelled> {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  react({ payload }: StoredEvent<GeofenceDwelled>): Promise<void> {
    return tellFollowers({ commands: this.commands, queries: this.queries }, payload.eventId);
  }
}
