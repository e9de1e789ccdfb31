import type { SecondStep } from '../contracts/security-policy';

/** What a user can hold besides the password. */
export const FACTOR_METHODS = ['totp', 'sms', 'email', 'passkey'] as const;
export type FactorMethod = (typeof FACTOR_METHODS)[number];
/** What can be asked for as a second step. */
export const SECOND_STEPS = [...FACTOR_METHODS, 'backup_code'] as const satisfies readonly SecondStep[];
export type { SecondStep };

/** One proof that the user gave. */
export interface Proof {
  method: SecondStep | 'password';
  /** A passkey whose device checked PIN or biometrics: two factors in one (NIST SP 800-63B-4, 3.1.7). */
  userVerified?: boolean;
  /** A passkey that never leaves its device. */
  deviceBound?: boolean;
}

/** When each kind of proof was given last, as the session remembers it: RFC 3339 by method; `passkey_verified` besides `passkey`. */
export type FactorTimes = Record<string, string>;

/** Proofs of possession that make two factors with a password. E-mail is none of them (NIST SP 800-63B-4, 3.1.3.1; ASVS 6.3.6). */
const SECOND = ['totp', 'sms', 'backup_code', 'passkey'];

/** Assurance level of everything that was proven: 2 needs two different factors, or a passkey that verified its user. */
export function levelOf(methods: Iterable<string>): 1 | 2 {
  const given = new Set(methods);
  if (given.has('passkey_verified')) return 2;
  return given.has('password') && SECOND.some((method) => given.has(method)) ? 2 : 1;
}

/** The proofs of a session after one more. */
export function withProof(times: FactorTimes, proof: Proof, now: Date): FactorTimes {
  const at = now.toISOString();
  return {
    ...times,
    [proof.method]: at,
    ...(proof.method === 'passkey' && proof.userVerified ? { passkey_verified: at } : {}),
  };
}

const AMR: Record<Exclude<Proof['method'], 'passkey'>, string> = {
  password: 'pwd',
  totp: 'otp',
  sms: 'sms',
  email: 'email',
  backup_code: 'recovery',
};

/** Values of `amr` (RFC 8176; `email` and `recovery` are ours) for proofs that reach a level. */
export function amrOf(proofs: readonly Proof[], level: number, before: readonly string[] = []): string[] {
  const values = new Set(before);
  for (const proof of proofs) {
    if (proof.method !== 'passkey') values.add(AMR[proof.method]);
    else {
      values.add(proof.deviceBound ? 'hwk' : 'swk');
      if (proof.userVerified) values.add('user');
    }
  }
  if (level >= 2) values.add('mfa');
  return [...values];
}
