import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { OpenSandboxAccountCommand } from '../contracts/sandbox-provider';
import { AccountSecrets } from '../data/account-secrets';
import { WebhookOutbox } from '../data/webhook-outbox';

@CommandHandler(OpenSandboxAccountCommand)
export class OpenAccountHandler implements ICommandHandler<OpenSandboxAccountCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly outbox: WebhookOutbox,
    private readonly secrets: AccountSecrets,
  ) {}

  async execute({ account }: OpenSandboxAccountCommand): Promise<void> {
    await this.uow.run(async (tx) => {
      await this.outbox.openAccount(
        tx,
        account.accountId,
        await this.secrets.seal(account.accountId, account.webhookSecret),
      );
    });
  }
}
