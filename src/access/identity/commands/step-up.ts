import { Command, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { AuthVersions } from '../../../kernel/auth/versions';
import { clock } from '../../../kernel/clock/clock';
import { PLATFORM_TENANT } from '../../../kernel/context/request-context';
import type { Transaction } from '../../../kernel/database/transaction';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { AppError } from '../../../kernel/errors/app-error';
import { MembershipsOfUserQuery, type Membership } from '../../organizations/contracts/memberships-of-user';
import { AccountRepository, type AccountFacts } from '../data/account.repository';
import { AnswerSeal } from '../data/answer-seal';
import { AuthFlowRepository } from '../data/auth-flow.repository';
import { FactorRepository } from '../data/factor.repository';
import { SessionRepository } from '../data/session.repository';
import type { Proof } from '../domain/assurance';
import { AuthFlow } from '../domain/auth-flow';
import { challengeInvalid, factorRefused, proofMissing } from '../domain/factor.errors';
import { sessionEnded } from '../domain/identity.errors';
import { TokenIssuer, type AccessTokenSigner } from '../domain/signing-keys';
import type { FactorChallenge } from './challenge-second-factor';
import { FactorChallenges } from './factor-challenges';
import { FactorCheck, type OfferedProof, type PreparedProof } from './factor-check';
import { FactorNews } from './factor-news';
import { FactorTries } from './factor-tries';
import { ownAccount } from './own-account';
import { PasswordCheck } from './password-check';
import { succeed } from './refresh-tokens';
import { SecondFactor } from './second-factor';
import { signedInUser, type TokenAnswer } from './token-answer';

/** Sends a code to the caller, or makes the options of a passkey, for a proof of the session that it has. */
export class ChallengeStepUpCommand extends Command<FactorChallenge & { challengeId: string }> {
  constructor(readonly form: { method: 'sms' | 'email' | 'passkey'; factorId?: string; challengeId?: string }) {
    super();
  }
}

@CommandHandler(ChallengeStepUpCommand)
export class ChallengeStepUpHandler implements ICommandHandler<ChallengeStepUpCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly accounts: AccountRepository,
    private readonly flows: AuthFlowRepository,
    private readonly challenges: FactorChallenges,
  ) {}

  async execute({ form }: ChallengeStepUpCommand): Promise<FactorChallenge & { challengeId: string }> {
    const { account, sessionId, organizationId } = await ownAccount(this.accounts);
    const prepared = await this.challenges.prepare(account, form);
    const client = this.flows.client();
    return this.uow.run(
      async (tx) => {
        const now = clock.now();
        const flow = form.challengeId
          ? await this.flows.lock(tx, form.challengeId)
          : AuthFlow.open({ purpose: 'step-up', userId: account.id, sessionId, client, now }).flow;
        if (flow?.purpose !== 'step-up' || flow.sessionId !== sessionId || !flow.isOpen(now)) throw challengeInvalid();
        return { challengeId: flow.id, ...(await this.challenges.arm(tx, flow, prepared, 'preferred')) };
      },
      { tenantId: organizationId ?? PLATFORM_TENANT },
    );
  }
}

/**
 * Proves once more that it is the caller, by password or factor or both, and gives the session new tokens: the former
 * ones are void at once. Tries count like those of a sign-in.
 * @throws AppError 401 `identity.invalid-credentials`, `identity.factor-refused`, 429 `identity.too-many-tries`
 */
export class StepUpCommand extends Command<TokenAnswer> {
  constructor(readonly form: { password?: string; challengeId?: string; factor?: OfferedProof }) {
    super();
  }
}

interface Prepared {
  account: AccountFacts;
  membership: Membership | null;
  sessionId: string;
  signer: AccessTokenSigner;
  challengeId: string | undefined;
  factor: PreparedProof | null;
  copies: 'refuse' | 'report';
}

@CommandHandler(StepUpCommand)
export class StepUpHandler implements ICommandHandler<StepUpCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly accounts: AccountRepository,
    private readonly sessions: SessionRepository,
    private readonly flows: AuthFlowRepository,
    private readonly factors: FactorRepository,
    private readonly passwords: PasswordCheck,
    private readonly check: FactorCheck,
    private readonly tries: FactorTries,
    private readonly secondFactor: SecondFactor,
    private readonly news: FactorNews,
    private readonly versions: AuthVersions,
    private readonly queries: QueryBus,
    private readonly issuer: TokenIssuer,
    private readonly seal: AnswerSeal,
  ) {}

  async execute({ form }: StepUpCommand): Promise<TokenAnswer> {
    if (form.password === undefined && !form.factor) throw proofMissing();
    const { account, sessionId, organizationId } = await ownAccount(this.accounts);
    const rules = await this.secondFactor.rulesOf(organizationId);
    const place = form.challengeId ? await this.flows.byId(form.challengeId) : null;
    if (form.challengeId && (place?.purpose !== 'step-up' || place.sessionId !== sessionId)) throw challengeInvalid();
    const reservation =
      form.password === undefined
        ? await this.tries.reserve(account.email)
        : (await this.passwords.checkOwn(account.id, form.password)).reservation;
    const factor =
      form.factor && (await this.check.prepare(account.id, form.factor, place, { window: rules.strict ? 0 : 1 }));
    const memberships = await this.queries.execute(new MembershipsOfUserQuery(account.id));
    const prepared: Prepared = {
      account,
      sessionId,
      membership: memberships.find(({ organization }) => organization.id === organizationId) ?? null,
      signer: await this.issuer.signer(),
      challengeId: form.challengeId,
      factor: factor ?? null,
      copies: rules.copiedPasskeys,
    };
    const outcome = await this.uow.run(
      async (tx): Promise<TokenAnswer | AppError> => {
        await this.factors.lockUser(tx, account.id);
        const proofs: Proof[] = form.password === undefined ? [] : [{ method: 'password' }];
        if (factor) {
          const proof = await this.judge(tx, prepared);
          // Returned, not thrown: what was counted must be committed.
          if (!proof) return factorRefused();
          proofs.push(proof);
        }
        this.tries.succeed(tx, reservation);
        return this.renew(tx, prepared, proofs);
      },
      { tenantId: organizationId ?? PLATFORM_TENANT },
    );
    if (outcome instanceof AppError) throw outcome;
    return outcome;
  }

  private async judge(tx: Transaction, { account, challengeId, factor, copies, sessionId }: Prepared) {
    const flow = challengeId ? await this.flows.lock(tx, challengeId) : null;
    if (flow && (!flow.isOpen(clock.now()) || flow.sessionId !== sessionId)) return null;
    const verdict = await this.check.settle(tx, account.id, factor!, flow, copies);
    if (verdict.copied) await this.news.copied(tx, account, verdict.copied, !verdict.ok);
    if (flow) {
      if (verdict.ok) flow.consume(clock.now());
      else flow.fail();
      await tx.store.update(flow);
    }
    if (!verdict.ok) return null;
    if (verdict.proof.method === 'backup_code') {
      const left = await this.factors.backupCodesLeft(account.id, tx);
      await this.news.changed(tx, account, { what: 'backup-code-used', method: 'backup_code', left });
    }
    return verdict.proof;
  }

  /** New tokens for the same session (ASVS 7.2.4): whoever holds the old ones has nothing. */
  private async renew(tx: Transaction, prepared: Prepared, proofs: Proof[]): Promise<TokenAnswer> {
    const { account, membership, sessionId, signer } = prepared;
    const session = await this.sessions.lock(tx, sessionId);
    const token = await this.sessions.liveToken(tx, sessionId);
    if (!session?.isLive(clock.now()) || !token) throw sessionEnded();
    session.prove(proofs, clock.now());
    session.version = await this.versions.bump(tx, session.id);
    await tx.store.save(session);
    return succeed(tx, session, token, this.seal, (refreshToken) => ({
      ...signer.sign(session),
      refreshToken,
      tokenType: 'Bearer',
      deviceToken: null,
      user: signedInUser(account, membership),
    }));
  }
}
