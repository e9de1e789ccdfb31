import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  IsIn,
  IsInt,
  IsObject,
  IsString,
  Length,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import { ListQuery } from '../../../kernel/http/pagination';
import type { TemplateSource } from '../domain/template-source';

const LOCALE = /^([a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2})?$/;
const LOCALE_SAYS = { message: 'locale must be a language such as pt or pt-PT' };
const MOST_VERSION = 1_000_000;
const IfGiven = (): PropertyDecorator => ValidateIf((_body, value: unknown) => value !== undefined && value !== null);

const SOURCE = {
  subject: 'Your order {{ number }} is paid',
  preview: 'Thank you!',
  text: 'Thank you for your order {{ number }}.\n',
  body: '<mj-text mj-class="title">Thank you!</mj-text>\n<mj-text>We received your payment for order <b>{{ number }}</b>.</mj-text>',
};
const SAMPLE = { type: 'object', additionalProperties: true } as const;

export class TemplateInUseParams {
  /** A language; default the text for every language without one of its own. */
  @ApiPropertyOptional({ type: String })
  @MayBeAbsent()
  @Matches(LOCALE, LOCALE_SAYS)
  locale?: string;
}

export class FindTemplateParams extends TemplateInUseParams {
  /** One of the organization’s own versions; default what is in use. */
  @ApiPropertyOptional({ type: 'integer', minimum: 1 })
  @MayBeAbsent()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(MOST_VERSION)
  version?: number;
}

export class TemplateVersionsParams extends ListQuery {
  @ApiPropertyOptional({ type: String })
  @MayBeAbsent()
  @Matches(LOCALE, LOCALE_SAYS)
  locale?: string;
}

/** What devices and the inbox show. */
export class TemplatePushBody {
  /** @example Order {{ number }} */
  @IsString()
  @MaxLength(1_000)
  title: string;

  /** @example Thank you! */
  @IsString()
  @MaxLength(1_000)
  body: string;

  /** A path under the public URL, or an https address. */
  @ApiPropertyOptional({ type: String, nullable: true, example: '/orders/{{ orderId }}' })
  @IfGiven()
  @IsString()
  @MaxLength(1_000)
  link?: string | null;
}

/** A template: Liquid; the body in MJML components. */
export class TemplateSourceBody {
  /** @example Your order {{ number }} is paid */
  @IsString()
  @Length(1, 1_000)
  subject: string;

  /**
   * What inboxes show after the subject.
   * @example Thank you!
   */
  @MayBeAbsent()
  @IsString()
  @MaxLength(1_000)
  preview?: string;

  /** For readers without HTML. */
  @IsString()
  @Length(1, 100_000)
  text: string;

  /**
   * `mj-text` (`mj-class` title, soft or code), `mj-button`, `mj-table` (cells of `class` num or right), `mj-image` (`src`
   * of `https://` or `file:` and the id of a file, `alt`), `mj-divider` and `mj-spacer`, within the frame of every mail. No
   * scripts, no loops but over lists of the data.
   */
  @IsString()
  @Length(1, 100_000)
  body: string;

  /** Default the product’s; null: none. */
  @ApiPropertyOptional({ type: String, nullable: true })
  @IfGiven()
  @IsString()
  @MaxLength(2_000)
  sms?: string | null;

  @ApiPropertyOptional({ type: TemplatePushBody, nullable: true })
  @IfGiven()
  @IsObject()
  @ValidateNested()
  @Type(() => TemplatePushBody)
  push?: TemplatePushBody | null;
}

export class SaveTemplateBody {
  /**
   * One of the product’s, or one’s own.
   * @example order-confirmation
   */
  @Matches(/^[a-z][a-z0-9-]{0,59}$/, { message: 'name must be a word such as order-confirmation' })
  name: string;

  @ApiPropertyOptional({ type: String, example: 'pt' })
  @MayBeAbsent()
  @Matches(LOCALE, LOCALE_SAYS)
  locale?: string;

  @ApiProperty({ type: TemplateSourceBody, example: SOURCE })
  @IsObject()
  @ValidateNested()
  @Type(() => TemplateSourceBody)
  source: TemplateSourceBody;

  /** For names of one’s own: what it is about. */
  @MayBeAbsent()
  @Matches(/^[a-z][a-z0-9-]{0,39}$/, { message: 'category must be a word such as orders' })
  category?: string;

  /** For names of one’s own: data to look at it with, all that it may read. */
  @ApiPropertyOptional(SAMPLE)
  @MayBeAbsent()
  @IsObject()
  sample?: Record<string, unknown>;

  /** @example Shorter */
  @MayBeAbsent()
  @IsString()
  @Length(1, 500)
  note?: string;
}

export class ActivateTemplateBody {
  @ApiPropertyOptional({ type: String })
  @MayBeAbsent()
  @Matches(LOCALE, LOCALE_SAYS)
  locale?: string;

  /** @example 1 */
  @IsInt()
  @Min(1)
  @Max(MOST_VERSION)
  version: number;
}

export class PreviewTemplateBody {
  @ApiPropertyOptional({ type: String })
  @MayBeAbsent()
  @Matches(LOCALE, LOCALE_SAYS)
  locale?: string;

  /** One of the organization’s own versions; default what is in use. */
  @ApiPropertyOptional({ type: 'integer', minimum: 1 })
  @MayBeAbsent()
  @IsInt()
  @Min(1)
  @Max(MOST_VERSION)
  version?: number;

  /** What is not saved yet, in the place of a version. */
  @ApiPropertyOptional({ type: TemplateSourceBody, example: SOURCE })
  @MayBeAbsent()
  @IsObject()
  @ValidateNested()
  @Type(() => TemplateSourceBody)
  source?: TemplateSourceBody;

  /** In the place of the sample’s. */
  @ApiPropertyOptional(SAMPLE)
  @MayBeAbsent()
  @IsObject()
  data?: Record<string, unknown>;
}

export class TestTemplateBody {
  @ApiPropertyOptional({ type: String })
  @MayBeAbsent()
  @Matches(LOCALE, LOCALE_SAYS)
  locale?: string;

  @ApiPropertyOptional({ enum: ['email', 'sms', 'push'], default: 'email', example: 'email' })
  @MayBeAbsent()
  @IsIn(['email', 'sms', 'push'])
  channel?: 'email' | 'sms' | 'push';
}

export class TestTemplateView {
  /** Null: you have no address for this channel. */
  @ApiProperty({ type: String, format: 'uuid', nullable: true, example: '019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c' })
  notificationId: string | null;
}

export class TemplatePushView {
  /** @example Order {{ number }} */
  title: string;
  /** @example Thank you! */
  body: string;
  @ApiProperty({ type: String, nullable: true })
  link: string | null;
}

export class TemplateSourceView {
  /** @example Your order {{ number }} is paid */
  subject: string;
  /** @example Thank you! */
  preview: string;
  /** @example Thank you for your order {{ number }}. */
  text: string;
  /** @example <mj-text>Thank you!</mj-text> */
  body: string;
  @ApiProperty({ type: String, nullable: true })
  sms: string | null;
  @ApiProperty({ type: TemplatePushView, nullable: true })
  push: TemplatePushView | null;
}

/** A template as it is in use, or one of its versions. */
export class TemplateView {
  /** @example order-confirmation */
  name: string;
  /** Empty: every language without one of its own. */
  @ApiProperty({ type: String, example: '' })
  locale: string;
  /** @example orders */
  category: string;
  /** Null: the product’s. */
  @ApiProperty({ type: 'integer', nullable: true, example: 1 })
  version: number | null;
  source: TemplateSourceView;
  /**
   * Names of the data that it may read.
   * @example ["lines", "number", "orderId", "total"]
   */
  variables: string[];
  @ApiProperty({ ...SAMPLE, example: { number: '1001' } })
  sample: Record<string, unknown>;
}

export class TemplateInUseView {
  @ApiProperty({ type: String, example: 'pt' })
  locale: string;
  /** @example 2 */
  version: number;
}

export class TemplateSummaryView {
  /** @example order-confirmation */
  name: string;
  /** @example orders */
  category: string;
  /** @example false */
  critical: boolean;
  /**
   * False: the organization’s own alone.
   * @example true
   */
  product: boolean;
  /** The organization’s own that are in use; empty: the product’s is. */
  @ApiProperty({ type: [TemplateInUseView] })
  own: TemplateInUseView[];
}

export class TemplatesView {
  @ApiProperty({ type: [TemplateSummaryView] })
  data: TemplateSummaryView[];
}

export class TemplateVersionView {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c */
  id: string;
  @ApiProperty({ type: String, example: '' })
  locale: string;
  /** @example 2 */
  version: number;
  /** @example true */
  active: boolean;
  @ApiProperty({ type: String, nullable: true, example: 'Shorter' })
  note: string | null;
  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  createdBy: string | null;
  /** @example 2026-03-01T12:00:00.000Z */
  createdAt: string;
}

export class RenderedPushView {
  /** @example Order 1001 */
  title: string;
  /** @example Thank you! */
  body: string;
  @ApiProperty({ type: String, nullable: true })
  link: string | null;
}

/** A template as its reader would see it. */
export class RenderedTemplateView {
  /** @example Your order 1001 is paid */
  subject: string;
  /** @example Thank you for your order 1001. */
  text: string;
  /** @example <!doctype html>... */
  html: string;
  @ApiProperty({ type: String, nullable: true })
  sms: string | null;
  push: RenderedPushView;
}

export const sourceOf = (body: TemplateSourceBody): TemplateSource => ({
  subject: body.subject,
  preview: body.preview ?? '',
  text: body.text,
  body: body.body,
  sms: body.sms ?? null,
  push: body.push ? { title: body.push.title, body: body.push.body, link: body.push.link ?? null } : null,
});
