import type { MfaRules } from '../contracts/security-policy';
import { amrOf, levelOf, withProof } from './assurance';
import { backupCodeHash, newBackupCodes } from './backup-code';
import { allowedSteps, demandOn, mfaSection, satisfies } from './mfa-section.policy';
import { normalizePhone, phoneHint } from './phone.policy';

const NOW = new Date('2026-03-01T12:00:00Z');
const rules = (changes: Partial<MfaRules> = {}): MfaRules => mfaSection.resolve(changes);
const member = (role = 'staff', joinedAt = '2026-01-01T00:00:00Z') => ({ role, joinedAt });

describe('what an organization asks of second factors', () => {
  it('is nothing by default, but they are offered', () => {
    expect(demandOn(rules(), member(), NOW)).toEqual({ mode: 'optional', due: false, graceUntil: null });
    expect(demandOn(rules({ mode: 'required' }), null, NOW).due).toBe(false);
  });

  it('differs by role', () => {
    const owners = rules({ roles: [{ role: 'owner', mode: 'required' }] });
    expect(demandOn(owners, member('owner'), NOW).due).toBe(true);
    expect(demandOn(owners, member('staff'), NOW).due).toBe(false);
    const notCustomers = rules({ mode: 'required', roles: [{ role: 'customer', mode: 'optional' }] });
    expect(demandOn(notCustomers, member('customer'), NOW)).toMatchObject({ mode: 'optional', due: false });
    expect(demandOn(notCustomers, member('__proto__'), NOW).due).toBe(true);
  });

  it('begins with the later of the day it was set for and the days after joining', () => {
    const slow = rules({ mode: 'required', graceDays: 7, requiredFrom: '2026-03-05T00:00:00Z' });
    expect(demandOn(slow, member(), NOW)).toMatchObject({ due: false, graceUntil: new Date('2026-03-05T00:00:00Z') });
    expect(demandOn(slow, member(), new Date('2026-03-05T00:00:00Z')).due).toBe(true);
    const joiner = member('staff', '2026-03-04T00:00:00Z');
    expect(demandOn(slow, joiner, new Date('2026-03-10T23:59:59Z')).due).toBe(false);
    expect(demandOn(slow, joiner, new Date('2026-03-11T00:00:00Z')).due).toBe(true);
  });

  it('is never met by e-mail, nor by what it does not allow', () => {
    expect(satisfies(rules(), 'email')).toBe(false);
    expect(satisfies(rules(), 'totp')).toBe(true);
    expect(satisfies(rules({ methods: ['passkey'] }), 'totp')).toBe(false);
    expect(allowedSteps(rules({ strict: true }))).not.toContain('email');
  });

  it.each<[Partial<MfaRules>, string]>([
    [{ mode: 'required', methods: ['email'] }, 'methods'],
    [{ roles: [{ role: 'owner', mode: 'required' }], methods: ['backup_code'] }, 'methods'],
    [{ strict: true, methods: ['totp', 'email'] }, 'methods'],
    [
      {
        roles: [
          { role: 'owner', mode: 'off' },
          { role: 'owner', mode: 'required' },
        ],
      },
      'roles',
    ],
    [{ requiredFrom: 'soon' }, 'requiredFrom'],
  ])('does not hold together in %j', (stored, field) => {
    expect(mfaSection.faults(stored).map((fault) => fault.field)).toEqual([field]);
  });
});

describe('assurance', () => {
  it.each<[string[], 1 | 2]>([
    [['password'], 1],
    [['password', 'email'], 1],
    [['password', 'totp'], 2],
    [['password', 'sms'], 2],
    [['password', 'backup_code'], 2],
    [['password', 'passkey'], 2],
    [['passkey'], 1],
    [['passkey', 'passkey_verified'], 2],
    [['totp', 'sms'], 1],
    [[], 1],
  ])('of %j is level %i', (methods, level) => expect(levelOf(methods)).toBe(level));

  it('is remembered by kind of proof and told by its names', () => {
    const times = withProof({ password: 'before' }, { method: 'passkey', userVerified: true }, NOW);
    expect(times).toEqual({ password: 'before', passkey: NOW.toISOString(), passkey_verified: NOW.toISOString() });
    expect(amrOf([{ method: 'passkey', userVerified: true, deviceBound: true }], 2)).toEqual(['hwk', 'user', 'mfa']);
    expect(amrOf([{ method: 'totp' }], 2, ['pwd'])).toEqual(['pwd', 'otp', 'mfa']);
    expect(amrOf([{ method: 'email' }], 1, ['pwd'])).toEqual(['pwd', 'email']);
  });
});

describe('backup codes', () => {
  it('are ten of 120 bits, and read however they are typed', () => {
    const codes = newBackupCodes();
    expect(new Set(codes).size).toBe(10);
    for (const code of codes) expect(code).toMatch(/^[A-Z2-7]{24}$/);
    const typed = ` ${codes[0].toLowerCase().replace(/(.{4})(?=.)/g, '$1-')} `;
    expect(backupCodeHash(typed)).toEqual(backupCodeHash(codes[0]));
    for (const bad of ['', codes[0].slice(1), `${codes[0]}A`, codes[0].replace(/./, '1'), 'x'.repeat(10_000)])
      expect(backupCodeHash(bad)).toBeNull();
  });
});

describe('phone numbers', () => {
  it.each([
    ['+49 151 1234 5678', '+4915112345678'],
    ['0049 (151) 1234-5678', '+4915112345678'],
    ['+351.912.345.678', '+351912345678'],
  ])('%s', (typed, stored) => expect(normalizePhone(typed)).toBe(stored));
  it.each(['0151 12345678', '+0 123', '+12', `+${'1'.repeat(16)}`, '+49abc', '', '+４９１５１１２３４５６７８'])(
    'not %s',
    (typed) => expect(normalizePhone(typed)).toBeNull(),
  );
  it('are shown by their end', () => expect(phoneHint('+4915112345678')).toBe('•••• 78'));
});
