import type { MfaMode, MfaRules, SecondStep } from '../contracts/security-policy';
import type { PolicySection, SectionFault } from './security-policy';

/** Bounds of what an organization may ask (days, roles). */
export const MFA_BOUNDS = { mostTrustedDays: 90, mostGraceDays: 90, mostRoles: 50 } as const;

const DEFAULTS: MfaRules = {
  mode: 'optional',
  roles: [],
  methods: ['totp', 'sms', 'email', 'passkey', 'backup_code'],
  strict: false,
  trustedDeviceDays: 0,
  graceDays: 0,
  requiredFrom: null,
  copiedPasskeys: 'refuse',
};

/** Factors that reach level 2 with a password, or by themselves. */
const STRONG: SecondStep[] = ['totp', 'sms', 'passkey'];

/** Second factors, as an organization may ask for them. */
export const mfaSection: PolicySection<MfaRules> = {
  resolve: (stored) => ({ ...DEFAULTS, ...stored }),
  faults: (stored) => {
    const rules = mfaSection.resolve(stored);
    const faults: SectionFault[] = [];
    const requires = rules.mode === 'required' || rules.roles.some(({ mode }) => mode === 'required');
    if (requires && !STRONG.some((method) => rules.methods.includes(method)))
      faults.push({ field: 'methods', detail: 'A factor is required: allow totp, sms or passkey.' });
    if (new Set(rules.roles.map(({ role }) => role)).size < rules.roles.length)
      faults.push({ field: 'roles', detail: 'Each role has one mode.' });
    if (rules.strict && stored.methods?.includes('email'))
      faults.push({ field: 'methods', detail: 'Codes by e-mail are not for organizations that are strict.' });
    if (rules.requiredFrom !== null && Number.isNaN(Date.parse(rules.requiredFrom)))
      faults.push({ field: 'requiredFrom', detail: 'A date and time with its offset, as 2026-03-01T00:00:00Z.' });
    return faults;
  },
};

/** What may be a second step in an organization. */
export const allowedSteps = (rules: MfaRules): SecondStep[] =>
  rules.methods.filter((method) => !(rules.strict && method === 'email'));

/** True when a method makes the second factor that an organization requires. */
export const satisfies = (rules: MfaRules, method: SecondStep): boolean =>
  STRONG.includes(method) && rules.methods.includes(method);

/** What an organization asks of one of its members at a moment. */
export interface MfaDemand {
  mode: MfaMode;
  /** Nobody of this role gets in without a factor any more. */
  due: boolean;
  /** Until when it is not due yet; null where it is, or never will be. */
  graceUntil: Date | null;
}

/** @param member null for who works in no organization: nothing is demanded */
export function demandOn(rules: MfaRules, member: { role: string; joinedAt: string } | null, now: Date): MfaDemand {
  if (!member) return { mode: 'optional', due: false, graceUntil: null };
  const mode = rules.roles.find(({ role }) => role === member.role)?.mode ?? rules.mode;
  if (mode !== 'required') return { mode, due: false, graceUntil: null };
  const joined = Date.parse(member.joinedAt) + rules.graceDays * 86_400_000;
  const starts = Math.max(joined, rules.requiredFrom === null ? 0 : Date.parse(rules.requiredFrom));
  const due = now.getTime() >= starts;
  return { mode, due, graceUntil: due ? null : new Date(starts) };
}
