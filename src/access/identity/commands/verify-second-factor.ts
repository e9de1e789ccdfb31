import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { noteAudit } from '../../../kernel/audit/audit';
import { clock } from '../../../kernel/clock/clock';
import { currentContext, PLATFORM_TENANT } from '../../../kernel/context/request-context';
import type { Transaction } from '../../../kernel/database/transaction';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { AppError } from '../../../kernel/errors/app-error';
import type { Membership } from '../../organizations/contracts/memberships-of-user';
import { AccountRepository } from '../data/account.repository';
import type { MfaRules } from '../contracts/security-policy';
import { AuthFlowRepository } from '../data/auth-flow.repository';
import { FactorRepository } from '../data/factor.repository';
import { SignInLog } from '../data/sign-in-log';
import type { AuthFlow } from '../domain/auth-flow';
import { factorRefused, mfaTokenInvalid } from '../domain/factor.errors';
import { credentialsRefused } from '../domain/identity.errors';
import { actingAs } from './acting-as';
import { BeginSession } from './begin-session';
import { FactorCheck, type AcceptedProof, type OfferedProof, type PreparedProof } from './factor-check';
import { FactorNews } from './factor-news';
import { FactorRecovery } from './factor-recovery';
import { FactorTries } from './factor-tries';
import { admissionOf, OpenSignIns, type OpenSignIn } from './open-sign-ins';
import { SecondFactor, type SecondFactorAnswer } from './second-factor';
import type { TokenAnswer } from './token-answer';

/**
 * Gives the second factor of a sign-in. The answer is that of a sign-in; where the organization wants a better factor
 * than the one that was given, it says so and the same token sets one up.
 * @throws AppError 401 `identity.mfa-token-invalid`, `identity.factor-refused`, 429 `identity.too-many-tries`
 */
export class VerifySecondFactorCommand extends Command<TokenAnswer | SecondFactorAnswer> {
  constructor(readonly form: OfferedProof & { mfaToken: string; trustDevice?: boolean }) {
    super();
  }
}

@CommandHandler(VerifySecondFactorCommand)
export class VerifySecondFactorHandler implements ICommandHandler<VerifySecondFactorCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly signIns: OpenSignIns,
    private readonly flows: AuthFlowRepository,
    private readonly accounts: AccountRepository,
    private readonly factors: FactorRepository,
    private readonly check: FactorCheck,
    private readonly tries: FactorTries,
    private readonly secondFactor: SecondFactor,
    private readonly sessions: BeginSession,
    private readonly news: FactorNews,
    private readonly recovery: FactorRecovery,
    private readonly log: SignInLog,
  ) {}

  async execute({ form }: VerifySecondFactorCommand): Promise<TokenAnswer | SecondFactorAnswer> {
    const signIn = await this.signIns.open(form.mfaToken);
    const { place, account, membership } = signIn;
    noteAudit({ target: { userId: account.id }, subjectId: account.id });
    const reservation = await this.tries.reserve(account.email);
    const rules = await this.secondFactor.rulesOf(membership?.organization.id ?? null);
    const asked = !place.data.enrols && place.data.methods?.includes(form.method);
    const prepared = asked ? await this.check.prepare(account.id, form, place, { window: rules.strict ? 0 : 1 }) : null;
    await this.sessions.prepare(membership?.organization.id ?? null);
    const outcome = await actingAs(account.id, () =>
      this.uow.run(
        async (tx) => {
          await this.sessions.lockUser(tx, account.id);
          const flow = await this.flows.lock(tx, place.id);
          if (!flow?.isOpen(clock.now()) || !flow.isOf(this.flows.client())) return mfaTokenInvalid();
          const proof = await this.judge(tx, signIn, flow, prepared, rules.copiedPasskeys);
          // Returned, not thrown: what was counted, and what was used up, must be committed.
          if (!proof) return factorRefused();
          this.tries.succeed(tx, reservation);
          return this.go(tx, signIn, flow, proof, { ...form, rules });
        },
        { tenantId: membership?.organization.id ?? PLATFORM_TENANT },
      ),
    );
    if (outcome instanceof AppError) throw outcome;
    return outcome;
  }

  /** @returns null for what was refused, and counted */
  private async judge(
    tx: Transaction,
    { account }: OpenSignIn,
    flow: AuthFlow,
    prepared: PreparedProof | null,
    copies: 'refuse' | 'report',
  ): Promise<AcceptedProof | null> {
    const verdict = prepared ? await this.check.settle(tx, account.id, prepared, flow, copies) : { ok: false as const };
    if ('copied' in verdict && verdict.copied) await this.news.copied(tx, account, verdict.copied, !verdict.ok);
    if (verdict.ok) return verdict.proof;
    flow.fail();
    await tx.store.update(flow);
    this.log.note(tx, { userId: account.id, result: 'wrong_factor', deviceId: currentContext().deviceId });
    return null;
  }

  /** The factor is right: a session begins, or a better factor must be set up first. */
  private async go(
    tx: Transaction,
    { place, account, membership }: OpenSignIn,
    flow: AuthFlow,
    proof: AcceptedProof,
    form: { mfaToken: string; trustDevice?: boolean; rules: MfaRules },
  ): Promise<TokenAnswer | SecondFactorAnswer | AppError> {
    const now = clock.now();
    if (!(await this.accounts.credentialUsed(tx, account.credential, null))) throw credentialsRefused();
    if (proof.method === 'backup_code') {
      const left = await this.factors.backupCodesLeft(account.id, tx);
      await this.news.changed(tx, account, { what: 'backup-code-used', method: 'backup_code', left });
    }
    // What was proven is not lost: somebody else said so.
    else await this.recovery.stop(tx, account.id);
    const missing = this.secondFactor.enrolmentAfter(form.rules, [proof.method], membership);
    if (missing) {
      flow.data = { ...flow.data, enrols: true, methods: missing, given: proof };
      flow.failures = 0;
      await tx.store.update(flow);
      return this.secondFactor.answer(form.mfaToken, { methods: missing, enrols: true, factors: [] }, account);
    }
    flow.consume(now);
    await tx.store.update(flow);
    await this.trust(tx, account.id, membership, form);
    return this.sessions.beginOrRefuse(tx, admissionOf(account, membership, place, [proof], now));
  }

  private async trust(
    tx: Transaction,
    userId: string,
    membership: Membership | null,
    { trustDevice, rules }: { trustDevice?: boolean; rules: MfaRules },
  ): Promise<void> {
    const { deviceId } = currentContext();
    if (!trustDevice || rules.trustedDeviceDays === 0 || !deviceId) return;
    const until = new Date(clock.nowMs() + rules.trustedDeviceDays * 86_400_000);
    await this.factors.trustDevice(tx, {
      userId,
      deviceId,
      organizationId: membership?.organization.id ?? null,
      until,
    });
  }
}
