import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsObject,
  IsOptional,
  IsString,
  Max,
  MaxLength,
  Min,
} from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { AnyOf, AnyOfIds, ListQuery, TimeRange, TimeRangeFilter } from '../../../kernel/http/pagination';
import { PROVIDER_EVENT_STATES, type ProviderEventState } from '../domain/provider-event-state';
import { PROVIDERS, type Provider } from '../domain/gateway-credentials';
import { NOTICE_KINDS, type NoticeKind } from '../domain/payment-gateway';

/** A new account at a provider. */
export class OpenGatewayBody {
  /** @example stripe */
  @IsIn(PROVIDERS)
  provider: Provider;

  /** @example Web shop */
  @MayBeAbsent()
  @IsNotEmpty()
  @MaxLength(80)
  @IsString()
  name?: string;

  /**
   * `stripe`: secretKey, webhookSecret, publishableKey; `paypal`: clientId, clientSecret, webhookId; `sandbox`: none. What
   * webhooks are checked with may be given later, when the provider knows the account's `webhookUrl`.
   * @example {"secretKey": "sk_test_51ExampleExample", "webhookSecret": "whsec_ExampleExample"}
   */
  @IsObject()
  credentials: Record<string, string>;

  /**
   * The provider moves no real money. Keys of Stripe say it themselves.
   * @example true
   */
  @MayBeAbsent()
  @IsBoolean()
  testMode?: boolean;

  /**
   * Methods that this account serves; absent is all that the provider has.
   * @example ["card", "ideal"]
   */
  @MayBeAbsent()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(30)
  @MaxLength(40, { each: true })
  @IsString({ each: true })
  methods?: string[];

  /** A double of the provider on this machine, outside of production only: `http://127.0.0.1:<port>`. */
  @MayBeAbsent()
  @MaxLength(100)
  @IsString()
  apiBase?: string;

  /**
   * `manual` only reserves what shoppers pay; you capture it, say when the goods are sent.
   * @example automatic
   */
  @MayBeAbsent()
  @IsIn(['automatic', 'manual'])
  capture?: 'automatic' | 'manual';
}

/** What is absent stays. */
export class ChangeGatewayBody {
  /** @example Web shop */
  @MayBeAbsent()
  @IsNotEmpty()
  @MaxLength(80)
  @IsString()
  name?: string;

  /**
   * A disabled account takes no new payments; refunds, captures and webhooks of those it took go on.
   * @example active
   */
  @MayBeAbsent()
  @IsIn(['active', 'disabled'])
  status?: 'active' | 'disabled';

  /**
   * Null is all that the provider has.
   * @example ["card"]
   */
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(30)
  @MaxLength(40, { each: true })
  @IsString({ each: true })
  methods?: string[] | null;

  /**
   * `manual` only reserves what shoppers pay; you capture it, say when the goods are sent.
   * @example automatic
   */
  @MayBeAbsent()
  @IsIn(['automatic', 'manual'])
  capture?: 'automatic' | 'manual';

  /**
   * Those that change; the others stay.
   * @example {"webhookSecret": "whsec_AnotherExample"}
   */
  @MayBeAbsent()
  @IsObject()
  credentials?: Record<string, string>;

  /**
   * Hours for which a webhook secret that is replaced still signs; 24 by default.
   * @example 24
   */
  @MayBeAbsent()
  @IsInt()
  @Min(0)
  @Max(168)
  keepFormerWebhookHours?: number;
}

/** An account at a provider. Secrets are never shown again. */
export class GatewayView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c */
  id: string;
  /** @example stripe */
  provider: string;
  /** @example Web shop */
  name: string;
  /** @example active */
  status: 'active' | 'disabled';
  /** @example true */
  testMode: boolean;
  /**
   * Public credentials in full, of secret ones the last four characters.
   * @example {"secretKey": "…mple"}
   */
  credentials: Record<string, string>;
  /**
   * Null: all that the provider has.
   * @example ["card", "ideal"]
   */
  methods: string[] | null;
  apiBase: string | null;
  /**
   * False: no request goes to the provider, as whoever runs this installation does not list it in
   * `MAINSTAY_PAYMENT_PROVIDERS`; the account takes no payments until then.
   * @example true
   */
  reachable: boolean;
  /** @example automatic */
  capture: 'automatic' | 'manual';
  /**
   * Where the provider is to send its webhooks.
   * @example https://shop.example.org/api/v1/payment-webhooks/stripe/019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c
   */
  webhookUrl: string;
  /** @example 2026-03-01T12:00:00.000Z */
  createdAt: string;
  credentialsChangedAt: string | null;
}

export class GatewayListView {
  data: GatewayView[];
}

/** Filters of the inbox. */
export class ListProviderEventsParams extends ListQuery {
  @AnyOf(PROVIDER_EVENT_STATES)
  status?: ProviderEventState[];

  @AnyOf(NOTICE_KINDS)
  kind?: NoticeKind[];

  @AnyOfIds()
  gatewayId?: string[];

  @TimeRangeFilter()
  receivedAt?: TimeRange;
}

/** A stored webhook of a provider. */
export class ProviderEventView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c */
  id: string;
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6d */
  gatewayId: string;
  /** @example stripe */
  provider: string;
  /**
   * The provider's id of the event.
   * @example evt_1Example
   */
  eventId: string;
  /** @example payment */
  kind: NoticeKind;
  /** @example payment_intent.succeeded */
  type: string;
  /**
   * `received` waits, `failed` is tried again, `dead` waits for a replay.
   * @example processed
   */
  status: ProviderEventState;
  /** @example 1 */
  attempts: number;
  /** @example 0 */
  replays: number;
  lastError: string | null;
  /** What became of it. */
  result: Record<string, unknown> | null;
  /** As it was received. */
  payload: Record<string, unknown>;
  /** @example 2026-03-01T12:00:00.000Z */
  receivedAt: string;
  processedAt: string | null;
}

/** The event waits for its worker. */
export class ReplayedView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c */
  id: string;
}
