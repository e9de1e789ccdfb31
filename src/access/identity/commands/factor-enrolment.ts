import { Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import type { PublicKeyCredentialCreationOptionsJSON } from '@simplewebauthn/server';
import { MessageChannelsQuery } from '../../../engagement/notifications/contracts/message-channels';
import { clock } from '../../../kernel/clock/clock';
import type { Transaction } from '../../../kernel/database/transaction';
import { newId } from '../../../kernel/ids/ids';
import { matchingStep, newSeed, otpauthUrl, qrDataUri } from '../adapters/one-time-passwords';
import { PasskeyHost } from '../adapters/passkey-host';
import { WebAuthn, type NewPasskey } from '../adapters/web-authn';
import { AuthFlowRepository } from '../data/auth-flow.repository';
import { FactorRepository } from '../data/factor.repository';
import { FactorSeal } from '../data/factor-seal';
import type { FactorMethod, Proof } from '../domain/assurance';
import type { AuthFlow } from '../domain/auth-flow';
import { newBackupCodes } from '../domain/backup-code';
import { credentialTaken, factorLimit, methodUnavailable, phoneInvalid } from '../domain/factor.errors';
import { normalizePhone, phoneHint } from '../domain/phone.policy';
import { FactorNews } from './factor-news';
import type { CodeTarget } from './send-code';

/** Who sets a factor up. */
export interface Enroller {
  id: string;
  email: string;
  name: string;
}

/** A new authenticator app: shown once, good after its first code. */
export interface TotpSetup {
  factorId: string;
  /** Base32, for typing. */
  secret: string;
  /** Key Uri Format. */
  otpauthUrl: string;
  /** The same as a QR code: PNG in a data URI. */
  qr: string;
}

/** A factor that was just proven, to be stored in the same commit. */
export type NewFactor =
  | { method: 'totp'; factorId: string; step: number; name: string }
  | { method: 'sms' | 'email'; factorId: string; name: string; secretEnc?: string; phoneHint?: string }
  | { method: 'passkey'; factorId: string; name: string; passkey: NewPasskey; rpId: string };

const MOST_OF_A_METHOD = 10;
const NAMES: Record<FactorMethod, string> = {
  totp: 'Authenticator app',
  sms: 'Phone',
  email: 'E-mail',
  passkey: 'Passkey',
};

/** How each kind of factor comes to be. What is slow happens before the caller's transaction. */
@Injectable()
export class FactorEnrolment {
  constructor(
    private readonly factors: FactorRepository,
    private readonly flows: AuthFlowRepository,
    private readonly seal: FactorSeal,
    private readonly webAuthn: WebAuthn,
    private readonly host: PasskeyHost,
    private readonly news: FactorNews,
    private readonly queries: QueryBus,
  ) {}

  /** @throws AppError conflict when the user has as many of them as anybody may */
  async assertRoom(userId: string, method: FactorMethod): Promise<void> {
    const held = (await this.factors.active(userId)).filter((factor) => factor.method === method);
    if (method === 'email' && held.length > 0) throw factorLimit(1);
    if (held.length >= MOST_OF_A_METHOD) throw factorLimit(MOST_OF_A_METHOD);
  }

  /** A new seed, sealed for its row: to be stored by `storePending`. */
  async newTotp(
    user: Enroller,
    issuer: string,
    name?: string,
  ): Promise<TotpSetup & { secretEnc: string; name: string }> {
    await this.assertRoom(user.id, 'totp');
    const factorId = newId();
    const secret = newSeed();
    const url = otpauthUrl({ issuer, account: user.email, seed: secret });
    const [secretEnc, qr] = await Promise.all([this.seal.seal(factorId, secret), qrDataUri(url)]);
    return { factorId, secret, otpauthUrl: url, qr, secretEnc, name: name ?? NAMES.totp };
  }

  /** The app whose first code this is, or null. */
  async provenTotp(userId: string, code: string, factorId?: string): Promise<NewFactor | null> {
    const pending = await this.factors.pendingTotp(userId, factorId);
    if (!pending) return null;
    const seed = await this.seal.open(pending.id, pending.secretEnc);
    const step = matchingStep(seed, code.replace(/\s/g, ''), clock.nowMs(), 1);
    return step === null ? null : { method: 'totp', factorId: pending.id, step, name: pending.name };
  }

  /**
   * Where the code of a new number or address goes, and what the flow has to remember of it.
   * @throws AppError for a number that is none, or where text messages cannot be sent
   */
  async newTarget(
    user: Enroller,
    asked: { method: 'sms' | 'email'; phone?: string; name?: string },
  ): Promise<{ target: CodeTarget; data: Pick<AuthFlow['data'], 'phoneEnc' | 'phoneHint' | 'name'> }> {
    const { method, name } = asked;
    await this.assertRoom(user.id, method);
    const channels = await this.queries.execute(new MessageChannelsQuery());
    if (!channels[method]) throw methodUnavailable(method);
    const factorId = newId();
    if (method === 'email') return { target: { method, factorId, recipient: user.email }, data: { name } };
    const phone = normalizePhone(asked.phone ?? '');
    if (!phone) throw phoneInvalid();
    const phoneEnc = await this.seal.seal(factorId, phone);
    return { target: { method, factorId, recipient: phone }, data: { phoneEnc, phoneHint: phoneHint(phone), name } };
  }

  /** The number or address whose code this is, within the transaction that has locked the flow; null for a wrong one. */
  provenTarget(flow: AuthFlow, code: string): NewFactor | null {
    const { codeMethod: method, codeFactorId: factorId } = flow;
    const digits = code.replace(/\s/g, '');
    if (!method || !factorId || !/^\d{6}$/.test(digits)) return null;
    if (!flow.matchesCode(method, this.flows.codeHash(flow.id, digits), clock.now())) return null;
    const { phoneEnc: secretEnc, phoneHint: hint, name } = flow.data;
    return { method, factorId, name: name ?? NAMES[method], secretEnc, phoneHint: hint };
  }

  /** Options for `navigator.credentials.create` over a challenge. */
  async creationOptions(user: Enroller, challenge: string): Promise<PublicKeyCredentialCreationOptionsJSON> {
    const rp = this.host.current();
    const held = await this.factors.passkeys(user.id);
    return this.webAuthn.creationOptions({
      rp,
      user: { handle: handleOf(user.id), name: user.email, displayName: user.name },
      challenge,
      exclude: held.filter(({ rpId }) => rpId === rp.id),
    });
  }

  /** The passkey that an authenticator made for this challenge, or null. */
  async provenPasskey(credential: object, challenge: string, name?: string): Promise<NewFactor | null> {
    const rp = this.host.current();
    const passkey = await this.webAuthn.verifyCreation(credential, challenge, rp);
    return passkey && { method: 'passkey', factorId: newId(), name: name ?? NAMES.passkey, passkey, rpId: rp.id };
  }

  /**
   * Stores a proven factor and tells its owner; the first one brings backup codes.
   * @returns null when another request was first; codes are empty for a further factor, and shown this once
   */
  async store(
    tx: Transaction,
    user: Enroller,
    factor: NewFactor,
  ): Promise<{ backupCodes: string[]; proof: Proof } | null> {
    await this.factors.lockUser(tx, user.id);
    if (!(await this.insert(tx, user.id, factor))) return null;
    let backupCodes: string[] = [];
    if (factor.method !== 'email' && (await this.factors.backupCodesLeft(user.id, tx)) === 0) {
      backupCodes = newBackupCodes();
      await this.factors.replaceBackupCodes(tx, user.id, backupCodes);
    }
    const { method, factorId } = factor;
    await this.news.changed(tx, user, { what: 'added', method, factor: factor.name, factorId });
    const deviceBound = factor.method === 'passkey' ? factor.passkey.deviceBound : undefined;
    return { backupCodes, proof: { method, deviceBound, userVerified: method === 'passkey' ? true : undefined } };
  }

  private async insert(tx: Transaction, userId: string, factor: NewFactor): Promise<boolean> {
    switch (factor.method) {
      case 'totp':
        return this.factors.activateTotp(tx, factor.factorId, factor.step);
      case 'sms':
      case 'email': {
        const { factorId: id, method, name, secretEnc, phoneHint: hint } = factor;
        return this.factors.addActive(tx, { id, userId, method, name, secretEnc, phoneHint: hint });
      }
      case 'passkey': {
        const { factorId: id, name, passkey, rpId } = factor;
        if (!(await this.factors.addPasskey(tx, { ...passkey, id, userId, name, rpId }))) throw credentialTaken();
        return true;
      }
    }
  }
}

/** The handle by which authenticators know a user: 16 bytes that say nothing of the person. */
export const handleOf = (userId: string): Buffer => Buffer.from(userId.replaceAll('-', ''), 'hex');
