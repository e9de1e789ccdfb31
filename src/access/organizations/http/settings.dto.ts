import { applyDecorators } from '@nestjs/common';
import { Transform, Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsEmail,
  IsObject,
  IsOptional,
  IsString,
  IsUrl,
  Matches,
  MaxLength,
  ValidateBy,
  ValidateNested,
} from 'class-validator';
import { isCurrency } from '../../../kernel/money/currencies';
import { canonicalLocale, canonicalOrigin, isTimeZone } from '../domain/settings.policy';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';

/** Validates by a function and says what was expected. */
const Fits = (name: string, fits: (value: unknown) => boolean, expected: string): PropertyDecorator =>
  ValidateBy({ name, validator: { validate: fits, defaultMessage: (at) => `${at?.property} must be ${expected}` } });

/** Brings a value into its canonical form; what has none stays for the validation to refuse. */
const Canonical = (form: (value: unknown) => unknown): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) =>
    Array.isArray(value) ? value.map((one) => form(one) ?? one) : (form(value) ?? value),
  );

const IsSwitch = (): PropertyDecorator => applyDecorators(MayBeAbsent(), IsBoolean());

export class ContactBody {
  /** @example hello@north-wind.example */
  @MayBeAbsent()
  @IsEmail()
  @MaxLength(254)
  email?: string;

  /** @example +351 21 123 4567 */
  @MayBeAbsent()
  @Matches(/^\+?[0-9][0-9 ()/.-]{4,30}$/, { message: 'phone must be a telephone number' })
  @IsString()
  phone?: string;

  /** @example https://north-wind.example */
  @MayBeAbsent()
  @IsUrl({ protocols: ['https', 'http'], require_protocol: true })
  @MaxLength(500)
  website?: string;

  /** @example Quay 7, 4000-001 Porto, Portugal */
  @MayBeAbsent()
  @MaxLength(500)
  @IsString()
  address?: string;
}

/** Verticals; all are on where nothing is said. */
export class FeaturesBody {
  /** @example true */
  @IsSwitch()
  commerce?: boolean;
  /** @example false */
  @IsSwitch()
  fleet?: boolean;
  /** @example false */
  @IsSwitch()
  dealership?: boolean;
  /** @example false */
  @IsSwitch()
  fitness?: boolean;
  /** @example false */
  @IsSwitch()
  ai?: boolean;
  /** @example true */
  @IsSwitch()
  chat?: boolean;
}

export class SettingsBody {
  /**
   * Language tag (BCP 47).
   * @example de-AT
   */
  @IsOptional()
  @Canonical(canonicalLocale)
  @Fits('locale', (value) => canonicalLocale(value) !== null, 'a language tag such as de-AT')
  locale?: string | null;

  /**
   * ISO 4217.
   * @example EUR
   */
  @IsOptional()
  @Fits('currency', isCurrency, 'a currency code such as EUR')
  currency?: string | null;

  /**
   * Name of the IANA database.
   * @example Europe/Vienna
   */
  @IsOptional()
  @Fits('timeZone', isTimeZone, 'a time zone such as Europe/Vienna')
  timeZone?: string | null;

  /** Replaced as a whole. */
  @IsOptional()
  @ValidateNested()
  @IsObject()
  @Type(() => ContactBody)
  contact?: ContactBody | null;

  /**
   * Origins of pages that may call the API for this organization.
   * @example ["https://shop.north-wind.example"]
   */
  @IsOptional()
  @Canonical(canonicalOrigin)
  @Fits(
    'origins',
    (value) => Array.isArray(value) && value.every((one) => canonicalOrigin(one) === one),
    'a list of origins such as https://shop.example.org',
  )
  @ArrayMaxSize(50)
  @IsArray()
  corsOrigins?: string[] | null;

  /** Replaced as a whole. */
  @IsOptional()
  @ValidateNested()
  @IsObject()
  @Type(() => FeaturesBody)
  features?: FeaturesBody | null;
}

export class ContactView {
  /** @example hello@north-wind.example */
  email?: string;
  /** @example +351 21 123 4567 */
  phone?: string;
  /** @example https://north-wind.example */
  website?: string;
  /** @example Quay 7, 4000-001 Porto, Portugal */
  address?: string;
}

export class FeaturesView {
  /** @example true */
  commerce?: boolean;
  /** @example false */
  fleet?: boolean;
  /** @example false */
  dealership?: boolean;
  /** @example false */
  fitness?: boolean;
  /** @example false */
  ai?: boolean;
  /** @example true */
  chat?: boolean;
}

/** What was set; what is absent has its default. */
export class SettingsView {
  /** @example de-AT */
  locale?: string;
  /** @example EUR */
  currency?: string;
  /** @example Europe/Vienna */
  timeZone?: string;
  contact?: ContactView;
  /** @example ["https://shop.north-wind.example"] */
  corsOrigins?: string[];
  features?: FeaturesView;
}
