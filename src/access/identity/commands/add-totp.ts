import { Command, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { FindOrganizationQuery } from '../../organizations/contracts/find-organization';
import { FactorRepository } from '../data/factor.repository';
import { factorRefused } from '../domain/factor.errors';
import { AddingFactor, type FactorAdded } from './adding-factor';
import { FactorEnrolment, type TotpSetup } from './factor-enrolment';

/** Begins a new authenticator app; it counts once its first code is confirmed. */
export class StartTotpCommand extends Command<TotpSetup> {
  constructor(readonly form: { name?: string } = {}) {
    super();
  }
}

@CommandHandler(StartTotpCommand)
export class StartTotpHandler implements ICommandHandler<StartTotpCommand> {
  constructor(
    private readonly adding: AddingFactor,
    private readonly factors: FactorRepository,
    private readonly enrolment: FactorEnrolment,
    private readonly queries: QueryBus,
  ) {}

  async execute({ form }: StartTotpCommand): Promise<TotpSetup> {
    const own = await this.adding.by('totp');
    const { organizationId } = own;
    const shop = organizationId ? await this.queries.execute(new FindOrganizationQuery({ id: organizationId })) : null;
    const { secretEnc, name, ...setup } = await this.enrolment.newTotp(
      own.account,
      shop?.name ?? 'Mainstay',
      form.name,
    );
    await this.adding.run(own, async (tx) => {
      await this.factors.addPendingTotp(tx, { id: setup.factorId, userId: own.account.id, name, secretEnc });
    });
    return setup;
  }
}

/** Confirms an app by its first code: the app that is named, else the one that was begun last. */
export class ConfirmTotpCommand extends Command<FactorAdded> {
  constructor(readonly form: { code: string; factorId?: string; endOtherSessions?: boolean }) {
    super();
  }
}

@CommandHandler(ConfirmTotpCommand)
export class ConfirmTotpHandler implements ICommandHandler<ConfirmTotpCommand> {
  constructor(
    private readonly adding: AddingFactor,
    private readonly enrolment: FactorEnrolment,
  ) {}

  async execute({ form }: ConfirmTotpCommand): Promise<FactorAdded> {
    const own = await this.adding.by('totp');
    const { endOtherSessions } = form;
    const factor = await this.enrolment.provenTotp(own.account.id, form.code, form.factorId);
    return this.adding.commit(own, { endOtherSessions, refusal: factorRefused }, async () => factor);
  }
}
