import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsString, IsUrl, IsUUID, Length, Matches, MaxLength } from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';

/** A way to pay that the signed-in person lets be kept. */
export class SaveMethodBody {
  /** @example sandbox */
  @IsString()
  @Matches(/^[a-z][a-z0-9_-]{0,39}$/, { message: 'type must be a payment method such as card' })
  type: string;

  /**
   * Of the gateway's script, never a card number.
   * @example success
   */
  @IsString()
  @Length(1, 500)
  token: string;

  /** The account that the token is of; absent where the shop has one that keeps the method. */
  @MayBeAbsent()
  @IsUUID()
  gatewayId?: string;

  /**
   * What the person agreed to, word for word as it was shown: it is kept as the proof of consent.
   * @example I let this shop keep my card and charge it for orders that I place.
   */
  @IsString()
  @Length(10, 2_000)
  consent: string;

  /**
   * The person ticked it.
   * @example true
   */
  @IsIn([true], { message: 'consented must be true: nothing is kept without consent' })
  consented: boolean;

  /**
   * Where the browser ends after the bank's page.
   * @example "https://shop.example.com/account"
   */
  @MayBeAbsent()
  @IsUrl({ require_tld: false, protocols: ['http', 'https'], require_protocol: true })
  @MaxLength(2_000)
  returnUrl?: string;
}

export class SavedCardView {
  /** @example visa */
  brand: string | null;
  /** @example "4242" */
  last4: string | null;
  /** @example 12 */
  expMonth: number | null;
  /** @example 2030 */
  expYear: number | null;
}

export class SavedMethodNextView {
  /** @example redirect */
  type: 'redirect';
  /** @example https://bank.example.com/confirm */
  url: string;
}

export class SavedMethodErrorView {
  /** @example card_declined */
  code: string;
  /** @example The card was declined. */
  message: string;
}

export class SavedMethodDetailsView {
  /**
   * Pay with it by `paymentMethod: {type: "saved", token: <this id>}`.
   * @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c
   */
  id: string;
  /** @example card */
  type: string;
  /** @example stripe */
  provider: string;
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6d */
  gatewayId: string;
  /**
   * `requires_action`: the bank wants to hear the person, see `nextAction`.
   * @example active
   */
  status: 'pending' | 'requires_action' | 'active' | 'failed';
  /** Null for what is no card. */
  card: SavedCardView | null;
  /** What one knows it by where it is no card, such as the address of a PayPal account. */
  @ApiProperty({ type: String, nullable: true })
  label: string | null;
  /** @example true */
  isDefault: boolean;
  nextAction: SavedMethodNextView | null;
  error: SavedMethodErrorView | null;
  /** @example I let this shop keep my card and charge it for orders that I place. */
  consent: string;
  /** @example 2026-03-01T12:00:00.000Z */
  consentedAt: string;
  /** @example 2026-03-01T12:00:00.000Z */
  createdAt: string;
}

export class SavedMethodListView {
  data: SavedMethodDetailsView[];
}
