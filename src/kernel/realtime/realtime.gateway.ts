import { ConnectedSocket, MessageBody } from '@nestjs/websockets';
import { TokenVerifier } from '../auth/token-verifier';
import { AppError } from '../errors/app-error';
import { ClientEvent } from './socket-events';
import { otherPrincipal } from './realtime-server';
import { PresenceBeat } from './presence-beat';
import { PresenceBody, RenewBody, RenewedView, RoomBody, RoomView } from './realtime.dto';
import { RoomRules } from './room-rules';
import { roomsOf } from './rooms';
import { adopt } from './session-watch';
import { SocketGateway } from './socket-gateway';
import { identityOf, type IdentifiedSocket } from './socket-identity';

/** Rooms that one socket may be in besides its own. */
const MOST_ROOMS = 100;

/** The root namespace: rooms beyond one's own, and a newer token for a socket that stays. */
@SocketGateway()
export class RealtimeGateway {
  constructor(
    private readonly rules: RoomRules,
    private readonly verifier: TokenVerifier,
    private readonly beat: PresenceBeat,
  ) {}

  /** Says that the user is at this device, or has left it. Without it every event of the user's own accord says so, and five minutes of silence the contrary. */
  @ClientEvent('presence.set', { passive: true, limit: { burst: 10, perSecond: 0.5 } })
  setPresence(@ConnectedSocket() socket: IdentifiedSocket, @MessageBody() { state }: PresenceBody): void {
    this.beat.say(identityOf(socket), state);
  }

  /** Enters a room. Another tenant's, another user's and unknown rooms are refused alike. */
  @ClientEvent('room.join', {
    ack: RoomView,
    passive: true,
    problems: ['realtime.room-refused', 'realtime.too-many-rooms'],
  })
  async join(@ConnectedSocket() socket: IdentifiedSocket, @MessageBody() { room }: RoomBody): Promise<RoomView> {
    const { principal } = identityOf(socket);
    if (!(await this.rules.mayEnter(principal, room))) {
      throw new AppError('realtime.room-refused', 'forbidden', 'You may not enter this room.');
    }
    if (socket.rooms.size > MOST_ROOMS) {
      throw new AppError('realtime.too-many-rooms', 'conflict', 'This socket is in too many rooms.');
    }
    await socket.join(room);
    return { room };
  }

  /** Leaves a room that was entered; one's own are not left. */
  @ClientEvent('room.leave', { ack: RoomView, passive: true })
  async leave(@ConnectedSocket() socket: IdentifiedSocket, @MessageBody() { room }: RoomBody): Promise<RoomView> {
    if (!roomsOf(identityOf(socket).principal).includes(room)) await socket.leave(room);
    return { room };
  }

  /** Keeps the socket beyond its token's end: the newer token must be of the same user and tenant. */
  @ClientEvent('auth.renew', {
    ack: RenewedView,
    passive: true,
    limit: { burst: 5, perSecond: 0.2 },
    problems: ['auth.token-invalid', 'auth.token-expired', 'auth.session-ended', 'realtime.other-principal'],
  })
  async renew(@ConnectedSocket() socket: IdentifiedSocket, @MessageBody() { token }: RenewBody): Promise<RenewedView> {
    const connection = identityOf(socket);
    const { claims, address } = connection;
    const verified = await this.verifier.verify(token, address);
    if (verified.claims.sub !== claims.sub || verified.claims.tid !== claims.tid) {
      throw otherPrincipal();
    }
    await adopt(connection, verified, this.rules);
    return { expiresAt: new Date(verified.claims.exp * 1_000).toISOString() };
  }
}
