import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { SendMessageCommand } from '../../../engagement/notifications/contracts/send-message';
import { clock } from '../../../kernel/clock/clock';
import { currentContext, PLATFORM_TENANT } from '../../../kernel/context/request-context';
import { sha256 } from '../../../kernel/crypto/hashing';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId, newSecret } from '../../../kernel/ids/ids';
import { FactorRecoveryOpened } from '../contracts/factor-events';
import { AccountRepository } from '../data/account.repository';
import { AuthFlowRepository } from '../data/auth-flow.repository';
import { FactorRecoveryRepository, type RecoveryRow } from '../data/factor-recovery.repository';
import { FactorRepository } from '../data/factor.repository';
import {
  mfaTokenInvalid,
  recoveryIncomplete,
  recoveryNotFound,
  recoveryNotOpen,
  recoveryOfOneself,
} from '../domain/factor.errors';
import { isOpen, missingProofs } from '../domain/factor-recovery.policy';
import { linkInvalid, linkSpent } from '../domain/identity.errors';
import { actingAs } from './acting-as';
import { FactorRecovery } from './factor-recovery';
import { inWords } from './factor-news';
import { OpenSignIns } from './open-sign-ins';
import { ownAccount } from './own-account';
import { SecondFactor, type SecondFactorAnswer } from './second-factor';

/** How far a recovery is. */
export interface RecoveryProgress {
  emailConfirmed: boolean;
  approved: boolean;
  waitsUntil: Date;
  expiresAt: Date;
  /** Proofs of which one more is needed at least; empty when the recovery can be carried out. */
  missing: ('email' | 'approval' | 'waiting')[];
}

const progressOf = (row: RecoveryRow): RecoveryProgress => ({
  emailConfirmed: row.emailConfirmedAt !== null,
  approved: row.approvedAt !== null,
  waitsUntil: row.waitsUntil,
  expiresAt: row.expiresAt,
  missing: missingProofs(row, clock.now()),
});

/** Opens the recovery of who knows the password and has lost every factor, or says how far the open one is. */
export class OpenRecoveryCommand extends Command<RecoveryProgress> {
  constructor(readonly mfaToken: string) {
    super();
  }
}

@CommandHandler(OpenRecoveryCommand)
export class OpenRecoveryHandler implements ICommandHandler<OpenRecoveryCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly signIns: OpenSignIns,
    private readonly flows: AuthFlowRepository,
    private readonly factors: FactorRepository,
    private readonly recoveries: FactorRecoveryRepository,
    private readonly commands: CommandBus,
  ) {}

  async execute({ mfaToken }: OpenRecoveryCommand): Promise<RecoveryProgress> {
    const { account, place } = await this.signIns.open(mfaToken);
    const organizationId = place.data.organizationId ?? null;
    return actingAs(account.id, () =>
      this.uow.run(
        async (tx) => {
          await this.factors.lockUser(tx, account.id);
          const flow = await this.flows.lock(tx, place.id);
          if (!flow?.isOpen(clock.now()) || !flow.isOf(this.flows.client()) || flow.data.enrols)
            throw mfaTokenInvalid();
          const open = await this.recoveries.openOf(tx, account.id);
          if (open) return progressOf(open);
          const [linkToken, stopToken] = [newSecret(), newSecret()];
          const hashes = { linkHash: sha256(linkToken), stopHash: sha256(stopToken) };
          const recovery = await this.recoveries.open(tx, {
            id: newId(),
            userId: account.id,
            organizationId,
            ...hashes,
          });
          const { id: recoveryId, waitsUntil } = recovery;
          tx.record(new FactorRecoveryOpened(account.id, { userId: account.id, recoveryId, organizationId }));
          await this.commands.execute(
            new SendMessageCommand({
              to: account.email,
              template: 'factor-recovery',
              data: { name: account.name, linkToken, stopToken, waitsUntil: inWords(waitsUntil) },
              dedupeKey: `factor-recovery:${recoveryId}`,
            }),
          );
          return progressOf(recovery);
        },
        { tenantId: organizationId ?? PLATFORM_TENANT },
      ),
    );
  }
}

/** Turns a sign-in into the enrolment of a new factor, once the recovery is proven enough. */
export class CarryOutRecoveryCommand extends Command<SecondFactorAnswer> {
  constructor(readonly mfaToken: string) {
    super();
  }
}

@CommandHandler(CarryOutRecoveryCommand)
export class CarryOutRecoveryHandler implements ICommandHandler<CarryOutRecoveryCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly signIns: OpenSignIns,
    private readonly flows: AuthFlowRepository,
    private readonly factors: FactorRepository,
    private readonly recoveries: FactorRecoveryRepository,
    private readonly secondFactor: SecondFactor,
  ) {}

  async execute({ mfaToken }: CarryOutRecoveryCommand): Promise<SecondFactorAnswer> {
    const { account, place } = await this.signIns.open(mfaToken);
    const organizationId = place.data.organizationId ?? null;
    const methods = this.secondFactor.enrollable(await this.secondFactor.rulesOf(organizationId));
    return actingAs(account.id, () =>
      this.uow.run(
        async (tx) => {
          await this.factors.lockUser(tx, account.id);
          const flow = await this.flows.lock(tx, place.id);
          if (!flow?.isOpen(clock.now()) || !flow.isOf(this.flows.client()) || flow.data.enrols)
            throw mfaTokenInvalid();
          const recovery = await this.recoveries.openOf(tx, account.id);
          if (!recovery) throw recoveryNotOpen();
          const missing = missingProofs(recovery, clock.now());
          if (missing.length > 0) throw recoveryIncomplete(missing, recovery.waitsUntil);
          flow.data = { ...flow.data, enrols: true, methods, recoveryId: recovery.id };
          await tx.store.update(flow);
          return this.secondFactor.answer(mfaToken, { methods, enrols: true, factors: [] }, account);
        },
        { tenantId: organizationId ?? PLATFORM_TENANT },
      ),
    );
  }
}

/** Opens one of the two links of the mail: it is me, or it is not. */
export class AnswerRecoveryCommand extends Command<{ stopped: boolean }> {
  constructor(
    readonly kind: 'link' | 'stop',
    readonly token: string,
  ) {
    super();
  }
}

@CommandHandler(AnswerRecoveryCommand)
export class AnswerRecoveryHandler implements ICommandHandler<AnswerRecoveryCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly factors: FactorRepository,
    private readonly recoveries: FactorRecoveryRepository,
    private readonly recovery: FactorRecovery,
  ) {}

  async execute({ kind, token }: AnswerRecoveryCommand): Promise<{ stopped: boolean }> {
    const found = await this.recoveries.byLink(kind, sha256(token));
    if (!found) throw linkInvalid();
    if (!isOpen(found, clock.now())) throw linkSpent();
    const done = await actingAs(found.userId, () =>
      this.uow.run(
        async (tx) => {
          await this.factors.lockUser(tx, found.userId);
          return kind === 'link' ? this.recoveries.confirmEmail(tx, found.id) : this.recovery.stop(tx, found.userId);
        },
        { tenantId: found.organizationId ?? PLATFORM_TENANT },
      ),
    );
    if (!done) throw linkSpent();
    return { stopped: kind === 'stop' };
  }
}

/** Stops the open recovery of the caller, who is signed in and so has lost nothing. */
export class StopRecoveryCommand extends Command<void> {}

@CommandHandler(StopRecoveryCommand)
export class StopRecoveryHandler implements ICommandHandler<StopRecoveryCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly accounts: AccountRepository,
    private readonly factors: FactorRepository,
    private readonly recovery: FactorRecovery,
  ) {}

  async execute(): Promise<void> {
    const { account, organizationId } = await ownAccount(this.accounts);
    const stopped = await this.uow.run(
      async (tx) => {
        await this.factors.lockUser(tx, account.id);
        return this.recovery.stop(tx, account.id);
      },
      { tenantId: organizationId ?? PLATFORM_TENANT },
    );
    if (!stopped) throw recoveryNotOpen();
  }
}

/** Consents to the recovery of another member of the caller's organization. */
export class ApproveRecoveryCommand extends Command<RecoveryProgress> {
  constructor(readonly recoveryId: string) {
    super();
  }
}

@CommandHandler(ApproveRecoveryCommand)
export class ApproveRecoveryHandler implements ICommandHandler<ApproveRecoveryCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly recoveries: FactorRecoveryRepository,
  ) {}

  async execute({ recoveryId }: ApproveRecoveryCommand): Promise<RecoveryProgress> {
    const { principal, tenantId } = currentContext();
    const found = await this.recoveries.openIn(tenantId!, recoveryId);
    if (!found) throw recoveryNotFound();
    if (found.userId === principal.userId) throw recoveryOfOneself();
    const approved = await this.uow.run((tx) =>
      this.recoveries.approve(tx, { id: recoveryId, organizationId: tenantId!, by: principal.userId! }),
    );
    return progressOf(approved ?? found);
  }
}
