import { Column, Entity, PrimaryColumn } from 'typeorm';
import { safeEqual, sha256 } from '../../../kernel/crypto/hashing';
import { newId, newSecret } from '../../../kernel/ids/ids';
import type { Proof, SecondStep } from './assurance';

export type FlowPurpose = 'login' | 'enrol' | 'step-up' | 'passkey-login' | 'passkey-enrol';

/** Minutes that each flow lives. */
const MINUTES: Record<FlowPurpose, number> = {
  login: 10,
  enrol: 10,
  'step-up': 10,
  'passkey-login': 5,
  'passkey-enrol': 5,
};
/** Minutes that a sent code lives (ASVS 6.5.5 allows ten). */
export const CODE_MINUTES = 10;
/** Minutes that a challenge for an authenticator lives. */
export const CHALLENGE_MINUTES = 5;
/** Wrong codes after which a flow ends, however often a new code was sent. */
export const MOST_FAILURES = 5;
/** Codes that one flow may send, and the seconds between two of them. */
export const MOST_SENDS = 4;
export const RESEND_SECONDS = 30;

/** Who carries a flow out, as far as it can be told. */
export interface FlowClient {
  /** Hash over the kind of client and the network it comes from. */
  hash: Buffer;
  deviceId: string | null;
}

/** What a flow remembers besides its columns. */
export interface FlowData {
  /** Organization that the session is to work in. */
  organizationId?: string | null;
  /** The password that was proven, by its credential: another one voids the flow. */
  credentialId?: string;
  /** RFC 3339: when the first factor was proven. */
  provenAt?: string;
  /** What may be sent as second step. */
  methods?: SecondStep[];
  /** The flow ends with a new factor, because there is none, or because all are lost. */
  enrols?: boolean;
  /** The factor that was given already, where it is not good enough for the organization. */
  given?: Proof & { method: SecondStep; factorId: string | null };
  /** A recovery that is carried out with the new factor. */
  recoveryId?: string;
  /** Number that a code was sent to, sealed for the factor `codeFactorId`. */
  phoneEnc?: string;
  phoneHint?: string;
  name?: string;
  /** Host name that passkeys of this flow belong to. */
  rpId?: string;
}

/**
 * A sign-in, an enrolment or a proof that is under way: one flow, one client, one success. Its row is the lock under
 * which codes are counted and used up.
 */
@Entity({ schema: 'identity', name: 'auth_flows' })
export class AuthFlow {
  @PrimaryColumn('uuid') id: string;
  @Column('text') purpose: FlowPurpose;
  @Column('uuid', { name: 'user_id', nullable: true }) userId: string | null;
  @Column('uuid', { name: 'session_id', nullable: true }) sessionId: string | null;
  @Column('bytea', { name: 'token_hash', nullable: true }) tokenHash: Buffer | null;
  @Column('bytea', { name: 'client_hash' }) clientHash: Buffer;
  @Column('text', { name: 'device_id', nullable: true }) deviceId: string | null;
  @Column('jsonb') data: FlowData;
  /** Base64url of the 32 bytes that an authenticator signs. */
  @Column('text', { nullable: true }) challenge: string | null;
  @Column('timestamptz', { name: 'challenge_expires_at', nullable: true }) challengeExpiresAt: Date | null;
  @Column('text', { name: 'code_method', nullable: true }) codeMethod: 'sms' | 'email' | null;
  @Column('uuid', { name: 'code_factor_id', nullable: true }) codeFactorId: string | null;
  @Column('bytea', { name: 'code_hash', nullable: true }) codeHash: Buffer | null;
  @Column('timestamptz', { name: 'code_expires_at', nullable: true }) codeExpiresAt: Date | null;
  @Column('int') sends: number;
  @Column('timestamptz', { name: 'last_sent_at', nullable: true }) lastSentAt: Date | null;
  /** Wrong codes so far; a new code does not reset it (NIST SP 800-63B-4, 3.1.3). */
  @Column('int') failures: number;
  @Column('timestamptz', { name: 'created_at' }) createdAt: Date;
  @Column('timestamptz', { name: 'expires_at' }) expiresAt: Date;
  @Column('timestamptz', { name: 'consumed_at', nullable: true }) consumedAt: Date | null;

  /** Opens a flow; a login's token (256 random bits) is given out once and never stored. */
  static open(facts: {
    purpose: FlowPurpose;
    userId: string | null;
    sessionId?: string | null;
    client: FlowClient;
    data?: FlowData;
    now: Date;
  }): { flow: AuthFlow; token: string } {
    const token = `mfa_${newSecret(32)}`;
    const flow = Object.assign(new AuthFlow(), {
      id: newId(),
      purpose: facts.purpose,
      userId: facts.userId,
      sessionId: facts.sessionId ?? null,
      tokenHash: facts.purpose === 'login' ? sha256(token) : null,
      clientHash: facts.client.hash,
      deviceId: facts.client.deviceId,
      data: facts.data ?? {},
      challenge: null,
      challengeExpiresAt: null,
      codeMethod: null,
      codeFactorId: null,
      codeHash: null,
      codeExpiresAt: null,
      sends: 0,
      lastSentAt: null,
      failures: 0,
      createdAt: facts.now,
      expiresAt: minutesAfter(facts.now, MINUTES[facts.purpose]),
      consumedAt: null,
    });
    return { flow, token };
  }

  isOpen(now: Date): boolean {
    return this.consumedAt === null && now < this.expiresAt && this.failures < MOST_FAILURES;
  }

  /** True for the client that opened the flow: the same device, or the same kind of client in the same network. */
  isOf(client: FlowClient): boolean {
    if (this.deviceId !== null) return this.deviceId === client.deviceId;
    return safeEqual(this.clientHash, client.hash);
  }

  consume(now: Date): void {
    this.consumedAt = now;
    this.codeHash = null;
    this.challenge = null;
  }

  /** A wrong code was sent. */
  fail(): void {
    this.failures += 1;
  }

  /** Seconds until a code may be sent again; 0 now, null never in this flow. */
  sendableIn(now: Date): number | null {
    if (this.sends >= MOST_SENDS) return null;
    if (this.lastSentAt === null) return 0;
    return Math.max(0, Math.ceil(RESEND_SECONDS - (now.getTime() - this.lastSentAt.getTime()) / 1000));
  }

  /** A code goes out; the one before it is void. */
  arm(code: { method: 'sms' | 'email'; factorId: string; hash: Buffer }, now: Date): void {
    this.codeMethod = code.method;
    this.codeFactorId = code.factorId;
    this.codeHash = code.hash;
    this.codeExpiresAt = minutesAfter(now, CODE_MINUTES);
    this.sends += 1;
    this.lastSentAt = now;
  }

  /** True when `hash` is that of the live code of this method. */
  matchesCode(method: 'sms' | 'email', hash: Buffer, now: Date): boolean {
    return (
      this.codeMethod === method &&
      this.codeHash !== null &&
      this.codeExpiresAt !== null &&
      now < this.codeExpiresAt &&
      safeEqual(this.codeHash, hash)
    );
  }

  /** 32 random bytes for an authenticator to sign, once. */
  challengeWith(now: Date): string {
    this.challenge = newSecret(32);
    this.challengeExpiresAt = minutesAfter(now, CHALLENGE_MINUTES);
    return this.challenge;
  }

  /** The live challenge, used up by this. */
  takeChallenge(now: Date): string | null {
    const { challenge, challengeExpiresAt } = this;
    this.challenge = null;
    return challenge !== null && challengeExpiresAt !== null && now < challengeExpiresAt ? challenge : null;
  }
}

const minutesAfter = (now: Date, minutes: number): Date => new Date(now.getTime() + minutes * 60_000);
