import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsIn,
  IsObject,
  IsOptional,
  IsString,
  IsUUID,
  Length,
  Matches,
  ValidateNested,
} from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { AnyOf, ListQuery } from '../../../kernel/http/pagination';
import { CHANNELS, type Channel, type MessageState } from '../contracts/channels';
import { CAMPAIGN_STATES, type CampaignState } from '../domain/campaign';

/** Whom a campaign is for: one of the three. */
export class CampaignAudience {
  /** Members with one of these roles. */
  @ApiPropertyOptional({ type: [String], example: ['customer'] })
  @MayBeAbsent()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(20)
  @Matches(/^[a-z][a-z0-9-]{0,39}$/, { each: true, message: 'roles are words such as customer' })
  roles?: string[];

  /** Customers of this group who have an account. */
  @ApiPropertyOptional({ type: String, format: 'uuid' })
  @MayBeAbsent()
  @IsUUID()
  customerGroupId?: string;

  /** These members. */
  @ApiPropertyOptional({ type: [String] })
  @MayBeAbsent()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(1_000)
  @IsUUID(undefined, { each: true })
  userIds?: string[];
}

export class CreateCampaignBody {
  /**
   * By which staff know it.
   * @example Autumn sale
   */
  @IsString()
  @Length(1, 120)
  name: string;

  @ApiProperty({ type: CampaignAudience, example: { roles: ['customer'] } })
  @IsObject()
  @ValidateNested()
  @Type(() => CampaignAudience)
  audience: CampaignAudience;

  /**
   * Name of a template of the product or of the organization; `notice` says anything.
   * @example notice
   */
  @IsString()
  @Length(1, 60)
  template: string;

  /** What the template needs. */
  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    default: {},
    example: { title: 'Autumn sale', body: 'Everything is a fifth off.', link: '/sale' },
  })
  @MayBeAbsent()
  @IsObject()
  data?: Record<string, unknown>;

  /**
   * What it is about: people choose channels by it.
   * @example campaigns
   */
  @MayBeAbsent()
  @Matches(/^[a-z][a-z0-9-]{0,39}$/, { message: 'category must be a word such as campaigns' })
  category?: string;

  /** Only these; default every channel that the template has a part for and the recipient wants. */
  @ApiPropertyOptional({ enum: CHANNELS, isArray: true, example: ['email', 'push'] })
  @MayBeAbsent()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayUnique()
  @IsIn(CHANNELS, { each: true })
  channels?: Channel[];

  /** Not before this date and time on each recipient's own clock. */
  @ApiPropertyOptional({ type: String, example: '2040-01-05T09:00' })
  @MayBeAbsent()
  @Matches(/^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d$/, {
    message: 'localTime must be a date and time without zone, such as 2026-03-29T09:00',
  })
  localTime?: string;
}

/** What of a draft is to be another. */
export class ChangeCampaignBody {
  /** @example Winter sale */
  @MayBeAbsent()
  @IsString()
  @Length(1, 120)
  name?: string;

  @ApiPropertyOptional({ type: CampaignAudience, example: { roles: ['customer'] } })
  @MayBeAbsent()
  @IsObject()
  @ValidateNested()
  @Type(() => CampaignAudience)
  audience?: CampaignAudience;

  /** @example notice */
  @MayBeAbsent()
  @IsString()
  @Length(1, 60)
  template?: string;

  /** What the template needs, all of it. */
  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    example: { title: 'Winter sale', body: 'Everything is a quarter off.', link: '/sale' },
  })
  @MayBeAbsent()
  @IsObject()
  data?: Record<string, unknown>;

  /** @example campaigns */
  @MayBeAbsent()
  @Matches(/^[a-z][a-z0-9-]{0,39}$/, { message: 'category must be a word such as campaigns' })
  category?: string;

  /** Null: every channel that the template has a part for. */
  @ApiPropertyOptional({ enum: CHANNELS, isArray: true, nullable: true, example: null })
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayUnique()
  @IsIn(CHANNELS, { each: true })
  channels?: Channel[] | null;

  /** Null: at once. */
  @ApiPropertyOptional({ type: String, nullable: true, example: '2040-01-05T09:00' })
  @IsOptional()
  @Matches(/^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d$/, {
    message: 'localTime must be a date and time without zone, such as 2026-03-29T09:00',
  })
  localTime?: string | null;
}

export class CampaignParams extends ListQuery {
  @ApiPropertyOptional({ enum: CAMPAIGN_STATES, isArray: true, description: 'Any of these states, comma separated.' })
  @AnyOf(CAMPAIGN_STATES)
  state?: CampaignState[];
}

export class CampaignView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c */
  id: string;
  /** @example Autumn sale */
  name: string;
  /** @example running */
  state: CampaignState;
  /** @example campaigns */
  category: string;
  /** @example notice */
  template: string;
  @ApiProperty({ enum: CHANNELS, isArray: true, nullable: true, description: 'Null: all that the template has.' })
  channels: Channel[] | null;
  @ApiProperty({ type: String, nullable: true })
  localTime: string | null;
  audience: CampaignAudience;
  /**
   * People who were notified so far.
   * @example 200
   */
  recipients: number;
  /**
   * Those whose moment was past.
   * @example 0
   */
  skipped: number;
  @ApiProperty({ type: String, nullable: true, description: 'Why it paused by itself.' })
  fault: string | null;
  /**
   * Counts its changes while it is a draft; also the ETag.
   * @example 1
   */
  version: number;
  /** @example 2026-01-05T09:00:00.000Z */
  createdAt: Date;
  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  startedAt: Date | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  finishedAt: Date | null;
}

export class CampaignMessagesView {
  /** @example push */
  channel: Channel;
  /**
   * `sent` is no more than that a provider took it.
   * @example sent
   */
  state: MessageState;
  @ApiProperty({ type: String, nullable: true, description: 'Why they were not sent on purpose.' })
  suppressedFor: string | null;
  /** @example 180 */
  count: number;
}

export class CampaignDetailsView extends CampaignView {
  /** How far its messages are. */
  messages: CampaignMessagesView[];
}
