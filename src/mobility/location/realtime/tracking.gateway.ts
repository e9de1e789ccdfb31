import type { OnModuleInit } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ConnectedSocket, MessageBody } from '@nestjs/websockets';
import { hasPermission } from '../../../kernel/auth/principal';
import { permissionMissing } from '../../../kernel/auth/require-permission';
import { sha256 } from '../../../kernel/crypto/hashing';
import { DeviceDoors } from '../../../kernel/realtime/device-doors';
import { ClientEvent } from '../../../kernel/realtime/socket-events';
import { RoomRules } from '../../../kernel/realtime/room-rules';
import { SocketGateway } from '../../../kernel/realtime/socket-gateway';
import type { IdentifiedSocket } from '../../../kernel/realtime/socket-identity';
import { fleetRoom, NAMESPACE, trackerRoom } from '../adapters/tracking-channel';
import { fleetNotFound, nothingNamed, trackerNotFound } from '../domain/location.errors';
import { RecordPositionsCommand } from '../commands/record-positions';
import { PositionReceiptView, RecordPositionsBody } from '../http/location.dto';
import { KnownTrackersQuery, TrackerOfKeyQuery } from '../queries/trackers';
import { SubscribeEvent } from './tracking.dto';

const READ = { permission: 'location:read' };
const PROBLEMS = ['location.tracker-not-found', 'location.fleet-not-found', 'location.nothing-named'];
const LIMIT = { burst: 20, perSecond: 2 };

const OF_SENDING = [
  'location.tracker-key-unknown',
  'auth.permission-missing',
  'location.tracker-limit',
  'location.busy',
];

/** Trackers live: whoever may read positions follows those that it names; trackers tell theirs. */
@SocketGateway(NAMESPACE)
export class TrackingGateway implements OnModuleInit {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly rooms: RoomRules,
    private readonly doors: DeviceDoors,
  ) {}

  onModuleInit(): void {
    // Followed for as long as positions may be read.
    this.rooms.declare('tracker', (principal, id) => {
      const isOurs = id.split(':')[0] === principal.tenantId;
      return isOurs && hasPermission(principal, 'location:read');
    });
    this.doors.open(NAMESPACE, async (key) => {
      const { tenantId, trackerId } = await this.queries.execute(new TrackerOfKeyQuery(key));
      return { tenantId, deviceId: trackerId, keyDigest: sha256(key) };
    });
  }

  /**
   * Tells positions, as `POST /location/positions` does: with the key of the one tracker that all are of (`auth.key` of the handshake
   * in place of `auth.token`), or with `location:write`. Acknowledged once all are safe; sent again they are duplicates. An event
   * has at most 64 KiB, some 400 positions.
   */
  @ClientEvent('positions.send', { ack: PositionReceiptView, passive: true, problems: OF_SENDING })
  async send(
    @ConnectedSocket() socket: IdentifiedSocket,
    @MessageBody() { positions }: RecordPositionsBody,
  ): Promise<PositionReceiptView> {
    const { device, principal } = socket.data;
    if (device) {
      // A key that was changed meanwhile is worth nothing from then on.
      const { tenantId, trackerId } = await this.queries.execute(new TrackerOfKeyQuery(device.keyDigest));
      return this.commands.execute(new RecordPositionsCommand(tenantId, positions, trackerId));
    }
    const { tenantId } = principal;
    if (tenantId === null || !hasPermission(principal, 'location:write')) throw permissionMissing('location:write');
    return this.commands.execute(new RecordPositionsCommand(tenantId, positions, null));
  }

  /** Follows trackers or a fleet from now on, besides those that are followed already. Where they are now is read first: `GET /location/latest`. */
  @ClientEvent('subscribe', { ...READ, limit: LIMIT, passive: true, problems: PROBLEMS })
  async subscribe(
    @ConnectedSocket() socket: IdentifiedSocket,
    @MessageBody() { trackerIds = [], fleetId }: SubscribeEvent,
  ): Promise<void> {
    if (trackerIds.length === 0 && fleetId === undefined) throw nothingNamed();
    const { principal } = socket.data;
    const wanted = [...new Set(trackerIds.map((id) => id.toLowerCase()))];
    const known = wanted.length === 0 ? [] : await this.queries.execute(new KnownTrackersQuery(wanted));
    if (known.length < wanted.length) throw trackerNotFound();
    const rooms = known.map((id) => trackerRoom(principal.tenantId!, id));
    if (fleetId !== undefined) {
      const room = fleetRoom(principal.tenantId!, fleetId.toLowerCase());
      if (!(await this.rooms.mayEnter(principal, room))) throw fleetNotFound();
      rooms.push(room);
    }
    await socket.join(rooms);
  }

  /** Follows trackers or a fleet no more. Of a fleet that is followed the trackers are heard all the same. */
  @ClientEvent('unsubscribe', { ...READ, limit: LIMIT, passive: true, problems: ['location.nothing-named'] })
  async unsubscribe(
    @ConnectedSocket() socket: IdentifiedSocket,
    @MessageBody() { trackerIds = [], fleetId }: SubscribeEvent,
  ): Promise<void> {
    if (trackerIds.length === 0 && fleetId === undefined) throw nothingNamed();
    const { tenantId } = socket.data.principal;
    if (fleetId !== undefined) await socket.leave(fleetRoom(tenantId!, fleetId.toLowerCase()));
    for (const id of trackerIds) await socket.leave(trackerRoom(tenantId!, id.toLowerCase()));
  }
}
