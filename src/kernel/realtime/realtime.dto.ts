import { IsIn, IsString, Length, Matches } from 'class-validator';

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
