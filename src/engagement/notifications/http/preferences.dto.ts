import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsIn, IsObject, IsString, Matches, MaxLength, ValidateIf, ValidateNested } from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import type { Channel } from '../contracts/channels';
import type { CategoryPolicy, Policy, Preferences, Rhythm, Switches } from '../domain/preferences';
import type { QuietHours } from '../domain/quiet-hours';
import type { PreferencesFacts } from '../queries/preferences';

const TIME = /^([01]\d|2[0-3]):[0-5]\d$/;
const RHYTHMS = ['off', 'hourly', 'daily', 'weekly'] as const;
const SWITCHES = { type: 'object', additionalProperties: { type: 'boolean' } } as const;
const BY_CATEGORY = { type: 'object', additionalProperties: SWITCHES } as const;

/** Hours in which nothing but what is critical leaves; it waits for their end. */
export class QuietHoursBody {
  /** @example 22:00 */
  @Matches(TIME, { message: 'from must be a time such as 22:00' })
  from: string;

  /**
   * On the next day where it is not after `from`.
   * @example 07:00
   */
  @Matches(TIME, { message: 'to must be a time such as 07:00' })
  to: string;
}

export class OwnQuietHoursBody {
  /** `organization`: as it says; `none`; `own`: from `from` to `to`. */
  @ApiProperty({ enum: ['organization', 'none', 'own'], example: 'own' })
  @IsIn(['organization', 'none', 'own'])
  mode: 'organization' | 'none' | 'own';

  @ApiPropertyOptional({ type: String, example: '22:00' })
  @ValidateIf(({ mode }: OwnQuietHoursBody) => mode === 'own')
  @Matches(TIME, { message: 'from must be a time such as 22:00' })
  from?: string;

  @ApiPropertyOptional({ type: String, example: '07:00' })
  @ValidateIf(({ mode }: OwnQuietHoursBody) => mode === 'own')
  @Matches(TIME, { message: 'to must be a time such as 07:00' })
  to?: string;
}

/** What somebody wants, as a whole: what is left out is as the organization says. */
export class SavePreferencesBody {
  /** By channel (`email`, `sms`, `push`, `in_app`), for every category that says nothing else. */
  @ApiPropertyOptional({ ...SWITCHES, example: { sms: false } })
  @MayBeAbsent()
  @IsObject()
  channels?: Switches;

  /** By category and channel. */
  @ApiPropertyOptional({
    ...BY_CATEGORY,
    example: { stock: { email: true }, campaigns: { email: false, push: false } },
  })
  @MayBeAbsent()
  @IsObject()
  categories?: Record<string, Switches>;

  /** How often mail of a category is put together into one: `off`, `hourly`, `daily`, `weekly`. */
  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { type: 'string', enum: [...RHYTHMS] },
    example: { stock: 'daily' },
  })
  @MayBeAbsent()
  @IsObject()
  digests?: Record<string, Rhythm>;

  @ApiPropertyOptional({ type: OwnQuietHoursBody })
  @MayBeAbsent()
  @IsObject()
  @ValidateNested()
  @Type(() => OwnQuietHoursBody)
  quietHours?: OwnQuietHoursBody;

  /** IANA; null: the profile’s, else the organization’s. */
  @ApiPropertyOptional({ type: String, nullable: true, example: 'Europe/Lisbon' })
  @ValidateIf((_body, value: unknown) => value !== undefined && value !== null)
  @IsString()
  @MaxLength(64)
  timeZone?: string | null;
}

/** How one category reaches somebody, everything taken together. */
export class CategoryInEffectView {
  /** @example orders */
  category: string;
  /** @example Orders, parcels, offers and returns. */
  says: string;
  /**
   * Cannot be switched off, and waits for nothing.
   * @example false
   */
  critical: boolean;
  @ApiProperty({ ...SWITCHES, example: { email: true, sms: false, push: true, in_app: true } })
  channels: Record<Channel, boolean>;
  @ApiProperty({ enum: RHYTHMS, example: 'off' })
  digest: Rhythm;
}

export class EffectivePreferencesView {
  /** @example Europe/Lisbon */
  timeZone: string;
  @ApiProperty({ type: QuietHoursBody, nullable: true })
  quietHours: QuietHours | null;
  @ApiProperty({ type: [CategoryInEffectView] })
  categories: CategoryInEffectView[];
}

/** What somebody said, and what comes of it. */
export class PreferencesView {
  @ApiProperty({ ...SWITCHES, example: { sms: false } })
  channels: Switches;
  @ApiProperty({ ...BY_CATEGORY, example: { stock: { email: true } } })
  categories: Record<string, Switches>;
  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'string', enum: [...RHYTHMS] },
    example: { stock: 'daily' },
  })
  digests: Record<string, Rhythm>;
  @ApiProperty({ type: OwnQuietHoursBody })
  quietHours: OwnQuietHoursBody;
  @ApiProperty({ type: String, nullable: true, example: 'Europe/Lisbon' })
  timeZone: string | null;
  @ApiProperty({ type: EffectivePreferencesView })
  effective: EffectivePreferencesView;
}

export const preferencesOf = (body: SavePreferencesBody): Preferences => {
  const { channels = {}, categories = {}, digests = {}, quietHours, timeZone = null } = body;
  const said: Preferences = { channels, categories, digests, timeZone };
  if (quietHours?.mode === 'none') said.quietHours = null;
  if (quietHours?.mode === 'own') said.quietHours = { from: quietHours.from!, to: quietHours.to! };
  return said;
};

export const preferencesView = ({ said, effective }: PreferencesFacts): PreferencesView => ({
  channels: said.channels,
  categories: said.categories,
  digests: said.digests,
  quietHours:
    said.quietHours === undefined
      ? { mode: 'organization' }
      : said.quietHours === null
        ? { mode: 'none' }
        : { mode: 'own', ...said.quietHours },
  timeZone: said.timeZone ?? null,
  effective,
});

const CATEGORY_POLICY = {
  type: 'object' as const,
  additionalProperties: {
    type: 'object' as const,
    properties: {
      channels: SWITCHES,
      caps: {
        type: 'object' as const,
        additionalProperties: {
          type: 'object' as const,
          required: ['most', 'perHours'] as string[],
          properties: {
            most: { type: 'integer' as const, minimum: 1 },
            perHours: { type: 'integer' as const, minimum: 1, maximum: 744 },
          },
        },
      },
      digest: { type: 'string' as const, enum: [...RHYTHMS] },
    },
  },
};

/** What an organization sets up for everybody, as a whole. People say more. */
export class NotificationPolicyBody {
  /** By channel. */
  @ApiPropertyOptional({ ...SWITCHES, example: { sms: false } })
  @MayBeAbsent()
  @IsObject()
  channels?: Switches;

  /** By category: channels, caps (`most` messages to a person within `perHours`), and digest. */
  @ApiPropertyOptional({
    ...CATEGORY_POLICY,
    example: { campaigns: { channels: { push: false }, caps: { email: { most: 2, perHours: 168 } } } },
  })
  @MayBeAbsent()
  @IsObject()
  categories?: Record<string, CategoryPolicy>;

  /** For everybody who said nothing about it; null: none. */
  @ApiPropertyOptional({ type: QuietHoursBody, nullable: true })
  @ValidateIf((_body, value: unknown) => value !== undefined && value !== null)
  @IsObject()
  @ValidateNested()
  @Type(() => QuietHoursBody)
  quietHours?: QuietHours | null;

  /**
   * When daily and weekly digests leave, on the recipient’s clock; weekly ones on Mondays.
   * @example 08:00
   */
  @MayBeAbsent()
  @Matches(TIME, { message: 'digestAt must be a time such as 08:00' })
  digestAt?: string;
}

export class NotificationPolicyView {
  @ApiProperty({ ...SWITCHES, example: { sms: false } })
  channels: Switches;
  @ApiProperty({
    ...CATEGORY_POLICY,
    example: { campaigns: { channels: { push: false }, caps: { email: { most: 2, perHours: 168 } } } },
  })
  categories: Record<string, CategoryPolicy>;
  @ApiProperty({ type: QuietHoursBody, nullable: true })
  quietHours: QuietHours | null;
  /** @example 08:00 */
  digestAt: string;
}

export const policyOf = (body: NotificationPolicyBody): Policy => ({
  channels: body.channels ?? {},
  categories: body.categories ?? {},
  quietHours: body.quietHours ?? null,
  digestAt: body.digestAt ?? '08:00',
});
