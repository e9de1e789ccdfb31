import { IsIn, IsString, Length, MaxLength } from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { PLATFORMS, PUSH_PROVIDERS, type Platform, type PushProvider } from '../domain/push';

/** A device that wants push messages. */
export class PutPushTokenBody {
  /**
   * Whose token it is: Firebase Cloud Messaging, Apple, or a browser’s push service.
   * @example fcm
   */
  @IsIn(PUSH_PROVIDERS)
  provider: PushProvider;

  /**
   * The registration token of FCM, the device token of Apple in hexadecimal, or the JSON of a browser’s PushSubscription.
   * @example "dGhpcyBpcyBubyB0b2tlbg:APA91bHun4MxP5egoKMwt2KZFBaFUH-1RYqx"
   */
  @IsString()
  @Length(20, 6_000)
  value: string;

  /**
   * What the device is; default by the provider. Tokens of FCM for Android end after 270 days without a sign of the app.
   * @example android
   */
  @MayBeAbsent()
  @IsIn(PLATFORMS)
  platform?: Platform;

  /**
   * By which its owner knows it again.
   * @example Pixel 9 of Ada
   */
  @MayBeAbsent()
  @IsString()
  @MaxLength(100)
  deviceName?: string;
}

export class PushTokenView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c */
  id: string;
  /** @example fcm */
  provider: PushProvider;
  /** @example android */
  platform: Platform;
  /** @example Pixel 9 of Ada */
  deviceName: string | null;
  /**
   * `deactivated`: the provider says that the token is not for our account.
   * @example active
   */
  state: 'active' | 'deactivated';
  /**
   * The provider’s code.
   * @example null
   */
  stateReason: string | null;
  /**
   * The device was not seen for a month.
   * @example false
   */
  stale: boolean;
  /** @example 2026-01-05T09:00:00.000Z */
  createdAt: Date;
  /** @example 2026-01-05T09:00:00.000Z */
  seenAt: Date;
}

export class PushSetupView {
  /**
   * Providers whose tokens can be pushed to here.
   * @example ["fcm", "web_push"]
   */
  providers: PushProvider[];
  /**
   * `applicationServerKey` for a browser’s subscription; null where Web Push is not set up.
   * @example BEl62iUYgUivxIkv69yViEuiBIa-Ib9-SkvMeAtA3LFgDzkrxZJjSgSnfckjBJuBkr3qBUYIHBQFLXYp5Nksh8U
   */
  vapidPublicKey: string | null;
}

export class PushTokensView {
  data: PushTokenView[];
  setup: PushSetupView;
}
