import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { clock } from '../../../kernel/clock/clock';
import { AuthFlowRepository } from '../data/auth-flow.repository';
import { AuthFlow } from '../domain/auth-flow';
import { challengeInvalid, factorRefused } from '../domain/factor.errors';
import { AddingFactor, type FactorAdded } from './adding-factor';
import { FactorEnrolment } from './factor-enrolment';
import { SendCode, type SentCode } from './send-code';

/** Sends a code to a new phone number, or to the account's address. */
export class StartCodeFactorCommand extends Command<SentCode & { challengeId: string }> {
  constructor(readonly form: { method: 'sms' | 'email'; phone?: string; name?: string; challengeId?: string }) {
    super();
  }
}

@CommandHandler(StartCodeFactorCommand)
export class StartCodeFactorHandler implements ICommandHandler<StartCodeFactorCommand> {
  constructor(
    private readonly adding: AddingFactor,
    private readonly enrolment: FactorEnrolment,
    private readonly flows: AuthFlowRepository,
    private readonly codes: SendCode,
  ) {}

  async execute({ form }: StartCodeFactorCommand): Promise<SentCode & { challengeId: string }> {
    const own = await this.adding.by(form.method);
    const { account, sessionId } = own;
    const { target, data } = await this.enrolment.newTarget(account, form);
    await this.codes.reserve(target);
    return this.adding.run(own, async (tx) => {
      const flow = form.challengeId
        ? await this.adding.flow(tx, own, form.challengeId, 'enrol')
        : AuthFlow.open({
            purpose: 'enrol',
            userId: account.id,
            sessionId,
            client: this.flows.client(),
            now: clock.now(),
          }).flow;
      // A code that is sent again goes to the same number or address; another one is another enrolment.
      if (flow.codeMethod && flow.codeMethod !== form.method) throw challengeInvalid();
      flow.data = data;
      return { challengeId: flow.id, ...(await this.codes.send(tx, flow, target)) };
    });
  }
}

/** Confirms a number or address by the code that was sent there. */
export class ConfirmCodeFactorCommand extends Command<FactorAdded> {
  constructor(
    readonly form: { method: 'sms' | 'email'; challengeId: string; code: string; endOtherSessions?: boolean },
  ) {
    super();
  }
}

@CommandHandler(ConfirmCodeFactorCommand)
export class ConfirmCodeFactorHandler implements ICommandHandler<ConfirmCodeFactorCommand> {
  constructor(
    private readonly adding: AddingFactor,
    private readonly enrolment: FactorEnrolment,
  ) {}

  async execute({ form }: ConfirmCodeFactorCommand): Promise<FactorAdded> {
    const own = await this.adding.by(form.method);
    const { endOtherSessions } = form;
    return this.adding.commit(own, { endOtherSessions, refusal: factorRefused }, async (tx) => {
      const flow = await this.adding.flow(tx, own, form.challengeId, 'enrol');
      const factor = this.enrolment.provenTarget(flow, form.code);
      if (factor?.method === form.method) flow.consume(clock.now());
      else flow.fail();
      await tx.store.update(flow);
      return factor?.method === form.method ? factor : null;
    });
  }
}
