import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsDate,
  IsInt,
  IsNotEmpty,
  IsOptional,
  IsString,
  IsUUID,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateBy,
} from 'class-validator';
import { canonicalRange } from '../../../kernel/auth/address-list';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { ListQuery } from '../../../kernel/http/pagination';
import { MOST_OVERLAP_HOURS } from '../domain/api-key';
import { SCOPE } from '../domain/key-scopes.policy';

const MOST_RATE = 100_000;
const MOST_QUOTA = 100_000_000;

const IsRange = (): PropertyDecorator =>
  ValidateBy(
    {
      name: 'range',
      validator: {
        validate: (value: unknown) => typeof value === 'string' && value.length <= 50 && canonicalRange(value) !== null,
        defaultMessage: () => 'each value must be an address or a range such as 203.0.113.0/24',
      },
    },
    { each: true },
  );

export class CreateApiKeyBody {
  /** @example Warehouse scanner */
  @IsNotEmpty()
  @MaxLength(120)
  @IsString()
  name: string;

  /**
   * What the key may do, as far as you may: `resource:action`, `resource:*`, or `*` for everything.
   * @example ["products:read", "inventory:read"]
   */
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(100)
  @Matches(SCOPE, { each: true, message: 'each value in scopes must be resource:action, resource:* or *' })
  scopes: string[];

  /** When the key ends; 90 days from now when absent, 366 at most. */
  @MayBeAbsent()
  @Type(() => Date)
  @IsDate()
  expiresAt?: Date;

  /**
   * Addresses and ranges that the key works from; anywhere when absent or empty.
   * @example []
   */
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(50)
  @IsRange()
  allowedAddresses?: string[];

  /**
   * Most requests in a minute; null for the limit that holds for everybody.
   * @example 300
   */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(MOST_RATE)
  ratePerMinute?: number | null;

  /**
   * Most requests in 24 hours; null for none.
   * @example 50000
   */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(MOST_QUOTA)
  quotaPerDay?: number | null;
}

export class ChangeApiKeyBody {
  /** @example Warehouse scanner 2 */
  @MayBeAbsent()
  @IsNotEmpty()
  @MaxLength(120)
  @IsString()
  name?: string;

  /**
   * Replaces the scopes. Only the owner adds any.
   * @example ["products:read"]
   */
  @MayBeAbsent()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(100)
  @Matches(SCOPE, { each: true, message: 'each value in scopes must be resource:action, resource:* or *' })
  scopes?: string[];

  /** When the key ends; at most 366 days from now. */
  @MayBeAbsent()
  @Type(() => Date)
  @IsDate()
  expiresAt?: Date;

  /**
   * Replaces the addresses and ranges that the key works from.
   * @example []
   */
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(50)
  @IsRange()
  allowedAddresses?: string[];

  /** @example 300 */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(MOST_RATE)
  ratePerMinute?: number | null;

  /** @example 50000 */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(MOST_QUOTA)
  quotaPerDay?: number | null;
}

export class RotateApiKeyBody {
  /**
   * Hours that the secret before goes on working; 24 when absent, 0 ends it now.
   * @example 24
   */
  @MayBeAbsent()
  @IsInt()
  @Min(0)
  @Max(MOST_OVERLAP_HOURS)
  overlapHours?: number;
}

export class ListApiKeysParams extends ListQuery {
  /** Keys of this user alone. */
  @MayBeAbsent()
  @IsUUID()
  ownerId?: string;
}

/** An API key; its secret is told when it is made or replaced, and never again. */
export class ApiKeyView {
  id: string;
  /** The user that the key stands for. */
  ownerId: string;
  /** @example Warehouse scanner */
  name: string;
  /**
   * How the secret begins and ends.
   * @example mainstay_test_…x7Qz
   */
  shown: string;
  /** @example ["products:read"] */
  scopes: string[];
  /** @example ["203.0.113.0/24"] */
  allowedAddresses: string[];
  /** @example 300 */
  ratePerMinute: number | null;
  /** @example 50000 */
  quotaPerDay: number | null;
  /** @example active */
  status: 'active' | 'expired' | 'revoked';
  expiresAt: Date;
  /** To the minute. */
  lastUsedAt: Date | null;
  /** @example 203.0.113.7 */
  lastUsedIp: string | null;
  createdAt: Date;
  /** When the present secret was made. */
  secretAt: Date;
  /** Until when the secret before works too, while it is replaced. */
  oldSecretUntil: Date | null;
}

/** A key with its secret: the only time that it is told. */
export class ApiKeySecretView extends ApiKeyView {
  /**
   * Send it as `Authorization: Bearer`.
   * @example mainstay_test_02N8Q1mYx7cTzR5bKfWjLd_3kq9VtYw2nX8sD6fGhJ4mZ1cB7vN5xL0pQaRtUyIoPw_1aB2cD
   */
  secret: string;
}
