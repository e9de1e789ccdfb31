import { Injectable } from '@nestjs/common';
import { sign } from 'jsonwebtoken';
import { TOKEN_ALGORITHM, TOKEN_AUDIENCE, TOKEN_ISSUER, TOKEN_TYPE } from '../../../kernel/auth/access-token';
import type { AccessClaims } from '../../../kernel/auth/ports';
import { clock } from '../../../kernel/clock/clock';
import { Config } from '../../../kernel/config/config';
import { newId } from '../../../kernel/ids/ids';
import type { Session } from '../domain/session';
import { sessionLimits } from '../domain/session-limits.policy';
import { SigningKeys, TokenIssuer, type AccessTokenSigner } from '../domain/signing-keys';

/** Signs access tokens as JWTs (RFC 9068); expiry by kernel time, never beyond the ends of the session. */
@Injectable()
export class JwtIssuer extends TokenIssuer {
  constructor(
    private readonly keys: SigningKeys,
    private readonly config: Config,
  ) {
    super();
  }

  async signer(): Promise<AccessTokenSigner> {
    const { kid, privateKey } = await this.keys.current();
    return {
      sign: (session: Session) => {
        const iat = Math.floor(clock.nowMs() / 1000);
        const exp = Math.min(
          iat + sessionLimits(session.aal, { access: this.config.accessTokenSeconds }).access,
          Math.floor(session.idleExpiresAt.getTime() / 1000),
          Math.floor(session.absoluteExpiresAt.getTime() / 1000),
        );
        const claims: AccessClaims & { acr: string; amr: string[]; auth_time: number } = {
          iss: TOKEN_ISSUER,
          aud: TOKEN_AUDIENCE,
          sub: session.userId,
          ...(session.organizationId ? { tid: session.organizationId } : {}),
          sid: session.id,
          sv: session.version,
          jti: newId(),
          iat,
          exp,
          acr: `aal${session.aal}`,
          amr: session.amr,
          auth_time: Math.floor(session.authTime.getTime() / 1000),
        };
        const header = { alg: TOKEN_ALGORITHM, typ: TOKEN_TYPE, kid } as const;
        return { accessToken: sign(claims, privateKey, { algorithm: TOKEN_ALGORITHM, header }), expiresIn: exp - iat };
      },
    };
  }
}
