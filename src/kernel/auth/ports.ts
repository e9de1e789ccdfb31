import type { Assurance, Principal } from './principal';

/** A tenant as the edge needs it: to turn `X-Tenant: <slug>` into an id. */
export interface TenantFacts {
  id: string;
  slug: string;
  name: string;
}

/**
 * The facts that the kernel's guards ask for. The kernel only declares the port; access/identity binds it
 * (`{ provide: AccessFacts, useClass: ... }` in a global module).
 */
export abstract class AccessFacts {
  /**
   * Turns the claims of an already verified access token into a principal with its permissions.
   * @throws AppError unauthenticated when the session or membership is gone.
   */
  abstract principalOf(claims: AccessClaims): Promise<Principal>;
  /**
   * How well the principal's session is proven at this moment, read from the database: a principal is kept for as long
   * as its token, and routes that ask for a fresh proof must see the latest one.
   */
  assuranceOf(principal: Principal): Promise<Assurance> {
    return Promise.resolve(principal);
  }
  /** A tenant by slug, or null. Cached by the implementation. */
  abstract tenantBySlug(slug: string): Promise<TenantFacts | null>;
  /** Public keys that access tokens are verified with, by key id (PEM, ES256). */
  abstract verificationKey(kid: string): Promise<string | null>;
}

/** Claims of an access token (`typ: at+jwt`, ES256). */
export interface AccessClaims {
  iss: string;
  aud: string;
  /** user id */
  sub: string;
  /** tenant id, absent for a token without a tenant */
  tid?: string;
  /** session id */
  sid: string;
  /** session version */
  sv: number;
  jti: string;
  /** expiry, seconds since the epoch */
  exp: number;
  iat: number;
}
