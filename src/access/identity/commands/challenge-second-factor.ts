import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { PublicKeyCredentialRequestOptionsJSON } from '@simplewebauthn/server';
import { clock } from '../../../kernel/clock/clock';
import { PLATFORM_TENANT } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { AccountRepository } from '../data/account.repository';
import { AuthFlowRepository } from '../data/auth-flow.repository';
import { mfaTokenInvalid, methodUnavailable } from '../domain/factor.errors';
import { actingAs } from './acting-as';
import { FactorChallenges } from './factor-challenges';
import type { SentCode } from './send-code';

/** What a method needs before its proof can be given. */
export type FactorChallenge =
  ({ method: 'sms' | 'email' } & SentCode) | { method: 'passkey'; options: PublicKeyCredentialRequestOptionsJSON };

/** Sends a code for a sign-in, or makes the options of a passkey. */
export class ChallengeSecondFactorCommand extends Command<FactorChallenge> {
  constructor(readonly form: { mfaToken: string; method: 'sms' | 'email' | 'passkey'; factorId?: string }) {
    super();
  }
}

@CommandHandler(ChallengeSecondFactorCommand)
export class ChallengeSecondFactorHandler implements ICommandHandler<ChallengeSecondFactorCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly flows: AuthFlowRepository,
    private readonly accounts: AccountRepository,
    private readonly challenges: FactorChallenges,
  ) {}

  async execute({ form }: ChallengeSecondFactorCommand): Promise<FactorChallenge> {
    const place = await this.flows.byToken(form.mfaToken);
    if (place?.purpose !== 'login' || !place.userId) throw mfaTokenInvalid();
    const account = await this.accounts.byId(place.userId);
    if (account?.status !== 'active') throw mfaTokenInvalid();
    if (place.data.enrols || !place.data.methods?.includes(form.method)) throw methodUnavailable(form.method);
    const prepared = await this.challenges.prepare(account, form);
    return actingAs(account.id, () =>
      this.uow.run(
        async (tx) => {
          const flow = await this.flows.lock(tx, place.id);
          if (!flow?.isOpen(clock.now()) || !flow.isOf(this.flows.client())) throw mfaTokenInvalid();
          return this.challenges.arm(tx, flow, prepared, 'preferred');
        },
        { tenantId: place.data.organizationId ?? PLATFORM_TENANT },
      ),
    );
  }
}
