import { QueryBus } from '@nestjs/cqrs';
import { ConnectedSocket, MessageBody } from '@nestjs/websockets';
import { ClientEvent } from '../../../kernel/realtime/socket-events';
import { SocketGateway } from '../../../kernel/realtime/socket-gateway';
import type { IdentifiedSocket } from '../../../kernel/realtime/socket-identity';
import { NAMESPACE, trackerRoom } from '../adapters/tracking-channel';
import { trackerNotFound } from '../domain/location.errors';
import { KnownTrackersQuery } from '../queries/trackers';
import { SubscribeEvent } from './tracking.dto';

const READ = { permission: 'location:read' };
const LIMIT = { burst: 20, perSecond: 2 };

/** Trackers live: whoever may read positions follows those that it names. */
@SocketGateway(NAMESPACE)
export class TrackingGateway {
  constructor(private readonly queries: QueryBus) {}

  /** Follows trackers from now on, besides those that are followed already. Where they are now is read first: `GET /location/latest`. */
  @ClientEvent('subscribe', { ...READ, limit: LIMIT, passive: true, problems: ['location.tracker-not-found'] })
  async subscribe(
    @ConnectedSocket() socket: IdentifiedSocket,
    @MessageBody() { trackerIds }: SubscribeEvent,
  ): Promise<void> {
    const wanted = [...new Set(trackerIds.map((id) => id.toLowerCase()))];
    const known = await this.queries.execute(new KnownTrackersQuery(wanted));
    if (known.length < wanted.length) throw trackerNotFound();
    const { tenantId } = socket.data.principal;
    await socket.join(known.map((id) => trackerRoom(tenantId!, id)));
  }

  /** Follows trackers no more. */
  @ClientEvent('unsubscribe', { ...READ, limit: LIMIT, passive: true })
  async unsubscribe(
    @ConnectedSocket() socket: IdentifiedSocket,
    @MessageBody() { trackerIds }: SubscribeEvent,
  ): Promise<void> {
    const { tenantId } = socket.data.principal;
    for (const id of trackerIds) await socket.leave(trackerRoom(tenantId!, id.toLowerCase()));
  }
}
