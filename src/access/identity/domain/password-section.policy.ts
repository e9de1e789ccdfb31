import type { PasswordRules } from '../contracts/security-policy';
import type { PolicySection, SectionFault } from './security-policy';

/** Bounds of what an organization may ask (code points, passwords, days, tries, minutes). */
export const PASSWORD_BOUNDS = {
  longestMinimum: 64,
  mostHistory: 24,
  mostAgeDays: 90,
  fewestTries: 3,
  mostTries: 100,
  mostMinutes: 1_440,
  mostWords: 200,
} as const;

/**
 * What each profile asks by itself; an organization may only raise it. The standards contradict each other, so a
 * profile is chosen: NIST SP 800-63B-4 and ASVS 5.0 (6.2) forbid rules of composition and periodic changes, PCI DSS
 * 4.0.1 (8.3) asks for both.
 */
const PROFILES: Record<PasswordRules['profile'], PasswordRules> = {
  standard: {
    profile: 'standard',
    minLength: 15,
    minLengthWithFactor: 8,
    lettersAndDigits: false,
    history: 0,
    maxAgeDays: 0,
    lockoutTries: 100,
    lockoutMinutes: 15,
    blockedWords: [],
    enforceAtSignIn: false,
  },
  pci: {
    profile: 'pci',
    minLength: 12,
    minLengthWithFactor: 12,
    lettersAndDigits: true,
    history: 4,
    maxAgeDays: 90,
    lockoutTries: 10,
    lockoutMinutes: 30,
    blockedWords: [],
    enforceAtSignIn: true,
  },
};

export const passwordSection: PolicySection<PasswordRules> = {
  resolve: (stored) => {
    const profile = PROFILES[stored.profile ?? 'standard'];
    // The profile alone says whether composition is asked for.
    return { ...profile, ...stored, lettersAndDigits: profile.lettersAndDigits };
  },
  faults: (stored) => {
    const floor = PROFILES[stored.profile ?? 'standard'];
    const faults: SectionFault[] = [];
    const atLeast = (field: 'minLength' | 'minLengthWithFactor' | 'history' | 'lockoutMinutes'): void => {
      const value = stored[field];
      if (value !== undefined && value < floor[field])
        faults.push({ field, detail: `The profile ${floor.profile} asks for at least ${floor[field]}.` });
    };
    atLeast('minLength');
    atLeast('minLengthWithFactor');
    atLeast('history');
    atLeast('lockoutMinutes');
    if (stored.lockoutTries !== undefined && stored.lockoutTries > floor.lockoutTries)
      faults.push({
        field: 'lockoutTries',
        detail: `The profile ${floor.profile} allows at most ${floor.lockoutTries}.`,
      });
    // NIST: a password is changed when it is known to others, not when it is old.
    if (stored.maxAgeDays && floor.profile === 'standard')
      faults.push({ field: 'maxAgeDays', detail: 'Passwords age in the profile pci alone.' });
    const { minLength, minLengthWithFactor } = passwordSection.resolve(stored);
    if (faults.length === 0 && minLengthWithFactor > minLength)
      faults.push({ field: 'minLengthWithFactor', detail: 'With a second factor a password need not be longer.' });
    return faults;
  },
};

/** The rules for somebody who belongs to several organizations: of each value the strictest; the default for none. */
export const strictest = (rules: PasswordRules[]): PasswordRules =>
  rules.length === 0 ? PROFILES.standard : rules.reduce(stricter);

const stricter = (a: PasswordRules, b: PasswordRules): PasswordRules => ({
  profile: a.profile === 'pci' ? 'pci' : b.profile,
  minLength: Math.max(a.minLength, b.minLength),
  minLengthWithFactor: Math.max(a.minLengthWithFactor, b.minLengthWithFactor),
  lettersAndDigits: a.lettersAndDigits || b.lettersAndDigits,
  history: Math.max(a.history, b.history),
  // 0 stands for never.
  maxAgeDays: a.maxAgeDays && b.maxAgeDays ? Math.min(a.maxAgeDays, b.maxAgeDays) : a.maxAgeDays || b.maxAgeDays,
  lockoutTries: Math.min(a.lockoutTries, b.lockoutTries),
  lockoutMinutes: Math.max(a.lockoutMinutes, b.lockoutMinutes),
  blockedWords: [...new Set([...a.blockedWords, ...b.blockedWords])],
  enforceAtSignIn: a.enforceAtSignIn || b.enforceAtSignIn,
});
