import { Transform } from 'class-transformer';
import { IsEmail, IsOptional, IsString, IsUrl, Length, Matches, MaxLength } from 'class-validator';
import { canonicalColor } from '../domain/branding.policy';
import { VISIBLE } from './teams.dto';

const ToColor = (): PropertyDecorator => Transform(({ value }: { value: unknown }) => canonicalColor(value) ?? value);
const COLOR = /^#[0-9a-f]{6}$/;

export class ChangeBrandingBody {
  /**
   * Address of a picture that mails and front ends show; https alone.
   * @example https://cdn.north-wind.example/logo.png
   */
  @IsOptional()
  @IsUrl({ protocols: ['https'], require_protocol: true })
  @MaxLength(500)
  logoUrl?: string | null;

  /**
   * Buttons and headings.
   * @example #0a5c9e
   */
  @IsOptional()
  @ToColor()
  @Matches(COLOR, { message: 'primaryColor must be a colour such as #0a5c9e' })
  primaryColor?: string | null;

  /** @example #f2b134 */
  @IsOptional()
  @ToColor()
  @Matches(COLOR, { message: 'accentColor must be a colour such as #f2b134' })
  accentColor?: string | null;

  /**
   * Name that mails come from.
   * @example North Wind Tea
   */
  @IsOptional()
  @Matches(VISIBLE, { message: 'senderName must show at least one letter or digit, and no control characters' })
  @Length(1, 80)
  @IsString()
  senderName?: string | null;

  /**
   * Where answers to mails go.
   * @example hello@north-wind.example
   */
  @IsOptional()
  @IsEmail()
  @MaxLength(254)
  replyTo?: string | null;

  /** @example Tea that came by sea */
  @IsOptional()
  @Matches(VISIBLE, { message: 'tagline must show at least one letter or digit, and no control characters' })
  @Length(1, 160)
  @IsString()
  tagline?: string | null;
}

export class ColorAdviceView {
  /** @example #0a5c9e */
  color: string;
  /**
   * What to write on it.
   * @example #ffffff
   */
  textColor: string;
  /**
   * Contrast of that text (WCAG 2.2), 1 to 21.
   * @example 6.94
   */
  textContrast: number;
  /** @example 6.94 */
  onWhite: number;
  /** What to mind, or null. */
  hint: string | null;
}

export class BrandingView {
  /** @example North Wind */
  name: string;
  /** @example north-wind */
  slug: string;
  /** @example Tea that came by sea */
  tagline: string | null;
  /** @example https://cdn.north-wind.example/logo.png */
  logoUrl: string | null;
  /** @example #0a5c9e */
  primaryColor: string;
  /** @example #ffffff */
  textColor: string;
  /** @example #f2b134 */
  accentColor: string;
  /** @example North Wind Tea */
  senderName: string;
  /** @example hello@north-wind.example */
  replyTo: string | null;
  /**
   * Where people reach it, without a trailing slash.
   * @example https://shop.north-wind.example
   */
  publicUrl: string;
  /** How readable the colours are. */
  colors: ColorAdviceView[];
}

export class ClaimDomainBody {
  /** @example shop.north-wind.example */
  @MaxLength(253)
  @IsString()
  host: string;
}

export class DomainProofView {
  /** @example TXT */
  type: 'TXT';
  /** @example _mainstay.shop.north-wind.example */
  name: string;
  /** @example mainstay-domain=u0Yk2x4dY8aQWq1bZr6nT3vC */
  value: string;
}

export class DomainView {
  id: string;
  /** @example shop.north-wind.example */
  host: string;
  /** @example pending */
  status: 'pending' | 'verified' | 'failed';
  /** Links in mails use it. */
  isPrimary: boolean;
  /** The record that proves the domain. */
  proof: DomainProofView;
  checkedAt: Date | null;
  verifiedAt: Date | null;
  /** What the last look-up said. */
  fault: string | null;
  createdAt: Date;
}

export class DomainListView {
  data: DomainView[];
}
