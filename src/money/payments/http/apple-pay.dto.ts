import {
  IsFQDN,
  IsObject,
  IsOptional,
  IsString,
  IsUrl,
  Length,
  Matches,
  MaxLength,
  ValidateNested,
} from 'class-validator';
import { Type } from 'class-transformer';

/** The identity that Apple knows the shop by. */
export class MerchantIdentityBody {
  /** @example merchant.org.example.shop */
  @IsString()
  @Matches(/^merchant\.[A-Za-z0-9.-]{1,200}$/, {
    message: 'merchantIdentifier must be merchant. and a reversed domain',
  })
  merchantIdentifier: string;

  /**
   * What the payment sheet calls the shop.
   * @example Example Shop
   */
  @IsString()
  @Length(1, 64)
  displayName: string;

  /** Merchant identity certificate (not the payment processing one), PEM. */
  @IsString()
  @MaxLength(20_000)
  certificate: string;

  /** Its private key, PEM without a passphrase. It is sealed and never shown again. */
  @IsString()
  @MaxLength(20_000)
  privateKey: string;
}

/** What is absent stays, null takes it away. */
export class SaveApplePayBody {
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => MerchantIdentityBody)
  merchant?: MerchantIdentityBody | null;

  /**
   * The file `apple-developer-merchantid-domain-association` that Apple, or Stripe, gave, as it is.
   * @example 7B227073704964223A224578616D706C65227D
   */
  @IsOptional()
  @IsString()
  @Length(1, 50_000)
  @Matches(/^[\x20-\x7e\r\n\t]+$/, { message: 'association must be the file as it was given: plain text' })
  association?: string | null;
}

export class MerchantCertificateView {
  /** @example CN=Apple Pay Merchant Identity:merchant.org.example.shop */
  subject: string;
  /** SHA-256. */
  fingerprint: string;
  /** @example 2027-03-01T12:00:00.000Z */
  notAfter: string;
}

export class MerchantIdentityView {
  /** @example merchant.org.example.shop */
  merchantIdentifier: string;
  /** @example Example Shop */
  displayName: string;
  certificate: MerchantCertificateView;
}

export class ApplePayDetailsView {
  /** @example 1 */
  version: number;
  merchant: MerchantIdentityView | null;
  /**
   * The file is served.
   * @example true
   */
  association: boolean;
  changedAt: string | null;
}

/** What `ApplePaySession.onvalidatemerchant` told the page. */
export class StartApplePaySessionBody {
  /** @example https://apple-pay-gateway.apple.com/paymentservices/startSession */
  @IsUrl({ require_tld: false, protocols: ['https'], require_protocol: true })
  @MaxLength(300)
  validationUrl: string;

  /**
   * Host name of the page, one of the shop's.
   * @example shop.example.org
   */
  @IsFQDN({ require_tld: false })
  @MaxLength(253)
  domain: string;
}
