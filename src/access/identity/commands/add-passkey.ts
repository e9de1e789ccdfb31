import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { PublicKeyCredentialCreationOptionsJSON } from '@simplewebauthn/server';
import { clock } from '../../../kernel/clock/clock';
import { AuthFlowRepository } from '../data/auth-flow.repository';
import { AuthFlow } from '../domain/auth-flow';
import { challengeInvalid, passkeyRefused } from '../domain/factor.errors';
import { AddingFactor, type FactorAdded } from './adding-factor';
import { FactorEnrolment } from './factor-enrolment';

/** Options for a new passkey, and the name of the challenge in them. */
export interface PasskeyCreation {
  challengeId: string;
  options: PublicKeyCredentialCreationOptionsJSON;
}

/** Makes options for a new passkey of the caller. */
export class StartPasskeyCommand extends Command<PasskeyCreation> {}

@CommandHandler(StartPasskeyCommand)
export class StartPasskeyHandler implements ICommandHandler<StartPasskeyCommand> {
  constructor(
    private readonly adding: AddingFactor,
    private readonly enrolment: FactorEnrolment,
    private readonly flows: AuthFlowRepository,
  ) {}

  async execute(): Promise<PasskeyCreation> {
    const own = await this.adding.by('passkey');
    const { account, sessionId } = own;
    await this.enrolment.assertRoom(account.id, 'passkey');
    const now = clock.now();
    const client = this.flows.client();
    const { flow } = AuthFlow.open({ purpose: 'passkey-enrol', userId: account.id, sessionId, client, now });
    const options = await this.enrolment.creationOptions(account, flow.challengeWith(now));
    await this.adding.run(own, (tx) => tx.store.insert(flow));
    return { challengeId: flow.id, options };
  }
}

/** Stores the passkey that an authenticator made for the caller. */
export class ConfirmPasskeyCommand extends Command<FactorAdded> {
  constructor(readonly form: { challengeId: string; credential: object; name?: string; endOtherSessions?: boolean }) {
    super();
  }
}

@CommandHandler(ConfirmPasskeyCommand)
export class ConfirmPasskeyHandler implements ICommandHandler<ConfirmPasskeyCommand> {
  constructor(
    private readonly adding: AddingFactor,
    private readonly enrolment: FactorEnrolment,
    private readonly flows: AuthFlowRepository,
  ) {}

  async execute({ form }: ConfirmPasskeyCommand): Promise<FactorAdded> {
    const own = await this.adding.by('passkey');
    await this.enrolment.assertRoom(own.account.id, 'passkey');
    const place = await this.flows.byId(form.challengeId);
    if (!place?.challenge) throw challengeInvalid();
    const { challenge } = place;
    const factor = await this.enrolment.provenPasskey(form.credential, challenge, form.name);
    const { endOtherSessions } = form;
    return this.adding.commit(own, { endOtherSessions, refusal: passkeyRefused }, async (tx) => {
      const flow = await this.adding.flow(tx, own, form.challengeId, 'passkey-enrol');
      // One answer to one challenge, right or wrong.
      const isLive = flow.takeChallenge(clock.now()) === challenge;
      flow.consume(clock.now());
      await tx.store.update(flow);
      return isLive ? factor : null;
    });
  }
}
