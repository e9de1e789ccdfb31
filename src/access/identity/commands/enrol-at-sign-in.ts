import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { PublicKeyCredentialCreationOptionsJSON } from '@simplewebauthn/server';
import { clock } from '../../../kernel/clock/clock';
import { PLATFORM_TENANT } from '../../../kernel/context/request-context';
import type { Transaction } from '../../../kernel/database/transaction';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { AppError } from '../../../kernel/errors/app-error';
import { FactorRepository } from '../data/factor.repository';
import { AuthFlowRepository } from '../data/auth-flow.repository';
import { AccountRepository } from '../data/account.repository';
import type { AuthFlow } from '../domain/auth-flow';
import { factorRefused, mfaTokenInvalid, methodUnavailable } from '../domain/factor.errors';
import { credentialsRefused } from '../domain/identity.errors';
import { actingAs } from './acting-as';
import { BeginSession } from './begin-session';
import { FactorEnrolment, type NewFactor, type TotpSetup } from './factor-enrolment';
import { FactorRecovery } from './factor-recovery';
import { FactorTries } from './factor-tries';
import { OpenSignIns, admissionOf, type OpenSignIn } from './open-sign-ins';
import { SendCode, type SentCode } from './send-code';
import type { TokenAnswer } from './token-answer';

/** What setting a factor up goes on with, by method. */
export type EnrolmentChallenge =
  | ({ method: 'totp' } & TotpSetup)
  | ({ method: 'sms' } & SentCode)
  | { method: 'passkey'; options: PublicKeyCredentialCreationOptionsJSON };

/** Begins to set up the factor that a sign-in asks for. */
export class StartEnrolmentCommand extends Command<EnrolmentChallenge> {
  constructor(readonly form: { mfaToken: string; method: 'totp' | 'sms' | 'passkey'; phone?: string; name?: string }) {
    super();
  }
}

@CommandHandler(StartEnrolmentCommand)
export class StartEnrolmentHandler implements ICommandHandler<StartEnrolmentCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly signIns: OpenSignIns,
    private readonly flows: AuthFlowRepository,
    private readonly factors: FactorRepository,
    private readonly enrolment: FactorEnrolment,
    private readonly codes: SendCode,
  ) {}

  async execute({ form }: StartEnrolmentCommand): Promise<EnrolmentChallenge> {
    const signIn = await this.signIns.open(form.mfaToken);
    const { account, place } = signIn;
    if (!place.data.enrols || !place.data.methods?.includes(form.method)) throw methodUnavailable(form.method);
    const arm = await this.arming(signIn, form);
    return actingAs(account.id, () =>
      this.uow.run(
        async (tx) => {
          const flow = await this.flows.lock(tx, place.id);
          if (!flow?.isOpen(clock.now()) || !flow.isOf(this.flows.client())) throw mfaTokenInvalid();
          return arm(tx, flow);
        },
        { tenantId: place.data.organizationId ?? PLATFORM_TENANT },
      ),
    );
  }

  /** Does what is slow, and gives back what is left to do once the flow is locked. */
  private async arming(
    { account, membership }: OpenSignIn,
    { method, name, phone }: StartEnrolmentCommand['form'],
  ): Promise<(tx: Transaction, flow: AuthFlow) => Promise<EnrolmentChallenge>> {
    switch (method) {
      case 'totp': {
        const issuer = membership?.organization.name ?? 'Mainstay';
        const { secretEnc, name: called, ...setup } = await this.enrolment.newTotp(account, issuer, name);
        return async (tx) => {
          await this.factors.addPendingTotp(tx, { id: setup.factorId, userId: account.id, name: called, secretEnc });
          return { method, ...setup };
        };
      }
      case 'sms': {
        const { target, data } = await this.enrolment.newTarget(account, { method, phone, name });
        await this.codes.reserve(target);
        return async (tx, flow) => {
          flow.data = { ...flow.data, ...data };
          return { method, ...(await this.codes.send(tx, flow, target)) };
        };
      }
      case 'passkey': {
        await this.enrolment.assertRoom(account.id, 'passkey');
        return async (tx, flow) => {
          const challenge = flow.challengeWith(clock.now());
          await tx.store.update(flow);
          return { method, options: await this.enrolment.creationOptions(account, challenge) };
        };
      }
    }
  }
}

/** Finishes the sign-in with the factor that was set up. */
export class FinishEnrolmentCommand extends Command<TokenAnswer & { backupCodes: string[] }> {
  constructor(
    readonly form: {
      mfaToken: string;
      method: 'totp' | 'sms' | 'passkey';
      code?: string;
      credential?: object;
      name?: string;
    },
  ) {
    super();
  }
}

@CommandHandler(FinishEnrolmentCommand)
export class FinishEnrolmentHandler implements ICommandHandler<FinishEnrolmentCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly signIns: OpenSignIns,
    private readonly flows: AuthFlowRepository,
    private readonly accounts: AccountRepository,
    private readonly enrolment: FactorEnrolment,
    private readonly recovery: FactorRecovery,
    private readonly tries: FactorTries,
    private readonly sessions: BeginSession,
  ) {}

  async execute({ form }: FinishEnrolmentCommand): Promise<TokenAnswer & { backupCodes: string[] }> {
    const signIn = await this.signIns.open(form.mfaToken);
    const { account, membership, place } = signIn;
    if (!place.data.enrols || !place.data.methods?.includes(form.method)) throw methodUnavailable(form.method);
    const find = await this.finding(signIn, form);
    const reservation = await this.tries.reserve(account.email);
    await this.sessions.prepare(membership?.organization.id ?? null);
    const outcome = await actingAs(account.id, () =>
      this.uow.run(
        async (tx) => {
          await this.sessions.lockUser(tx, account.id);
          const flow = await this.flows.lock(tx, place.id);
          if (!flow?.isOpen(clock.now()) || !flow.isOf(this.flows.client())) return mfaTokenInvalid();
          const factor = await find(flow);
          if (!factor) {
            flow.fail();
            await tx.store.update(flow);
            return factorRefused();
          }
          // Whoever had lost every factor has this one alone from now on.
          if (flow.data.recoveryId) await this.recovery.complete(tx, account, flow.data.recoveryId, factor);
          const stored = await this.enrolment.store(tx, account, factor);
          if (!stored) return factorRefused();
          if (!(await this.accounts.credentialUsed(tx, account.credential, null))) throw credentialsRefused();
          this.tries.succeed(tx, reservation);
          flow.consume(clock.now());
          await tx.store.update(flow);
          const proofs = [...(place.data.given ? [place.data.given] : []), stored.proof];
          const answer = await this.sessions.beginOrRefuse(
            tx,
            admissionOf(account, membership, place, proofs, clock.now()),
          );
          return answer instanceof AppError ? answer : { ...answer, backupCodes: stored.backupCodes };
        },
        { tenantId: membership?.organization.id ?? PLATFORM_TENANT },
      ),
    );
    if (outcome instanceof AppError) throw outcome;
    return outcome;
  }

  /** Does what is slow, and gives back what is left to judge once the flow is locked. */
  private async finding(
    { account, place }: OpenSignIn,
    { method, code = '', credential, name }: FinishEnrolmentCommand['form'],
  ): Promise<(flow: AuthFlow) => Promise<NewFactor | null>> {
    switch (method) {
      case 'totp': {
        const factor = await this.enrolment.provenTotp(account.id, code);
        return async () => factor;
      }
      case 'sms':
        return async (flow) => {
          const factor = this.enrolment.provenTarget(flow, code);
          return factor?.method === 'sms' ? factor : null;
        };
      case 'passkey': {
        const { challenge } = place;
        const factor = challenge && credential ? await this.enrolment.provenPasskey(credential, challenge, name) : null;
        return async (flow) => (flow.takeChallenge(clock.now()) === challenge ? factor : null);
      }
    }
  }
}
