import { IsBoolean, IsNotEmpty, IsString, IsUUID, MaxLength } from 'class-validator';
import { ListQuery } from '../../../kernel/http/pagination';

type Kind = 'desktop' | 'phone' | 'tablet' | 'program' | 'unknown';

export class ListSessionsParams extends ListQuery {}
export class ListDevicesParams extends ListQuery {}

export class SessionDeviceView {
  id: string | null;
  /** @example Firefox on Linux */
  name: string;
  /** @example desktop */
  kind: Kind;
  /** @example false */
  trusted: boolean;
}

export class PlaceView {
  /**
   * ISO 3166-1 alpha-2.
   * @example PT
   */
  country: string;
  /** @example Portugal */
  name: string;
}

/** A live session. */
export class SessionView {
  id: string;
  device: SessionDeviceView;
  /** By the address of the latest sign-in or refresh; null where it is not known, as for private addresses. */
  place: PlaceView | null;
  /** @example 203.0.113.7 */
  ip: string | null;
  /**
   * The session that asks.
   * @example true
   */
  current: boolean;
  /**
   * Authenticator assurance level (NIST SP 800-63B-4).
   * @example 1
   */
  aal: number;
  /** @example bearer */
  transport: 'bearer' | 'cookie';
  /** Where it works, or null. */
  organizationId: string | null;
  createdAt: Date;
  lastSeenAt: Date;
  /** When it ends unless it is refreshed before. */
  expiresAt: Date;
}

/** A device that its user signed in with. */
export class DeviceView {
  id: string;
  /** @example Firefox on Linux */
  name: string;
  /** @example desktop */
  kind: Kind;
  /**
   * Country of the latest sign-in (ISO 3166-1 alpha-2), where it is known.
   * @example PT
   */
  country: string | null;
  /** @example false */
  trusted: boolean;
  /**
   * The device that asks.
   * @example true
   */
  current: boolean;
  firstSeenAt: Date;
  lastSeenAt: Date;
}

export class TrustDeviceBody {
  /** @example true */
  @IsBoolean()
  trusted: boolean;
}

export class RevokedView {
  /**
   * Sessions that ended.
   * @example 2
   */
  revoked: number;
}

export class ResumeSignInBody {
  /**
   * From the answer that refused the sign-in.
   * @example 4Jv1mZ0wqk9Yk2m3n4b5v6c7x8z9a0s1d2f3g4h5j6k
   */
  @IsNotEmpty()
  @MaxLength(200)
  @IsString()
  ticket: string;

  /**
   * Id of the session that ends.
   * @example 0197b6a0-5f6e-7c3b-9a51-2f4c1d6e8b90
   */
  @IsUUID()
  endSession: string;
}
