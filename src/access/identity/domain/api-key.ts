import { Column, CreateDateColumn, Entity, PrimaryColumn, VersionColumn } from 'typeorm';
import { keyPrefix, makeApiKey, type KeyEnvironment } from '../../../kernel/auth/api-key-token';
import { sha256 } from '../../../kernel/crypto/hashing';
import { newId } from '../../../kernel/ids/ids';

/** Days that a key lives unless said otherwise, and at most. */
export const KEY_DAYS = 90;
export const MOST_KEY_DAYS = 366;
/** Hours that a replaced secret goes on working unless said otherwise, and at most. */
export const OVERLAP_HOURS = 24;
export const MOST_OVERLAP_HOURS = 24 * 7;
/** Keys that an organization may have. */
export const MOST_KEYS = 200;

const HOUR_MS = 3_600_000;

/** What a key may be used for and from where. */
export interface KeyTerms {
  name: string;
  /** `resource:action`, `resource:*` or `*`: what the key may do, as far as its owner may. */
  scopes: string[];
  /** Ranges of addresses (CIDR); empty for any. */
  allowedAddresses: string[];
  ratePerMinute: number | null;
  quotaPerDay: number | null;
  expiresAt: Date;
}

/**
 * A key that stands for its owner in one organization: what both the key and its owner may do, now. Its secret is shown
 * once and stored by hash; while it is replaced, the old and the new one work.
 */
@Entity({ schema: 'identity', name: 'api_keys' })
export class ApiKey implements KeyTerms {
  @PrimaryColumn('uuid', { name: 'tenant_id' }) tenantId: string;
  @PrimaryColumn('uuid') id: string;
  @Column('uuid', { name: 'owner_id' }) ownerId: string;
  @Column('text') name: string;
  @Column('text', { array: true }) scopes: string[];
  @Column('text', { name: 'allowed_addresses', array: true }) allowedAddresses: string[];
  @Column('bytea', { name: 'secret_hash' }) secretHash: Buffer;
  @Column('text', { name: 'last_four' }) lastFour: string;
  @Column('timestamptz', { name: 'secret_at' }) secretAt: Date;
  @Column('bytea', { name: 'old_hash', nullable: true }) oldHash: Buffer | null;
  @Column('text', { name: 'old_last_four', nullable: true }) oldLastFour: string | null;
  @Column('timestamptz', { name: 'old_expires_at', nullable: true }) oldExpiresAt: Date | null;
  /** Requests per minute, where fewer than everybody's. */
  @Column('int', { name: 'rate_per_minute', nullable: true }) ratePerMinute: number | null;
  @Column('int', { name: 'quota_per_day', nullable: true }) quotaPerDay: number | null;
  @Column('timestamptz', { name: 'expires_at' }) expiresAt: Date;
  /** Written at most once a minute. */
  @Column('timestamptz', { name: 'last_used_at', nullable: true }) lastUsedAt: Date | null;
  @Column('text', { name: 'last_used_ip', nullable: true }) lastUsedIp: string | null;
  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' }) createdAt: Date;
  @Column('timestamptz', { name: 'revoked_at', nullable: true }) revokedAt: Date | null;
  @VersionColumn() version: number;

  /** @returns the key and its secret, which is told once */
  static make(
    ownerId: string,
    terms: KeyTerms,
    environment: KeyEnvironment,
    now: Date,
  ): { key: ApiKey; secret: string } {
    const id = newId();
    const { text, lastFour } = makeApiKey(id, environment);
    const key = Object.assign(new ApiKey(), {
      ...terms,
      id,
      ownerId,
      secretHash: sha256(text),
      lastFour,
      secretAt: now,
      oldHash: null,
      oldLastFour: null,
      oldExpiresAt: null,
      lastUsedAt: null,
      lastUsedIp: null,
      revokedAt: null,
    });
    return { key, secret: text };
  }

  isLive(now: Date): boolean {
    return this.revokedAt === null && now < this.expiresAt;
  }

  /** Replaces the secret. The one before works for some hours more; one that was being replaced already ends now. */
  rotate(environment: KeyEnvironment, overlapHours: number, now: Date): string {
    const { text, lastFour } = makeApiKey(this.id, environment);
    const overlaps = overlapHours > 0;
    this.oldHash = overlaps ? this.secretHash : null;
    this.oldLastFour = overlaps ? this.lastFour : null;
    this.oldExpiresAt = overlaps ? new Date(now.getTime() + overlapHours * HOUR_MS) : null;
    this.secretHash = sha256(text);
    this.lastFour = lastFour;
    this.secretAt = now;
    return text;
  }

  /** @returns false when it was revoked before */
  revoke(now: Date): boolean {
    if (this.revokedAt) return false;
    this.revokedAt = now;
    return true;
  }
}

/** What lists show of a key of this environment: how it begins and ends. */
export const shownKey = (environment: KeyEnvironment, lastFour: string): string =>
  `${keyPrefix(environment)}…${lastFour}`;
