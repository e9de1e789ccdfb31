import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Config } from '../../../kernel/config/config';
import { GatewayDesk } from '../adapters/gateway-desk';
import { RecordOutcomeCommand } from '../contracts/record-outcome';
import { AttemptReader } from '../data/attempt-reader';
import { GatewayAccounts } from '../data/gateway-accounts';
import { gatewayNotFound, paymentNotFound } from '../domain/payments.errors';
import { referenceOf } from './gateway-requests';

/**
 * Tells the gateway that an attempt is no longer wanted and records the state that it really has: a charge that came
 * first is given back by the recording. Network: never inside a transaction. @throws what the gateway call throws
 */
export class CancelAttemptCommand extends Command<void> {
  constructor(readonly attemptId: string) {
    super();
  }
}

@CommandHandler(CancelAttemptCommand)
export class CancelAttemptHandler implements ICommandHandler<CancelAttemptCommand> {
  constructor(
    private readonly commands: CommandBus,
    private readonly attempts: AttemptReader,
    private readonly accounts: GatewayAccounts,
    private readonly desk: GatewayDesk,
    private readonly config: Config,
  ) {}

  async execute({ attemptId }: CancelAttemptCommand): Promise<void> {
    const attempt = await this.attempts.find(attemptId);
    if (!attempt) throw paymentNotFound();
    const account = await this.accounts.find(attempt.tenantId, attempt.gatewayId);
    if (!account) throw gatewayNotFound();
    const reference = referenceOf(attempt, this.config.publicUrl);
    const outcome = await this.desk.call(account, (gateway, signal) => gateway.cancel(account, reference, signal));
    await this.commands.execute(new RecordOutcomeCommand({ attemptId, outcome }));
  }
}
