import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Config } from '../../../kernel/config/config';
import { currentContext } from '../../../kernel/context/request-context';
import { GatewayDesk } from '../adapters/gateway-desk';
import { ContactGatewayCommand } from '../contracts/contact-gateway';
import type { GatewayOutcome } from '../contracts/gateway-outcome';
import { AttemptReader } from '../data/attempt-reader';
import { GatewayAccounts } from '../data/gateway-accounts';
import { gatewayNotFound, paymentNotFound } from '../domain/payments.errors';
import { createRequestOf, referenceOf } from './gateway-requests';

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
    const known = opened ? null : await this.attempts.find(attemptId);
    if (!opened && !known) throw paymentNotFound();
    const account = await this.accounts.find(context.tenantId!, (opened ?? known!).gatewayId);
    if (!account) throw gatewayNotFound();
    const { publicUrl } = this.config;
    if (known && known.state !== 'started') {
      const reference = referenceOf(known, publicUrl);
      return this.desk.outcome(
        account,
        attemptId,
        async (gateway, signal) => (await gateway.fetch(account, reference, signal)).outcome,
      );
    }
    const request = createRequestOf({ id: attemptId, ...(opened ?? known!) }, publicUrl);
    return this.desk.outcome(account, attemptId, (gateway, signal) => gateway.create(account, request, signal));
  }
}
