import { Injectable } from '@nestjs/common';
import { Config } from '../../../kernel/config/config';
import { returnUrlForeign, returnUrlInvalid } from '../domain/payments.errors';

/** Where browsers may be sent on to. */
@Injectable()
export class ReturnUrls {
  constructor(private readonly config: Config) {}

  /**
   * In production a browser is only sent to pages that may call the API as well; elsewhere to any.
   * @throws AppError invalid `payments.return-url-invalid`
   */
  check(returnUrl: string | undefined): void {
    if (returnUrl === undefined) return;
    if (!(/^https?:\/\//i.test(returnUrl) && URL.canParse(returnUrl))) throw returnUrlInvalid();
    const { origin } = new URL(returnUrl);
    const { isProduction, publicUrl, corsOrigins } = this.config;
    if (isProduction && origin !== new URL(publicUrl).origin && !corsOrigins.includes(origin)) throw returnUrlForeign();
  }
}
