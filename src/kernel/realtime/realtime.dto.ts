import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsString, Length, Matches } from 'class-validator';
import { ServerPush } from './socket-events';

/** A room to enter or leave. */
export class RoomBody {
  /** `<kind>:<id>`. @example "order:0197a3b0-0000-7000-8000-000000000000" */
  @IsString()
  @Matches(/^[a-z][a-z-]{0,30}:[A-Za-z0-9:_-]{1,120}$/)
  room: string;
}

/** A newer access token of the same session holder. */
export class RenewBody {
  @IsString()
  @Length(1, 4096)
  token: string;
}

/** Whether the user is at this device. */
export class PresenceBody {
  /** @example "away" */
  @IsIn(['online', 'away'])
  state: 'online' | 'away';
}

export class RoomView {
  /** @example "order:0197a3b0-0000-7000-8000-000000000000" */
  room: string;
}

export class RenewedView {
  /** When the connection ends unless it is renewed again. @example "2026-03-01T10:15:00.000Z" */
  expiresAt: string;
}

/** The connection ends when its token does, within a minute: `auth.renew` on `/` with a newer one keeps it. */
@ServerPush('session.expiring', { to: 'The client whose token ends.', namespace: '*' })
export class SessionExpiringPush {
  /** @example "2026-03-01T10:15:00.000Z" */
  expiresAt: string;
}

/** This process ends: connect again after the given time, each client after another one. */
@ServerPush('server.draining', { to: 'Every client of the process.', namespace: '*' })
export class ServerDrainingPush {
  /** Milliseconds. @example 1250 */
  @ApiProperty({ type: 'integer' })
  retryAfterMs: number;
}
