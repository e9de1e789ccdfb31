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

/** What an organization asks of second factors. */
export type MfaRules = Record<never, never>;

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
