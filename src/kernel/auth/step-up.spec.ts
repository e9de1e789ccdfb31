import { lacking } from './step-up';
import type { Assurance } from './principal';

const NOW = 1_800_000_000_000;
const rule = { aal: 2, maxAgeSeconds: 300, enrols: false } as const;
const found = (changes: Partial<Assurance> = {}): Assurance => ({
  aal: 2,
  amr: ['pwd', 'otp', 'mfa'],
  authTime: new Date(NOW - 60_000),
  secondFactor: 'enrolled',
  ...changes,
});

describe('a sensitive route', () => {
  it.each<[string, Partial<Assurance>, { aal: number; maxAgeSeconds: number } | null]>([
    ['a fresh proof with both factors', {}, null],
    ['a proof of exactly the greatest age', { authTime: new Date(NOW - 300_000) }, null],
    ['a proof that is too old', { authTime: new Date(NOW - 301_000) }, { aal: 2, maxAgeSeconds: 300 }],
    ['one factor of two', { aal: 1 }, { aal: 2, maxAgeSeconds: 300 }],
    ['no session', { aal: 0, authTime: null, secondFactor: 'none' }, { aal: 1, maxAgeSeconds: 300 }],
    ['the one factor there is', { aal: 1, secondFactor: 'none' }, null],
    [
      'the one factor there is, too old',
      { aal: 1, secondFactor: 'none', authTime: new Date(NOW - 301_000) },
      { aal: 1, maxAgeSeconds: 300 },
    ],
    [
      'one factor where the organization demands two',
      { aal: 1, secondFactor: 'demanded' },
      { aal: 2, maxAgeSeconds: 300 },
    ],
  ])('met with %s', (_name, session, lack) => {
    const missing = lacking(rule, found(session), NOW);
    expect(missing && { aal: missing.aal, maxAgeSeconds: missing.maxAgeSeconds }).toEqual(lack);
  });

  it('that enrols the demanded factor asks for it after it is there', () => {
    const enrols = { ...rule, enrols: true };
    expect(lacking(enrols, found({ aal: 1, secondFactor: 'demanded' }), NOW)).toBeNull();
    expect(lacking(enrols, found({ aal: 1, secondFactor: 'enrolled' }), NOW)).not.toBeNull();
  });

  it('asks for nothing fresher than the installation wants', () => {
    const old = found({ authTime: new Date(NOW - 3_000_000) });
    expect(lacking(rule, old, NOW, 3_600)).toBeNull();
    expect(lacking(rule, old, NOW, 60)).toMatchObject({ maxAgeSeconds: 300 });
  });
});
