import { Injectable } from '@nestjs/common';
import { clock } from '../../../kernel/clock/clock';
import type { Transaction } from '../../../kernel/database/transaction';
import { matchingStep } from '../adapters/one-time-passwords';
import { PasskeyHost } from '../adapters/passkey-host';
import { WebAuthn, type Assertion } from '../adapters/web-authn';
import { AuthFlowRepository, type FlowPlace } from '../data/auth-flow.repository';
import { FactorRepository, type Passkey } from '../data/factor.repository';
import { FactorSeal } from '../data/factor-seal';
import type { Proof, SecondStep } from '../domain/assurance';
import type { AuthFlow } from '../domain/auth-flow';
import { backupCodeHash } from '../domain/backup-code';

/** A proof as it was sent. */
export interface OfferedProof {
  method: SecondStep;
  /** Of an app, a message or the list of backup codes. */
  code?: string;
  /** What an authenticator answered to the options of the flow. */
  credential?: object;
}

/** A proof as far as it could be looked at without changing anything. */
export type PreparedProof =
  | { method: 'totp'; candidates: { factorId: string; step: number }[] }
  | { method: 'backup_code'; hash: Buffer | null }
  | { method: 'sms' | 'email'; hash: Buffer | null }
  | { method: 'passkey'; passkey: Passkey; challenge: string; assertion: Assertion }
  | { method: 'passkey'; passkey: null };

/** A proof that was accepted, and used up. */
export interface AcceptedProof extends Proof {
  method: SecondStep;
  factorId: string | null;
}

/** What became of a proof: accepted, refused, or right but by what looks like a copy of the authenticator. */
export type ProofVerdict = { ok: true; proof: AcceptedProof; copied?: Passkey } | { ok: false; copied?: Passkey };

const REFUSED: ProofVerdict = { ok: false };

/**
 * The one place where second factors are tried. `prepare` does what is slow and changes nothing; `settle` uses the proof
 * up in the caller's transaction, by conditional updates: of any number of equal tries one succeeds.
 */
@Injectable()
export class FactorCheck {
  constructor(
    private readonly factors: FactorRepository,
    private readonly flows: AuthFlowRepository,
    private readonly seal: FactorSeal,
    private readonly webAuthn: WebAuthn,
    private readonly host: PasskeyHost,
  ) {}

  /**
   * @param flow that the code was sent for, or whose challenge was signed
   * @param window steps around the present one in which codes of apps count
   */
  async prepare(
    userId: string,
    offered: OfferedProof,
    flow: FlowPlace | null,
    options: { window: 0 | 1; verified?: boolean },
  ): Promise<PreparedProof> {
    const code = offered.code?.replace(/\s/g, '') ?? '';
    switch (offered.method) {
      case 'totp':
        return { method: 'totp', candidates: await this.steps(userId, code, options.window) };
      case 'backup_code':
        return { method: 'backup_code', hash: backupCodeHash(code) };
      case 'sms':
      case 'email':
        return {
          method: offered.method,
          hash: flow && /^\d{6}$/.test(code) ? this.flows.codeHash(flow.id, code) : null,
        };
      case 'passkey':
        return this.assertion(offered.credential, flow, userId, options.verified ?? false);
    }
  }

  /** A passkey's answer; of any user where `userId` is null. */
  async assertion(
    credential: object | undefined,
    flow: FlowPlace | null,
    userId: string | null,
    verified: boolean,
  ): Promise<PreparedProof & { method: 'passkey' }> {
    const none = { method: 'passkey', passkey: null } as const;
    const { id } = (credential ?? {}) as { id?: unknown };
    if (!credential || !flow?.challenge || typeof id !== 'string' || !/^[\w-]{8,1400}$/.test(id)) return none;
    const passkey = await this.factors.passkeyByCredential(id);
    if (!passkey || (userId !== null && passkey.userId !== userId)) return none;
    const rp = this.host.current();
    if (passkey.rpId !== rp.id || passkey.credentialId !== id) return none;
    const assertion = await this.webAuthn.verifyRequest(credential, flow.challenge, rp, passkey, verified);
    // A key that is bound to its device does not turn into one that is copied, nor back (WebAuthn, 6.1.3).
    if (!assertion || assertion.deviceBound !== passkey.deviceBound) return none;
    return { method: 'passkey', passkey, challenge: flow.challenge, assertion };
  }

  /**
   * Uses the proof up. The caller has locked the flow, if there is one, and counts what is refused.
   * @param copies what to do with an authenticator that looks copied
   */
  async settle(
    tx: Transaction,
    userId: string,
    prepared: PreparedProof,
    flow: AuthFlow | null,
    copies: 'refuse' | 'report',
  ): Promise<ProofVerdict> {
    switch (prepared.method) {
      case 'totp':
        for (const { factorId, step } of prepared.candidates)
          if (await this.factors.advanceStep(tx, factorId, step)) return accepted({ method: 'totp', factorId });
        return REFUSED;
      case 'backup_code':
        if (!prepared.hash || !(await this.factors.useBackupCode(tx, userId, prepared.hash))) return REFUSED;
        return accepted({ method: 'backup_code', factorId: null });
      case 'sms':
      case 'email': {
        const { method, hash } = prepared;
        if (!flow || !hash || !flow.codeFactorId || !flow.matchesCode(method, hash, clock.now())) return REFUSED;
        const factorId = flow.codeFactorId;
        flow.codeHash = null;
        return (await this.factors.touch(tx, factorId)) ? accepted({ method, factorId }) : REFUSED;
      }
      case 'passkey':
        return this.settlePasskey(tx, prepared, flow, copies);
    }
  }

  private async settlePasskey(
    tx: Transaction,
    prepared: PreparedProof & { method: 'passkey' },
    flow: AuthFlow | null,
    copies: 'refuse' | 'report',
  ): Promise<ProofVerdict> {
    const challenge = flow?.takeChallenge(clock.now()) ?? null;
    if (prepared.passkey === null || challenge === null || challenge !== prepared.challenge) return REFUSED;
    const { passkey, assertion } = prepared;
    const { counter, backedUp, userVerified, deviceBound } = assertion;
    const proof = { method: 'passkey', factorId: passkey.id, userVerified, deviceBound } as const;
    if (await this.factors.advanceCounter(tx, passkey.id, counter, backedUp)) return accepted(proof);
    if (copies === 'refuse') return { ok: false, copied: passkey };
    // Removed meanwhile, or reported and let in.
    const noted = await this.factors.advanceCounter(tx, passkey.id, counter, backedUp, true);
    return noted ? { ok: true, proof, copied: passkey } : REFUSED;
  }

  private async steps(userId: string, code: string, window: 0 | 1): Promise<{ factorId: string; step: number }[]> {
    const sealed = await this.factors.sealed(userId, 'totp');
    const now = clock.nowMs();
    const found: { factorId: string; step: number }[] = [];
    for (const { id, secretEnc } of sealed) {
      const step = matchingStep(await this.seal.open(id, secretEnc), code, now, window);
      if (step !== null) found.push({ factorId: id, step });
    }
    return found;
  }
}

const accepted = (proof: AcceptedProof): ProofVerdict => ({ ok: true, proof });
