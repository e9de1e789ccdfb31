/** What is told to people about their second factors. */
export interface FactorTemplateData {
  /** A code of six digits, by mail or text message. It is not sent any more after `expiresAt` (RFC 3339). */
  'one-time-code': { code: string; minutes: number; expiresAt: string };
  /** Something about a person's factors changed; sent to the proven address. */
  'factor-changed': {
    name: string;
    what:
      'added' | 'removed' | 'backup-code-used' | 'backup-codes-replaced' | 'replaced-after-recovery' | 'passkey-copied';
    /** In words: `authenticator app`, `passkey`, ... */
    method: string;
    /** The name that its owner gave it. */
    factor: string;
    /** Backup codes that are left. */
    left?: number;
    /** In words, UTC. */
    at: string;
    ip?: string;
  };
  /** Somebody who knows the password says that every factor is lost. */
  'factor-recovery': { name: string; linkToken: string; stopToken: string; waitsUntil: string };
}
