import { Global, Module } from '@nestjs/common';
import { TokensModule } from '../auth/tokens.module';
import { Realtime } from './realtime';
import { RealtimeGateway } from './realtime.gateway';
import { RealtimeServer } from './realtime-server';
import { RoomRules } from './room-rules';
import { SessionWatch } from './session-watch';

/** Sockets for every context: they send with `Realtime`, declare rooms with `RoomRules`, listen with `@SocketGateway()`. */
@Global()
@Module({
  imports: [TokensModule],
  providers: [RealtimeServer, Realtime, RoomRules, SessionWatch, RealtimeGateway],
  exports: [RealtimeServer, Realtime, RoomRules],
})
export class RealtimeModule {}
