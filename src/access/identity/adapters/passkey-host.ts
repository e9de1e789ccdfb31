import { Injectable } from '@nestjs/common';
import { Config } from '../../../kernel/config/config';
import { maybeContext } from '../../../kernel/context/request-context';
import { androidOrigin, type RelyingParty } from '../domain/relying-party';

/**
 * For whom passkeys are made: this installation, with its public address, further origins beneath its host name and its
 * apps; or the domain of an organization's own by which the request came. A passkey of one is none of the other.
 */
@Injectable()
export class PasskeyHost {
  private readonly own: RelyingParty;

  constructor(private readonly config: Config) {
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
    const domain = maybeContext()?.domain;
    if (domain === undefined) return this.own;
    const { protocol, port } = new URL(this.config.publicUrl);
    return { id: domain, name: domain, origins: [`${protocol}//${domain}${port ? `:${port}` : ''}`] };
  }
}
