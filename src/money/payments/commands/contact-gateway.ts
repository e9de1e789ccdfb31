import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Config } from '../../../kernel/config/config';
import { currentContext } from '../../../kernel/context/request-context';
import { GatewayDesk } from '../adapters/gateway-desk';
import { ContactGatewayCommand } from '../contracts/contact-gateway';
import type { GatewayOutcome } from '../contracts/gateway-outcome';
import { AttemptReader } from '../data/attempt-reader';
import { GatewayAccounts } from '../data/gateway-accounts';
import { gatewayNotFound, paymentNotFound } from '../domain/payments.errors';

@CommandHandler(ContactGatewayCommand)
export class ContactGatewayHandler implements ICommandHandler<ContactGatewayCommand> {
  constructor(
    private readonly attempts: AttemptReader,
    private readonly accounts: GatewayAccounts,
    private readonly desk: GatewayDesk,
    private readonly config: Config,
  ) {}

  async execute({ request: { attemptId, opened } }: ContactGatewayCommand): Promise<GatewayOutcome> {
    const context = currentContext();
    if (context.transaction) throw new Error('ContactGatewayCommand must not run inside a transaction.');
    const attempt = opened
      ? { ...opened, tenantId: context.tenantId!, state: 'started' as const, providerPaymentId: null }
      : await this.attempts.find(attemptId);
    if (!attempt) throw paymentNotFound();
    const account = await this.accounts.find(attempt.tenantId, attempt.gatewayId);
    if (!account) throw gatewayNotFound();
    const reference = { attemptId, providerPaymentId: attempt.providerPaymentId };
    if (attempt.state !== 'started')
      return this.desk.outcome(
        account,
        attemptId,
        async (gateway, signal) => (await gateway.fetch(account, reference, signal)).outcome,
      );
    return this.desk.outcome(account, attemptId, (gateway, signal) =>
      gateway.confirm(
        account,
        {
          attemptId,
          amount: attempt.amount,
          method: attempt.method,
          capture: 'automatic',
          returnUrl: `${this.config.publicUrl}/api/v1/payments/${attempt.intentId}/return`,
          metadata: attempt.metadata,
        },
        signal,
      ),
    );
  }
}
