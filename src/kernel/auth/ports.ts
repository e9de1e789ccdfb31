import type { Ask } from '../database/batch-query';
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
   * @param ask where the statements go that find it: the open transaction of a write, else a connection of their own
   * @throws AppError unauthenticated when the session or membership is gone.
   */
  abstract principalOf(claims: AccessClaims, ask?: Ask): Promise<Principal>;
  /**
   * How well the principal's session is proven at this moment, read from the database: a principal is kept for as long
   * as its token, and routes that ask for a fresh proof must see the latest one.
   */
  assuranceOf(principal: Principal): Promise<Assurance> {
    return Promise.resolve(principal);
  }
  /**
   * The API key of this id, when `secretHash` is that of one of its live secrets; null for any other, and for one that
   * was revoked or has expired.
   */
  keyOf(_id: string, _secretHash: Buffer): Promise<KeyFacts | null> {
    return Promise.resolve(null);
  }
  /** An API key failed: of a client that tries many it is counted. @throws AppError too-many */
  keyRefused(_ip: string | undefined): Promise<void> {
    return Promise.resolve();
  }
  /** An API key was used; writes of it are spared. */
  keyUsed(_id: string, _tenantId: string, _ip: string | undefined): void {}
  /** The tenants that let pages of an origin call the API. Cached by the implementation. */
  organizationsOfOrigin(_origin: string): Promise<string[]> {
    return Promise.resolve([]);
  }
  /** A tenant by slug, or null. Cached by the implementation. */
  abstract tenantBySlug(slug: string): Promise<TenantFacts | null>;
  /** The tenant that a host name of its own leads to (white label), or null. Cached by the implementation. */
  tenantByHost(_host: string): Promise<TenantFacts | null> {
    return Promise.resolve(null);
  }
  /** Public keys that access tokens are verified with, by key id (PEM, ES256). */
  abstract verificationKey(kid: string): Promise<string | null>;
}

/** An API key as it stands for its owner. */
export interface KeyFacts {
  claims: AccessClaims;
  /** Ranges of addresses that it works from; empty for any. */
  allowedAddresses: string[];
}

/** Claims of an access token (`typ: at+jwt`, ES256), or what an API key has in their place. */
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
  /** An API key: `sid` is its id, `sv` its version, and this the version of its owner. Never in a token. */
  ownerVersion?: number;
}
