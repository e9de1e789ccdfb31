import { Global, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { TokensModule } from '../auth/tokens.module';
import { EventDispatcher } from './event-dispatcher';
import { LiveConnections } from './live-connections';
import { Presence } from './presence';
import { PresenceBeat } from './presence-beat';
import { Realtime } from './realtime';
import { RealtimeMetrics } from './realtime-metrics';
import { RealtimeGateway } from './realtime.gateway';
import { RealtimeServer } from './realtime-server';
import { DeviceDoors } from './device-doors';
import { RoomRules } from './room-rules';
import { SessionWatch } from './session-watch';
import { Typing } from './typing';

/** Sockets for every context: they send with `Realtime`, declare rooms with `RoomRules`, listen with `@SocketGateway()`. */
@Global()
@Module({
  imports: [TokensModule, DiscoveryModule],
  providers: [
    LiveConnections,
    RealtimeMetrics,
    RealtimeServer,
    Realtime,
    DeviceDoors,
    RoomRules,
    SessionWatch,
    EventDispatcher,
    Presence,
    PresenceBeat,
    Typing,
    RealtimeGateway,
  ],
  exports: [RealtimeServer, Realtime, RoomRules, DeviceDoors, Presence, PresenceBeat, Typing],
})
export class RealtimeModule {}
