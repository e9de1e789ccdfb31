import type { SessionCap, SessionRules } from '../contracts/security-policy';
import type { PolicySection, SectionFault } from './security-policy';
import type { SessionLimits } from './session-limits.policy';

/** Bounds of what an organization may ask (seconds, sessions, roles). */
export const SESSION_BOUNDS = {
  shortest: 60,
  longest: 2_592_000,
  mostSessions: 1_000,
  mostCaps: 50,
  mostOrigins: 50,
} as const;

/** An origin exactly as browsers send it; plain http only for pages of the own machine. */
export function isOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { origin, protocol, hostname } = new URL(text);
  const local = hostname === 'localhost' || hostname === '127.0.0.1' || hostname.endsWith('.localhost');
  return origin === text && (protocol === 'https:' || (protocol === 'http:' && local));
}

/** PCI DSS 4.0.1 (8.2.8): who was away for a quarter of an hour signs in again. */
const PCI_IDLE_SECONDS = 900;

const DEFAULTS: SessionRules = {
  profile: 'standard',
  idleSeconds: 0,
  absoluteSeconds: 0,
  remember: true,
  caps: [],
  allowedOrigins: [],
};

/** Lives and numbers of sessions. The levels' own limits (NIST SP 800-63B-4) hold in any case: these only lower them. */
export const sessionSection: PolicySection<SessionRules> = {
  resolve: (stored) => {
    const rules = { ...DEFAULTS, ...stored };
    return rules.profile === 'pci' && rules.idleSeconds === 0 ? { ...rules, idleSeconds: PCI_IDLE_SECONDS } : rules;
  },
  faults: (stored) => {
    const faults: SectionFault[] = [];
    if (stored.profile === 'pci' && (stored.idleSeconds ?? 0) > PCI_IDLE_SECONDS)
      faults.push({ field: 'idleSeconds', detail: `The profile pci allows at most ${PCI_IDLE_SECONDS}.` });
    const roles = (stored.caps ?? []).map((cap) => cap.role);
    if (new Set(roles).size < roles.length) faults.push({ field: 'caps', detail: 'A role has one cap.' });
    const wrong = (stored.allowedOrigins ?? []).find((origin) => !isOrigin(origin));
    if (wrong !== undefined)
      faults.push({ field: 'allowedOrigins', detail: 'An origin is https://host or https://host:port, nothing more.' });
    return faults;
  },
};

/** The limits that an organization sets, for `sessionLimits`. */
export const limitsOf = ({ idleSeconds, absoluteSeconds }: SessionRules): Partial<SessionLimits> => ({
  idle: idleSeconds || undefined,
  absolute: absoluteSeconds || undefined,
});

/** The cap for a role: its own, else the one for every role, else none. */
export const capOf = ({ caps }: SessionRules, role: string | null): SessionCap | null =>
  caps.find((cap) => cap.role !== null && cap.role === role) ?? caps.find((cap) => cap.role === null) ?? null;
