import { ConnectedSocket, MessageBody, SubscribeMessage } from '@nestjs/websockets';
import { TokenVerifier } from '../auth/token-verifier';
import { AppError } from '../errors/app-error';
import { RenewBody, RoomBody } from './realtime.dto';
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
  ) {}

  /** Enters a room. Another tenant's, another user's and unknown rooms are refused alike. */
  @SubscribeMessage('room.join')
  async join(
    @ConnectedSocket() socket: IdentifiedSocket,
    @MessageBody() { room }: RoomBody,
  ): Promise<{ room: string }> {
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
  @SubscribeMessage('room.leave')
  async leave(
    @ConnectedSocket() socket: IdentifiedSocket,
    @MessageBody() { room }: RoomBody,
  ): Promise<{ room: string }> {
    if (!roomsOf(identityOf(socket).principal).includes(room)) await socket.leave(room);
    return { room };
  }

  /** Keeps the socket beyond its token's end: the newer token must be of the same user and tenant. */
  @SubscribeMessage('auth.renew')
  async renew(
    @ConnectedSocket() socket: IdentifiedSocket,
    @MessageBody() { token }: RenewBody,
  ): Promise<{ expiresAt: string }> {
    const { claims } = identityOf(socket);
    const verified = await this.verifier.verify(token);
    if (verified.claims.sub !== claims.sub || verified.claims.tid !== claims.tid) {
      throw new AppError('realtime.other-principal', 'forbidden', 'The token is of somebody else: connect anew.');
    }
    await adopt(socket, verified);
    return { expiresAt: new Date(verified.claims.exp * 1_000).toISOString() };
  }
}
