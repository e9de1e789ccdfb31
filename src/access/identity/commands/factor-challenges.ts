import { Injectable } from '@nestjs/common';
import { clock } from '../../../kernel/clock/clock';
import type { Transaction } from '../../../kernel/database/transaction';
import { PasskeyHost } from '../adapters/passkey-host';
import { WebAuthn } from '../adapters/web-authn';
import { FactorRepository, type Passkey } from '../data/factor.repository';
import { FactorSeal } from '../data/factor-seal';
import type { AuthFlow } from '../domain/auth-flow';
import { methodUnavailable } from '../domain/factor.errors';
import type { FactorChallenge } from './challenge-second-factor';
import { SendCode, type CodeTarget } from './send-code';

/** What a challenge needs, read before its flow is locked. */
export type PreparedChallenge = { target: CodeTarget } | { passkeys: Passkey[] };

/** Codes that are sent and challenges that are signed, for factors that a user has. */
@Injectable()
export class FactorChallenges {
  constructor(
    private readonly factors: FactorRepository,
    private readonly seal: FactorSeal,
    private readonly codes: SendCode,
    private readonly webAuthn: WebAuthn,
    private readonly host: PasskeyHost,
  ) {}

  /** @throws AppError conflict for a factor that the user has not, too-many for too many codes */
  async prepare(
    account: { id: string; email: string },
    asked: { method: 'sms' | 'email' | 'passkey'; factorId?: string },
  ): Promise<PreparedChallenge> {
    const { method, factorId } = asked;
    if (method === 'passkey') {
      const passkeys = (await this.factors.passkeys(account.id)).filter(({ rpId }) => rpId === this.host.current().id);
      if (passkeys.length === 0) throw methodUnavailable(method);
      return { passkeys };
    }
    const target = method === 'sms' ? await this.phone(account.id, factorId) : await this.mailbox(account);
    if (!target) throw methodUnavailable(method);
    await this.codes.reserve(target);
    return { target };
  }

  /** Arms a locked flow. @throws AppError too-many */
  async arm(
    tx: Transaction,
    flow: AuthFlow,
    prepared: PreparedChallenge,
    userVerification: 'required' | 'preferred',
  ): Promise<FactorChallenge> {
    if ('target' in prepared) {
      const { method } = prepared.target;
      return { method, ...(await this.codes.send(tx, flow, prepared.target)) };
    }
    const challenge = flow.challengeWith(clock.now());
    await tx.store.save(flow);
    const options = await this.webAuthn.requestOptions({
      rpId: this.host.current().id,
      challenge,
      allow: prepared.passkeys,
      userVerification,
    });
    return { method: 'passkey', options };
  }

  private async phone(userId: string, factorId?: string): Promise<CodeTarget | null> {
    const [sealed] = await this.factors.sealed(userId, 'sms', factorId);
    if (!sealed) return null;
    return { method: 'sms', factorId: sealed.id, recipient: await this.seal.open(sealed.id, sealed.secretEnc) };
  }

  private async mailbox({ id, email }: { id: string; email: string }): Promise<CodeTarget | null> {
    const factor = (await this.factors.active(id)).find(({ method }) => method === 'email');
    return factor ? { method: 'email', factorId: factor.id, recipient: email } : null;
  }
}
