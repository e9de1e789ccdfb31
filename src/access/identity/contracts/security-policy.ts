import { Query } from '@nestjs/cqrs';

/** What an organization asks of the passwords of its members. Lengths are Unicode code points. */
export interface PasswordRules {
  /** `standard` follows NIST SP 800-63B-4 and OWASP ASVS 5, `pci` PCI DSS 4.0.1. */
  profile: 'standard' | 'pci';
  /** Shortest password of a user who has no second factor. */
  minLength: number;
  /** Shortest password of a user who has one. */
  minLengthWithFactor: number;
  /** Letters and digits must both occur: asked by PCI DSS alone. */
  lettersAndDigits: boolean;
  /** Former passwords that cannot be taken again. */
  history: number;
  /** Days after which a password that is the only factor must be changed; 0 for never. */
  maxAgeDays: number;
  /** Failures in a row from which on each wait lasts at least `lockoutMinutes`. */
  lockoutTries: number;
  lockoutMinutes: number;
  /** Words that no password may consist of, beside the common ones: names of the company and its products. */
  blockedWords: string[];
  /** A right password that does not meet the rules (any more) must be changed before it signs in. */
  enforceAtSignIn: boolean;
}

/** `off`: not offered here; `optional`: whoever wants; `required`: nobody works here without a second factor. */
export type MfaMode = 'off' | 'optional' | 'required';

/** What can be asked for as a second step. */
export type SecondStep = 'totp' | 'sms' | 'email' | 'passkey' | 'backup_code';

/**
 * What an organization asks of second factors. A factor that a user has is asked for in any mode: it protects the
 * user's account, which is not the organization's.
 */
export interface MfaRules {
  mode: MfaMode;
  /** Roles for which another mode holds. */
  roles: { role: string; mode: MfaMode }[];
  /** What satisfies the organization. E-mail never makes a second factor where one is required. */
  methods: SecondStep[];
  /** Codes of apps are good in their own 30 seconds alone (ASVS 6.5.5), and no codes by e-mail (ASVS 6.3.6). */
  strict: boolean;
  /** Days for which a device that proved a factor is not asked again; 0 for never. */
  trustedDeviceDays: number;
  /** Days after joining in which somebody may still work without a required factor. */
  graceDays: number;
  /** Day from which a factor is required (RFC 3339), or null for at once. */
  requiredFrom: string | null;
  /** What happens to a sign-in with a passkey that looks copied; it is reported in both cases. */
  copiedPasskeys: 'refuse' | 'report';
}

/** How many sessions a user may have open at once in the organization. */
export interface SessionCap {
  /** The role that it holds for; null for every role without a cap of its own. */
  role: string | null;
  max: number;
  /** What becomes of one sign-in too many: refused, the oldest session ends, or the user chooses which one ends. */
  onExceed: 'deny' | 'evict_oldest' | 'ask';
}

/** What an organization asks of sessions. */
export interface SessionRules {
  /** `standard` follows NIST SP 800-63B-4 by assurance level; `pci` ends every session after 15 minutes without use. */
  profile: 'standard' | 'pci';
  /** Seconds without use after which a session ends, where that is sooner than by its level; 0 for the level's own. */
  idleSeconds: number;
  /** Longest life of a session in seconds, where that is sooner than by its level; 0 for the level's own. */
  absoluteSeconds: number;
  /** Browsers may keep a session beyond their end. */
  remember: boolean;
  caps: SessionCap[];
  /** Origins whose pages may call the API for this organization, besides those of the installation's settings. */
  allowedOrigins: string[];
}

/** The security settings of one organization: its own over the defaults. */
export interface SecurityPolicy {
  password: PasswordRules;
  mfa: MfaRules;
  sessions: SessionRules;
}

/** The settings of the context's organization, or of a given one (null: the defaults); at most a few seconds old. */
export class SecurityPolicyQuery extends Query<SecurityPolicy> {
  constructor(readonly request: { tenantId?: string | null } = {}) {
    super();
  }
}
