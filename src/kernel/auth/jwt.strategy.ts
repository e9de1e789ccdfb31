import { Inject, Injectable, Optional } from '@nestjs/common';
import { AuthGuard, PassportStrategy } from '@nestjs/passport';
import { ExtractJwt, Strategy, type SecretOrKeyProvider } from 'passport-jwt';
import { clock } from '../clock/clock';
import { AppError } from '../errors/app-error';
import { isUuid } from '../ids/ids';
import { TOKEN_ALGORITHM, TOKEN_AUDIENCE, TOKEN_ISSUER, TOKEN_TYPE } from './access-token';
import { AccessFacts, type AccessClaims } from './ports';

/** 401 with a reason that helps the owner of the token and nobody else. */
export const tokenRefused = (code = 'auth.token-invalid', detail = 'The access token is not valid.'): AppError =>
  new AppError(code, 'unauthenticated', detail, { hint: 'Sign in again, or refresh the access token.' });

/** The protected header of a compact JWS, or null. */
function headerOf(token: string): { alg?: unknown; typ?: unknown; kid?: unknown; crit?: unknown } | null {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(token.slice(0, token.indexOf('.')), 'base64url').toString());
    return typeof parsed === 'object' ? parsed : null;
  } catch {
    return null;
  }
}

/**
 * Verifies access tokens: ES256 only, keys by `kid` through `AccessFacts` (never from the token: `jku`, `x5u` and `jwk`
 * are ignored), `typ: at+jwt`, issuer and audience. Expiry is checked by the guard, by kernel time and on every request.
 */
@Injectable()
export class JwtStrategy extends PassportStrategy(Strategy, 'jwt') {
  constructor(@Optional() @Inject(AccessFacts) facts?: AccessFacts) {
    const keyOf: SecretOrKeyProvider = (_request, token, done) => {
      const header = headerOf(String(token));
      const typ = typeof header?.typ === 'string' ? header.typ.toLowerCase().replace(/^application\//, '') : '';
      const known = header?.alg === TOKEN_ALGORITHM && typ === TOKEN_TYPE && header.crit === undefined;
      if (!facts || !known || typeof header.kid !== 'string' || header.kid.length > 128) return done(tokenRefused());
      facts.verificationKey(header.kid).then(
        (key) => (key ? done(null, key) : done(tokenRefused())),
        (error: unknown) => done(error),
      );
    };
    super({
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      secretOrKeyProvider: keyOf,
      algorithms: [TOKEN_ALGORITHM],
      issuer: TOKEN_ISSUER,
      audience: TOKEN_AUDIENCE,
      ignoreExpiration: true,
      jsonWebTokenOptions: { ignoreNotBefore: true },
    });
  }

  /** The claims, when they have the shape that our tokens have. */
  validate(claims: Partial<AccessClaims> & { nbf?: number }): AccessClaims {
    const { sub, tid, sid, sv, exp, nbf } = claims;
    if (!isUuid(sub) || !isUuid(sid) || (tid !== undefined && !isUuid(tid))) throw tokenRefused();
    if (!Number.isInteger(sv) || !Number.isFinite(exp)) throw tokenRefused();
    // By kernel time, like the expiry. Once its time has come a token stays begun, so this need not be asked again.
    if (nbf !== undefined && !(Number.isFinite(nbf) && nbf * 1000 <= clock.nowMs())) throw tokenRefused();
    return claims as AccessClaims;
  }
}

/** Passport's verification of the bearer token; what it throws is always a 401 or the error of a dependency. */
@Injectable()
export class JwtGuard extends AuthGuard('jwt') {
  override handleRequest<User>(error: unknown, claims: User | false, info: unknown): User {
    if (error) throw error;
    if (claims) return claims;
    // A failed look-up of the key arrives as `info`: an outage is no invalid token.
    const cause = info as { name?: string } | undefined;
    if (info instanceof AppError) throw info;
    if (
      cause?.name &&
      /^(?:JsonWebTokenError|TokenExpiredError|NotBeforeError|Error|SyntaxError|TypeError)$/.test(cause.name)
    ) {
      if ((info as { code?: unknown }).code === undefined) throw tokenRefused();
    }
    throw info ?? tokenRefused();
  }
}
