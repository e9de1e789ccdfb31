import { passwordSection, strictest } from './password-section.policy';
import { DEFAULT_POLICY, resolvePolicy, StoredSecurityPolicy } from './security-policy';

describe('security settings', () => {
  const stored = (): StoredSecurityPolicy =>
    Object.assign(new StoredSecurityPolicy(), { password: {}, mfa: {}, sessions: {} });

  it('are NIST and ASVS by default, and PCI DSS where an organization asks for it', () => {
    expect(DEFAULT_POLICY.password).toMatchObject({ minLength: 15, minLengthWithFactor: 8, history: 0, maxAgeDays: 0 });
    expect(DEFAULT_POLICY.password.lettersAndDigits).toBe(false);
    expect(resolvePolicy({ password: { profile: 'pci' } }).password).toMatchObject({
      minLength: 12,
      lettersAndDigits: true,
      history: 4,
      maxAgeDays: 90,
      lockoutTries: 10,
      lockoutMinutes: 30,
    });
  });

  it('keep what was changed alone, and forget what is null', () => {
    const policy = stored();
    expect(policy.change('password', { minLength: 20, history: 5 })).toEqual([]);
    expect(policy.password).toEqual({ minLength: 20, history: 5 });
    expect(policy.change('password', { minLength: null })).toEqual([]);
    expect(policy.password).toEqual({ history: 5 });
    expect(resolvePolicy(policy).password).toMatchObject({ minLength: 15, history: 5 });
  });

  it.each([
    [{ minLength: 14 }, 'minLength'],
    [{ minLengthWithFactor: 16 }, 'minLengthWithFactor'],
    [{ maxAgeDays: 30 }, 'maxAgeDays'],
    [{ lockoutMinutes: 5 }, 'lockoutMinutes'],
    [{ profile: 'pci' as const, minLength: 11 }, 'minLength'],
    [{ profile: 'pci' as const, history: 3 }, 'history'],
    [{ profile: 'pci' as const, lockoutTries: 11 }, 'lockoutTries'],
    [{ profile: 'pci' as const, lockoutMinutes: 29 }, 'lockoutMinutes'],
  ])('never get laxer than their profile: %j', (changes, field) => {
    const policy = stored();
    expect(policy.change('password', changes)).toMatchObject([{ field }]);
    expect(policy.password).toEqual({});
  });

  it('allow PCI without the change every 90 days, and more often', () => {
    for (const maxAgeDays of [0, 30, 90]) expect(passwordSection.faults({ profile: 'pci', maxAgeDays })).toEqual([]);
  });

  it('of several organizations are the strictest of each', () => {
    const pci = passwordSection.resolve({ profile: 'pci', maxAgeDays: 60, blockedWords: ['wind'] });
    const own = passwordSection.resolve({ minLength: 20, history: 10, blockedWords: ['wind', 'north'] });
    expect(strictest([own, pci])).toEqual({
      profile: 'pci',
      minLength: 20,
      minLengthWithFactor: 12,
      lettersAndDigits: true,
      history: 10,
      maxAgeDays: 60,
      lockoutTries: 10,
      lockoutMinutes: 30,
      blockedWords: ['wind', 'north'],
      enforceAtSignIn: true,
    });
    expect(strictest([])).toEqual(DEFAULT_POLICY.password);
  });
});
