import { Get, Header } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Public } from '../../../kernel/auth/decorators';
import { Config } from '../../../kernel/config/config';
import { RateLimit, RootController } from '../../../kernel/http/decorators';

const CREDENTIALS = 'delegate_permission/common.get_login_creds';

/** Says which mobile apps may use the passkeys of this host (MAINSTAY_ANDROID_APPS, MAINSTAY_IOS_APPS). */
@ApiTags('auth')
@RootController('.well-known')
export class AppLinksController {
  constructor(private readonly config: Config) {}

  /** Digital Asset Links of Android apps. */
  @Get('assetlinks.json')
  @Public()
  @RateLimit('default')
  @Header('Cache-Control', 'public, max-age=3600')
  @ApiOperation({ operationId: 'getAssetLinks', summary: 'Android apps that may use passkeys of this host' })
  @ApiOkResponse({ schema: { type: 'array', items: { type: 'object', additionalProperties: true }, example: [] } })
  android(): object[] {
    return this.config.androidApps.map(({ packageName, fingerprint }) => ({
      relation: [CREDENTIALS],
      target: { namespace: 'android_app', package_name: packageName, sha256_cert_fingerprints: [fingerprint] },
    }));
  }

  /** Associated domains of iOS apps. */
  @Get('apple-app-site-association')
  @Public()
  @RateLimit('default')
  @Header('Content-Type', 'application/json; charset=utf-8')
  @Header('Cache-Control', 'public, max-age=3600')
  @ApiOperation({ operationId: 'getAppSiteAssociation', summary: 'iOS apps that may use passkeys of this host' })
  @ApiOkResponse({ schema: { type: 'object', additionalProperties: true, example: { webcredentials: { apps: [] } } } })
  apple(): object {
    return { webcredentials: { apps: this.config.iosApps } };
  }
}
