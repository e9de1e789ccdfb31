import { hash } from 'node:crypto';
import { Inject, Injectable, Optional, type ExecutionContext } from '@nestjs/common';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host';
import { Cache } from '../cache/cache';
import { clock } from '../clock/clock';
import { JwtGuard, tokenRefused } from './jwt.strategy';
import { AccessFacts, type AccessClaims } from './ports';
import type { Principal } from './principal';
import { AuthVersions } from './versions';

/** A verified token and its holder. */
export interface Verified {
  claims: AccessClaims;
  principal: Principal;
}

const ended = new WeakMap<object, AccessClaims>();

/** The claims of a genuine token whose session was ended, where `error` refused it for that: somebody still uses it. */
export const endedSessionOf = (error: unknown): AccessClaims | undefined =>
  typeof error === 'object' && error !== null ? ended.get(error) : undefined;

function ofEndedSession<E extends object>(error: E, claims: AccessClaims): E {
  ended.set(error, claims);
  return error;
}

interface KnownToken {
  claims: AccessClaims;
  /** The caller with its permissions, compiled for a policy version; absent until first needed. */
  principal?: Principal;
}

/**
 * The one way from an access token to a principal, for requests and sockets alike: signature, expiry by kernel time,
 * session version, permissions of the current policy version.
 */
@Injectable()
export class TokenVerifier {
  // By the SHA-256 of the token: a signature costs about 160 µs, a look-up 5. An entry only says that the signature is
  // good; expiry and versions are checked on every use.
  private readonly tokens = new Cache<KnownToken>({ name: 'access-tokens', max: 20_000, ttlMs: 3_600_000 });

  constructor(
    private readonly jwt: JwtGuard,
    private readonly versions: AuthVersions,
    @Optional() @Inject(AccessFacts) private readonly facts?: AccessFacts,
  ) {}

  /**
   * Answers at once where token, versions and rights are all known to this process, which is the usual case.
   * @throws AppError unauthenticated for a token that is no longer, or never was, good.
   */
  verify(token: string): Verified | Promise<Verified> {
    const key = hash('sha256', token, 'base64url');
    const entry = this.tokens.get(key);
    if (!entry?.principal) return this.inquire(token, key, entry);
    const { claims, principal } = entry;
    const session = this.versions.known(claims.sid);
    const policy = claims.tid === undefined ? 0 : this.versions.known(claims.tid);
    if (session === undefined || policy === undefined || principal.policyVersion < policy)
      return this.inquire(token, key, entry);
    this.assertLive(key, claims, session);
    return entry as Verified;
  }

  private async inquire(token: string, key: string, known: KnownToken | undefined): Promise<Verified> {
    if (!this.facts) throw tokenRefused();
    let entry = known;
    if (!entry) {
      entry = { claims: await this.claimsOf(token) };
      this.tokens.set(key, entry);
    }
    const { claims } = entry;
    const current = await this.versions.current(claims.tid === undefined ? [claims.sid] : [claims.sid, claims.tid]);
    this.assertLive(key, claims, current.get(claims.sid) ?? 0);
    const policy = claims.tid === undefined ? 0 : (current.get(claims.tid) ?? 0);
    if (!entry.principal || entry.principal.policyVersion < policy) entry.principal = await this.principalOf(claims);
    return { claims, principal: entry.principal };
  }

  private assertLive(key: string, claims: AccessClaims, sessionVersion: number): void {
    if (claims.exp * 1000 <= clock.nowMs()) {
      this.tokens.delete(key);
      throw tokenRefused('auth.token-expired', 'The access token has expired.');
    }
    if (claims.sv < sessionVersion) {
      this.tokens.delete(key);
      throw ofEndedSession(tokenRefused('auth.session-ended', 'The session of this token has ended.'), claims);
    }
  }

  /** The holder of verified claims with its present permissions. @throws AppError unauthenticated when it has none left */
  async principalOf(claims: AccessClaims): Promise<Principal> {
    if (!this.facts) throw tokenRefused();
    return this.facts.principalOf(claims);
  }

  /** Passport verifies requests: the token is handed to it as one. */
  private async claimsOf(token: string): Promise<AccessClaims> {
    const request: { headers: Record<string, string>; user?: AccessClaims } = {
      headers: { authorization: `Bearer ${token}` },
    };
    await this.jwt.canActivate(new ExecutionContextHost([request, {}]) as ExecutionContext);
    return request.user!;
  }
}
