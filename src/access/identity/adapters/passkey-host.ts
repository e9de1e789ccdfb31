import { Injectable } from '@nestjs/common';
import { Config } from '../../../kernel/config/config';
import { androidOrigin, type RelyingParty } from '../domain/relying-party';

/** For whom this installation makes passkeys: its public address, further origins beneath its host name, its apps. */
@Injectable()
export class PasskeyHost {
  private readonly own: RelyingParty;

  constructor(config: Config) {
    this.own = {
      id: config.passkeyRpId,
      name: 'Mainstay',
      origins: [
        new URL(config.publicUrl).origin,
        ...config.passkeyOrigins,
        ...config.androidApps.map(({ fingerprint }) => androidOrigin(fingerprint)),
      ],
    };
  }

  /** The relying party of the request. */
  current(): RelyingParty {
    return this.own;
  }
}
