import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { reach } from '../../../kernel/lifecycle/kill-points';
import { GatewayDesk } from '../adapters/gateway-desk';
import { GatewayAccounts } from '../data/gateway-accounts';
import { PaymentRepository } from '../data/payment.repository';
import { RefundRepository } from '../data/refund.repository';
import type { RefundOutcome } from '../domain/payment-gateway';
import { gatewayNotFound, refundNotFound } from '../domain/payments.errors';
import { SettleAttemptCommand } from './settle-attempt';
import { tellOfRefund } from './tell-of-refund';

/**
 * Gives a requested refund to the gateway and records the answer. The refund's id is the idempotency key, so the job
 * may repeat; as providers forget keys after a day, a refund of earlier is looked for first. Network: never inside a
 * transaction. @throws what the gateway call throws (the refund stays pending)
 */
export class RefundChargeCommand extends Command<void> {
  constructor(
    readonly refundId: string,
    /** It was given to the gateway before, perhaps. */
    readonly again = false,
  ) {
    super();
  }
}

@CommandHandler(RefundChargeCommand)
export class RefundChargeHandler implements ICommandHandler<RefundChargeCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly accounts: GatewayAccounts,
    private readonly payments: PaymentRepository,
    private readonly refunds: RefundRepository,
    private readonly desk: GatewayDesk,
    private readonly commands: CommandBus,
  ) {}

  async execute({ refundId, again }: RefundChargeCommand): Promise<void> {
    const known = await this.uow.run((tx) => this.refunds.find(tx, refundId));
    if (!known) throw refundNotFound();
    // What is at the gateway already is read with its payment; giving it there once more might make a second one.
    if (again || known.state !== 'requested') await this.commands.execute(new SettleAttemptCommand(known.attempt_id));
    const refund = again ? (await this.uow.run((tx) => this.refunds.find(tx, refundId)))! : known;
    if (refund.state !== 'requested') return;
    const account = await this.accounts.find(currentContext().tenantId!, refund.gateway_id);
    if (!account) throw gatewayNotFound();
    const amount = { amount: refund.amount, currency: refund.currency };
    const outcome = await this.desk.call(account, (gateway, signal) =>
      gateway.refund(
        account,
        {
          attemptId: refund.attempt_id,
          providerPaymentId: refund.provider_payment_id,
          refundId,
          amount,
          reason: refund.reason,
        },
        signal,
      ),
    );
    reach('refund.after-gateway');
    await this.record(refundId, refund.attempt_id, outcome);
  }

  private async record(refundId: string, attemptId: string, outcome: RefundOutcome): Promise<void> {
    await this.uow.run(async (tx) => {
      const intent = await this.payments.lockByAttempt(tx, attemptId);
      const settled = intent && (await this.refunds.settle(tx, refundId, outcome));
      if (!settled) return;
      const refund = (await this.refunds.find(tx, refundId))!;
      tellOfRefund(tx, { intentId: intent.id, attemptId, payable: intent.payable }, refund, outcome, settled);
    });
  }
}
