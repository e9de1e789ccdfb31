import { Injectable } from '@nestjs/common';
import type { AccessClaims, KeyFacts } from '../../../kernel/auth/ports';
import { GUEST } from '../../../kernel/auth/guest';
import { intersect, type Policy } from '../../../kernel/auth/policy';
import type { Principal } from '../../../kernel/auth/principal';
import { Cache } from '../../../kernel/cache/cache';
import { clock } from '../../../kernel/clock/clock';
import { safeEqual } from '../../../kernel/crypto/hashing';
import type { Ask } from '../../../kernel/database/batch-query';
import { Database, tenantStatement } from '../../../kernel/database/database';
import { named } from '../../../kernel/database/statements';
import { logger } from '../../../kernel/telemetry/logger';
import { policyOfRights, RightsRepository, type Rights } from '../data/rights.repository';
import { ThrottleRepository } from '../data/throttle.repository';
import { compile, reasonsOf, type GrantFacts } from '../domain/authorization';
import { membershipEnded, sessionEnded, tooManyTries } from '../domain/identity.errors';
import { ADDRESS_LANE, addressBucket } from '../domain/login-throttle.policy';

/** The use of a key is written down at most once in this time (milliseconds). */
const NOTED_EVERY_MS = 60_000;

const KEY = `select k.id, k.tenant_id as "tenantId", k.owner_id as "ownerId", k.name, k.scopes,
    k.allowed_addresses as "allowedAddresses", k.secret_hash as "secretHash", k.old_hash as "oldHash",
    k.old_expires_at as "oldExpiresAt", k.rate_per_minute as "ratePerMinute", k.quota_per_day as "quotaPerDay",
    k.expires_at as "expiresAt", u.email,
    coalesce((select v.version from kernel.auth_versions v where v.id = k.id), 0) as version,
    coalesce((select v.version from kernel.auth_versions v where v.id = k.owner_id), 0) as "ownerVersion"
  from identity.api_key_of($1) k join identity.users u on u.id = k.owner_id and u.status = 'active'
  where k.expires_at > kernel.now()`;
const USED = `update identity.api_keys set last_used_at = kernel.now(), last_used_ip = $3
  where tenant_id = $1 and id = $2 and (last_used_at is null or last_used_at < kernel.now() - interval '1 minute')`;

interface KeyRow {
  id: string;
  tenantId: string;
  ownerId: string;
  name: string;
  scopes: string[];
  allowedAddresses: string[];
  secretHash: Buffer;
  oldHash: Buffer | null;
  oldExpiresAt: Date | null;
  ratePerMinute: number | null;
  quotaPerDay: number | null;
  expiresAt: Date;
  email: string;
  version: number;
  ownerVersion: number;
}

/** API keys as the kernel's guard sees them. */
@Injectable()
export class ApiKeyFacts {
  private readonly noted = new Cache<true>({ name: 'identity.api-keys-used', max: 20_000, ttlMs: NOTED_EVERY_MS });

  constructor(
    private readonly database: Database,
    private readonly rights: RightsRepository,
    private readonly throttles: ThrottleRepository,
  ) {}

  /** See `AccessFacts.keyOf`. */
  async keyOf(id: string, secretHash: Buffer): Promise<KeyFacts | null> {
    const [row] = await this.database.readPlatform<KeyRow>(KEY, [id]);
    const ends = row && endOf(row, secretHash);
    if (!ends) return null;
    return {
      allowedAddresses: row.allowedAddresses,
      claims: {
        iss: '',
        aud: '',
        sub: row.ownerId,
        tid: row.tenantId,
        sid: row.id,
        sv: row.version,
        ownerVersion: row.ownerVersion,
        jti: row.id,
        iat: 0,
        exp: ends.getTime() / 1000,
      },
    };
  }

  /** What the key may do now: its scopes, as far as its owner may in the organization. */
  async principalOf(
    { sub, sid, tid }: AccessClaims,
    ask: Ask = (statements) => this.database.send(statements),
  ): Promise<Principal> {
    const owners = this.rights.question(tid!, sub);
    const keys = this.rights.question(tid!, sub, sid);
    const [, found, ...results] = await ask([
      tenantStatement(tid!),
      named(KEY, [sid]),
      ...owners.statements,
      ...keys.statements,
    ]);
    const key = found.rows[0] as unknown as KeyRow | undefined;
    if (!key || key.ownerId !== sub || key.tenantId !== tid) throw sessionEnded();
    const owner = owners.read(results.slice(0, owners.statements.length));
    if (!owner.standing) throw membershipEnded();
    const own = keys.read(results.slice(owners.statements.length)).grants.filter(isOf(sid));
    return {
      ...GUEST,
      kind: 'user',
      userId: sub,
      sessionVersion: key.version,
      policyVersion: owner.version,
      tenantId: tid,
      // Where a role itself is asked for, only a key without limits stands for it.
      roles: key.scopes.includes('*') ? [owner.standing.role] : [],
      policy: policyOfKey(key, owner, own),
      email: key.email,
      apiKey: { id: key.id, name: key.name, ratePerMinute: key.ratePerMinute, quotaPerDay: key.quotaPerDay },
    };
  }

  /** See `AccessFacts.keyRefused`: a guess counts where guessed passwords of this address count. */
  async refused(ip: string | undefined): Promise<void> {
    const { allowed, retryAfterSeconds } = await this.throttles.reserve([
      { lane: ADDRESS_LANE, value: addressBucket(ip ?? '') },
    ]);
    if (!allowed) throw tooManyTries(retryAfterSeconds);
  }

  /** See `AccessFacts.keyUsed`. */
  used(id: string, tenantId: string, ip: string | undefined): void {
    if (this.noted.get(id)) return;
    this.noted.set(id, true);
    this.database
      .readAs(tenantId, USED, [tenantId, id, ip ?? null])
      .catch((error: unknown) => logger.warn({ err: error }, 'the use of an API key could not be noted'));
  }
}

const isOf =
  (keyId: string) =>
  ({ subject }: GrantFacts): boolean =>
    subject.type === 'apiKey' && subject.id === keyId;

/** Its scopes and what was granted or denied to the key itself, within what its owner may do. */
function policyOfKey(key: KeyRow, owner: Rights, grants: GrantFacts[]): Policy {
  const within = policyOfRights(owner);
  if (grants.length === 0) return intersect(within, key.scopes);
  const scopes = key.scopes.map((scope): GrantFacts => ({
    id: `scope ${scope}`,
    subject: { type: 'apiKey', id: key.id },
    role: null,
    permission: scope,
    effect: 'allow',
    resource: null,
    condition: null,
    validFromMs: null,
    validToMs: null,
  }));
  return { ...compile(reasonsOf(owner.book, null, [...scopes, ...grants])), within };
}

/** When the secret of this hash ends, of the one or two that the key has; null for another one. */
function endOf({ secretHash, oldHash, oldExpiresAt, expiresAt }: KeyRow, given: Buffer): Date | null {
  if (safeEqual(secretHash, given)) return expiresAt;
  if (!oldHash || !oldExpiresAt || oldExpiresAt <= clock.now() || !safeEqual(oldHash, given)) return null;
  return oldExpiresAt < expiresAt ? oldExpiresAt : expiresAt;
}
