import { hash } from 'node:crypto';
import { Inject, Injectable, Optional, type ExecutionContext } from '@nestjs/common';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host';
import { Cache } from '../cache/cache';
import { clock } from '../clock/clock';
import { sha256 } from '../crypto/hashing';
import type { Ask } from '../database/batch-query';
import { AppError } from '../errors/app-error';
import { inRanges } from './address-list';
import { looksLikeApiKey, readApiKey } from './api-key-token';
import { JwtGuard, tokenRefused } from './jwt.strategy';
import { AccessFacts, type AccessClaims } from './ports';
import type { Principal } from './principal';
import { AuthVersions, REVOKED_KEYS } from './versions';

/** A verified token and its holder. */
export interface Verified {
  claims: AccessClaims;
  principal: Principal;
  /** Version of the revoked signing keys by which the token was verified; absent for API keys. */
  keys?: number;
  /** A device in place of a token's holder, with its own key (sockets alone). */
  device?: { tenantId: string; deviceId: string; keyDigest: Buffer };
}

const ended = new WeakMap<object, AccessClaims>();

/** The claims of a genuine token whose session was ended, where `error` refused it for that: somebody still uses it. */
export const endedSessionOf = (error: unknown): AccessClaims | undefined =>
  typeof error === 'object' && error !== null ? ended.get(error) : undefined;

function ofEndedSession<E extends object>(error: E, claims: AccessClaims): E {
  ended.set(error, claims);
  return error;
}

const keyRefused = (): AppError =>
  new AppError('auth.api-key-invalid', 'unauthenticated', 'The API key is not valid.', {
    hint: 'It may be mistyped, revoked or expired, or its owner may have left.',
  });

const addressRefused = (): AppError =>
  new AppError('auth.api-key-address', 'forbidden', 'The API key does not work from this address.');

interface KnownToken {
  claims: AccessClaims;
  keys?: number;
  /** Ranges of addresses that an API key works from. */
  allowedAddresses?: string[];
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
   * The holder of an access token or API key. Answers at once where token, versions and rights are all known to this process, which is the usual case.
   * @param ip address of the client, which API keys may be tied to
   * @throws AppError unauthenticated for a token that is no longer, or never was, good; forbidden for an API key from
   *   elsewhere
   */
  verify(token: string, ip?: string): Verified | Promise<Verified> {
    const key = hash('sha256', token, 'base64url');
    if (looksLikeApiKey(token)) return this.verifyKey(token, key, ip);
    const entry = this.tokens.get(key);
    if (!entry?.principal) return this.inquire(token, key, entry);
    const { claims, principal } = entry;
    const session = this.versions.known(claims.sid);
    const policy = claims.tid === undefined ? 0 : this.versions.known(claims.tid);
    if (session === undefined || policy === undefined || principal.policyVersion < policy)
      return this.inquire(token, key, entry);
    if (this.versions.known(REVOKED_KEYS) !== entry.keys) return this.inquire(token, key, entry);
    this.assertLive(key, claims, session);
    return entry as Verified;
  }

  private async inquire(token: string, key: string, known: KnownToken | undefined): Promise<Verified> {
    if (!this.facts) throw tokenRefused();
    const { entry, current } = await this.entryOf(token, key, known);
    const { claims } = entry;
    this.assertLive(key, claims, current.get(claims.sid) ?? 0);
    const policy = claims.tid === undefined ? 0 : (current.get(claims.tid) ?? 0);
    if (!entry.principal || entry.principal.policyVersion < policy) entry.principal = await this.principalOf(claims);
    return entry as Verified;
  }

  /** The token, verified since the last revocation of a signing key, and the versions that decide on it. */
  private async entryOf(
    token: string,
    key: string,
    known: KnownToken | undefined,
  ): Promise<{ entry: KnownToken; current: Map<string, number> }> {
    const ids = ({ sid, tid }: AccessClaims): string[] => (tid === undefined ? [sid] : [sid, tid]);
    if (known) {
      const current = await this.versions.current([REVOKED_KEYS, ...ids(known.claims)]);
      if (current.get(REVOKED_KEYS) === known.keys) return { entry: known, current };
      this.tokens.delete(key);
    }
    // Before the signature is checked: a key that is revoked meanwhile makes the entry an old one.
    const keys = this.versions.known(REVOKED_KEYS) ?? (await this.versions.current([REVOKED_KEYS])).get(REVOKED_KEYS)!;
    const claims = await this.claimsOf(token);
    const entry: KnownToken = { claims, keys };
    this.tokens.set(key, entry);
    return { entry, current: await this.versions.current(ids(claims)) };
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

  /** A key that is known costs nothing but its versions: its own, its tenant's and its owner's. */
  private async verifyKey(token: string, cacheKey: string, ip: string | undefined): Promise<Verified> {
    const read = readApiKey(token);
    // A mistyped key is told by its checksum, without asking anybody.
    if (!read) throw keyRefused();
    for (let attempt = 1; attempt <= 2; attempt++) {
      const entry = this.tokens.get(cacheKey) ?? (await this.loadKey(read.id, token, cacheKey, ip));
      const { claims } = entry;
      const current = await this.versions.current([claims.sid, claims.tid!, claims.sub]);
      const isCurrent =
        claims.exp * 1000 > clock.nowMs() &&
        claims.sv >= (current.get(claims.sid) ?? 0) &&
        claims.ownerVersion! >= (current.get(claims.sub) ?? 0);
      // Changed since it was looked up: it is looked up once more, and may be gone.
      if (!isCurrent) {
        this.tokens.delete(cacheKey);
        continue;
      }
      const policy = current.get(claims.tid!) ?? 0;
      if (!entry.principal || entry.principal.policyVersion < policy) entry.principal = await this.principalOf(claims);
      if (entry.allowedAddresses!.length > 0 && !inRanges(ip ?? '', entry.allowedAddresses!)) throw addressRefused();
      this.facts!.keyUsed(claims.sid, claims.tid!, ip);
      return { claims, principal: entry.principal };
    }
    throw keyRefused();
  }

  private async loadKey(id: string, token: string, cacheKey: string, ip: string | undefined): Promise<KnownToken> {
    const found = await this.facts!.keyOf(id, sha256(token));
    if (!found) {
      await this.facts!.keyRefused(ip);
      throw keyRefused();
    }
    const entry: KnownToken = { claims: found.claims, allowedAddresses: found.allowedAddresses };
    this.tokens.set(cacheKey, entry);
    return entry;
  }

  /** See `AccessFacts.principalOf`. @throws AppError unauthenticated when it has no rights left */
  async principalOf(claims: AccessClaims, ask?: Ask): Promise<Principal> {
    if (!this.facts) throw tokenRefused();
    return this.facts.principalOf(claims, ask);
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
