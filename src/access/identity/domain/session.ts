import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';
import { newId } from '../../../kernel/ids/ids';
import { Aggregate } from '../../../kernel/messaging/domain-event';
import { amrOf, levelOf, withProof, type FactorTimes, type Proof } from './assurance';
import { SessionRevoked, SessionStarted, TokenReuseDetected, type SessionEnd } from '../contracts/identity-events';
import { sessionLimits, type AssuranceLevel, type SessionLimits } from './session-limits.policy';

/** What is known when a session begins. */
export interface SessionFacts {
  userId: string;
  organizationId: string | null;
  deviceId: string;
  deviceName: string;
  country: string | null;
  /** Keyed hash of what the client says of itself. */
  fingerprint: Buffer;
  ip?: string;
  userAgent?: string;
  aal: AssuranceLevel;
  amr: string[];
  authTime: Date;
  factorTimes: FactorTimes;
  transport: 'bearer' | 'cookie';
  remember: boolean;
  now: Date;
  limits: SessionLimits;
}

/**
 * One sign-in on one device: the family of its refresh tokens. Its row is the lock that refresh, switch, logout and
 * every revocation take, so that none of them acts on a state that another is changing.
 */
@Entity({ schema: 'identity', name: 'sessions' })
export class Session extends Aggregate {
  @PrimaryColumn('uuid') id: string;
  @Column('uuid', { name: 'user_id' }) userId: string;
  /** The organization that the session works in; null for operators and users without one. */
  @Column('uuid', { name: 'organization_id', nullable: true }) organizationId: string | null;
  /** Copy of the kernel's version of this session: tokens carry it, a revocation raises it. */
  @Column('int') version: number;
  /** Authenticator assurance level. */
  @Column('int') aal: AssuranceLevel;
  /** How the user proved who they are (RFC 8176). */
  @Column('text', { array: true }) amr: string[];
  @Column('timestamptz', { name: 'auth_time' }) authTime: Date;
  /** When each kind of proof was given last. */
  @Column('jsonb', { name: 'factor_times' }) factorTimes: FactorTimes;
  @Column('text', { nullable: true }) ip: string | null;
  @Column('text', { name: 'user_agent', nullable: true }) userAgent: string | null;
  @Column('uuid', { name: 'device_id', nullable: true }) deviceId: string | null;
  @Column('text', { name: 'device_name', nullable: true }) deviceName: string | null;
  /** Country of the latest sign-in or refresh, where it is known. */
  @Column('text', { nullable: true }) country: string | null;
  @Column('bytea', { nullable: true }) fingerprint: Buffer | null;
  @Column('text') transport: 'bearer' | 'cookie';
  /** False where the browser was asked to forget at its end. */
  @Column('boolean') remember: boolean;
  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' }) createdAt: Date;
  @Column('timestamptz', { name: 'last_seen_at' }) lastSeenAt: Date;
  @Column('timestamptz', { name: 'idle_expires_at' }) idleExpiresAt: Date;
  @Column('timestamptz', { name: 'absolute_expires_at' }) absoluteExpiresAt: Date;
  @Column('timestamptz', { name: 'revoked_at', nullable: true }) revokedAt: Date | null;
  @Column('text', { name: 'revoked_reason', nullable: true }) revokedReason: SessionEnd | null;

  static start({ now, limits, ip, userAgent, ...facts }: SessionFacts): Session {
    const session = Object.assign(new Session(), {
      ...facts,
      id: newId(),
      version: 0,
      ip: ip ?? null,
      userAgent: userAgent?.slice(0, 400) ?? null,
      absoluteExpiresAt: new Date(now.getTime() + limits.absolute * 1000),
      revokedAt: null,
      revokedReason: null,
    });
    session.seen(now, limits.idle);
    const { id: sessionId, userId, organizationId } = session;
    session.record(new SessionStarted(sessionId, { sessionId, userId, organizationId }));
    return session;
  }

  /** Further proofs were given: level, methods and time follow. A level that rises brings its own longest life along. */
  prove(proofs: readonly Proof[], now: Date): void {
    for (const proof of proofs) this.factorTimes = withProof(this.factorTimes, proof, now);
    const level = levelOf(Object.keys(this.factorTimes));
    if (level > this.aal) {
      this.aal = level;
      const longest = now.getTime() + sessionLimits(level).absolute * 1000;
      this.absoluteExpiresAt = new Date(Math.min(this.absoluteExpiresAt.getTime(), longest));
      this.idleExpiresAt = new Date(Math.min(this.idleExpiresAt.getTime(), this.absoluteExpiresAt.getTime()));
    }
    this.amr = amrOf(proofs, this.aal, this.amr);
    this.authTime = now;
  }

  isLive(now: Date): boolean {
    return this.revokedAt === null && now < this.idleExpiresAt && now < this.absoluteExpiresAt;
  }

  /** The device was active: the idle limit moves, the absolute one does not. */
  seen(now: Date, idleSeconds: number): void {
    this.lastSeenAt = now;
    this.idleExpiresAt = new Date(Math.min(now.getTime() + idleSeconds * 1000, this.absoluteExpiresAt.getTime()));
  }

  /** The session is used under the limits that hold now. */
  use(now: Date, limits: SessionLimits): void {
    this.limit(limits);
    this.seen(now, limits.idle);
  }

  /** Where its client is, by the address of its latest refresh. */
  isAt(ip: string | null, country: string | null): void {
    this.ip = ip;
    this.country = country;
  }

  /** Where the session works sets stricter limits than it began with. The absolute end only ever comes nearer. */
  private limit({ absolute }: SessionLimits): void {
    const latest = this.createdAt.getTime() + absolute * 1000;
    if (latest < this.absoluteExpiresAt.getTime()) this.absoluteExpiresAt = new Date(latest);
  }

  /** What the cookies of its browser go by. */
  terms(now: Date): { sessionId: string; remember: boolean; refreshSeconds: number } {
    const ends = Math.min(this.idleExpiresAt.getTime(), this.absoluteExpiresAt.getTime());
    return { sessionId: this.id, remember: this.remember, refreshSeconds: Math.floor((ends - now.getTime()) / 1000) };
  }

  workIn(organizationId: string | null): void {
    this.organizationId = organizationId;
  }

  /** Ends the session. @param version its new version in the kernel. @returns false when it had ended before. */
  revoke(reason: SessionEnd, version: number, now: Date): boolean {
    if (this.revokedAt) return false;
    this.revokedAt = now;
    this.revokedReason = reason;
    this.version = version;
    const facts = { sessionId: this.id, userId: this.userId };
    this.record(new SessionRevoked(this.id, { ...facts, reason }));
    if (reason === 'token-reuse') this.record(new TokenReuseDetected(this.id, facts));
    return true;
  }
}
