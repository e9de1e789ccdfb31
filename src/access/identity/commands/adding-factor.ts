import { Injectable } from '@nestjs/common';
import { clock } from '../../../kernel/clock/clock';
import { currentContext, PLATFORM_TENANT } from '../../../kernel/context/request-context';
import type { Transaction } from '../../../kernel/database/transaction';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import type { AppError } from '../../../kernel/errors/app-error';
import { AccountRepository, type AccountFacts } from '../data/account.repository';
import { AuthFlowRepository } from '../data/auth-flow.repository';
import { FactorRepository } from '../data/factor.repository';
import { SessionRepository } from '../data/session.repository';
import type { FactorMethod } from '../domain/assurance';
import type { AuthFlow, FlowPurpose } from '../domain/auth-flow';
import { challengeInvalid, methodUnavailable } from '../domain/factor.errors';
import { allowedSteps, demandOn } from '../domain/mfa-section.policy';
import { FactorEnrolment, type NewFactor } from './factor-enrolment';
import { ownAccount } from './own-account';
import { SecondFactor } from './second-factor';

/** What the owner gets with a new factor. */
export interface FactorAdded {
  factorId: string;
  /** Ten codes with the first factor, shown this once; none with a further one. */
  backupCodes: string[];
  /** Other sessions of the user that are open: they may be ended, in case one is not the user's. */
  otherSessions: number;
}

/** The caller, as far as its factors are concerned. */
export interface Adding {
  account: AccountFacts;
  sessionId: string;
  organizationId: string | null;
}

/** What the ways of adding a factor have in common: whose it is, whether it is allowed, and the commit that stores it. */
@Injectable()
export class AddingFactor {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly accounts: AccountRepository,
    private readonly flows: AuthFlowRepository,
    private readonly factors: FactorRepository,
    private readonly sessions: SessionRepository,
    private readonly enrolment: FactorEnrolment,
    private readonly secondFactor: SecondFactor,
  ) {}

  /** The caller, where its organization lets it have such a factor. @throws AppError conflict */
  async by(method: FactorMethod): Promise<Adding> {
    const own = await ownAccount(this.accounts);
    const rules = await this.secondFactor.rulesOf(own.organizationId);
    const [role] = currentContext().principal.roles;
    const { mode } = demandOn(rules, own.organizationId ? { role: role ?? '', joinedAt: '' } : null, clock.now());
    if (mode === 'off' || !allowedSteps(rules).includes(method)) throw methodUnavailable(method);
    return own;
  }

  /** Runs work in a transaction of the caller. */
  run<T>({ organizationId }: Adding, work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.uow.run(work, { tenantId: organizationId ?? PLATFORM_TENANT });
  }

  /** An enrolment flow of the caller's session, locked. @throws AppError invalid `identity.challenge-invalid` */
  async flow(tx: Transaction, adding: Adding, id: string, purpose: FlowPurpose): Promise<AuthFlow> {
    const flow = await this.flows.lock(tx, id);
    const isOurs =
      flow?.userId === adding.account.id && flow.sessionId === adding.sessionId && flow.purpose === purpose;
    if (!isOurs || !flow.isOpen(clock.now())) throw challengeInvalid();
    return flow;
  }

  /**
   * Stores what `find` proves within the transaction; it is also one more proof of the session.
   * @param refusal thrown after the commit, when nothing was proven: what was counted stays counted
   */
  async commit(
    adding: Adding,
    options: { endOtherSessions?: boolean; refusal: () => AppError },
    find: (tx: Transaction) => Promise<NewFactor | null>,
  ): Promise<FactorAdded> {
    const { account, sessionId } = adding;
    const added = await this.run(adding, async (tx): Promise<FactorAdded | null> => {
      await this.factors.lockUser(tx, account.id);
      const factor = await find(tx);
      const stored = factor && (await this.enrolment.store(tx, account, factor));
      if (!stored) return null;
      if (options.endOtherSessions) await this.sessions.revokeAll(tx, account.id, 'factors-changed', sessionId);
      const session = await this.sessions.lock(tx, sessionId);
      session?.prove([stored.proof], clock.now());
      if (session) await tx.store.save(session);
      const otherSessions = await this.sessions.othersOpen(tx, account.id, sessionId);
      return { factorId: factor.factorId, backupCodes: stored.backupCodes, otherSessions };
    });
    if (!added) throw options.refusal();
    return added;
  }
}
