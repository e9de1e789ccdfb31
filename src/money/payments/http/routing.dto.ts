import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsInt,
  IsISO31661Alpha2,
  IsISO4217CurrencyCode,
  IsNotEmpty,
  IsOptional,
  IsString,
  IsUUID,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';

const MOST_RULES = 100;
const METHOD = /^[a-z][a-z0-9_-]{0,39}$/;

export class RoutedShareBody {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c */
  @IsUUID()
  gatewayId: string;

  /**
   * Share of the rule's payments against the others' weights; 0 takes payments over and begins none.
   * @example 80
   */
  @IsInt()
  @Min(0)
  @Max(10_000)
  weight: number;
}

/** Conditions that are absent or null fit everything. */
export class RoutingRuleBody {
  /** @example Cards of Europe */
  @IsOptional()
  @IsNotEmpty()
  @MaxLength(80)
  @IsString()
  name?: string | null;

  /** @example ["card"] */
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(30)
  @ArrayUnique()
  @Matches(METHOD, { each: true })
  methods?: string[] | null;

  /**
   * ISO 4217.
   * @example ["EUR"]
   */
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(200)
  @ArrayUnique()
  @IsISO4217CurrencyCode({ each: true })
  currencies?: string[] | null;

  /**
   * ISO 3166-1 alpha-2: where the bill goes to, else the parcel.
   * @example ["DE", "FR", "NL"]
   */
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(300)
  @ArrayUnique()
  @IsISO31661Alpha2({ each: true })
  countries?: string[] | null;

  /**
   * Smallest amount, in minor units of the one currency that the rule names.
   * @example 100
   */
  @IsOptional()
  @IsInt()
  @Min(0)
  minAmount?: number | null;

  /**
   * Largest amount, itself included.
   * @example 50000
   */
  @IsOptional()
  @IsInt()
  @Min(0)
  maxAmount?: number | null;

  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(20)
  @ValidateNested({ each: true })
  @Type(() => RoutedShareBody)
  gateways: RoutedShareBody[];

  /**
   * A payment that its account surely did not take up (never reached, or refused for the account's sake) goes on at the
   * next one: those of the rule, by the same draw. Never after silence.
   * @example true
   */
  @MayBeAbsent()
  @IsBoolean()
  failover?: boolean;
}

/** All rules in their order: the first that fits and has an account that can takes a payment. */
export class SaveRoutingBody {
  /** @example [] */
  @IsArray()
  @ArrayMaxSize(MOST_RULES)
  @ValidateNested({ each: true })
  @Type(() => RoutingRuleBody)
  rules: RoutingRuleBody[];
}

export class RoutedShareView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c */
  gatewayId: string;
  /** @example 80 */
  weight: number;
}

export class RoutingRuleView {
  /** @example Cards of Europe */
  name: string | null;
  /** @example ["card"] */
  methods: string[] | null;
  /** @example ["EUR"] */
  currencies: string[] | null;
  /** @example ["DE", "FR", "NL"] */
  countries: string[] | null;
  /** @example 100 */
  minAmount: number | null;
  /** @example 50000 */
  maxAmount: number | null;
  gateways: RoutedShareView[];
  /** @example true */
  failover: boolean;
}

export class RoutingDetailsView {
  /**
   * Counts up with each change; 0: nobody saved any.
   * @example 3
   */
  version: number;
  rules: RoutingRuleView[];
  changedAt: string | null;
}

/** A payment that a shopper is about to make. */
export class RoutePaymentParams {
  /** @example card */
  @Matches(METHOD)
  method: string;

  /**
   * Minor units.
   * @example 1250
   */
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(Number.MAX_SAFE_INTEGER)
  amount: number;

  /** @example EUR */
  @IsISO4217CurrencyCode()
  currency: string;

  /** @example NL */
  @MayBeAbsent()
  @IsISO31661Alpha2()
  country?: string;

  /**
   * The same key is shown the same account: the cart's id, say.
   * @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6d
   */
  @MayBeAbsent()
  @IsString()
  @MaxLength(100)
  key?: string;
}

export class RoutedGatewayView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c */
  gatewayId: string;
  /** @example stripe */
  provider: string;
  /** @example true */
  testMode: boolean;
  /**
   * What the provider's script in the browser is started with: Stripe's publishable key, PayPal's client id.
   * @example pk_test_51ExampleExample
   */
  clientKey: string | null;
}

export class RoutedPaymentView {
  /** The account to make a token of, then those that take over where the shop's rules say so. */
  data: RoutedGatewayView[];
}
