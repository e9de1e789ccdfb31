import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Config } from '../../../kernel/config/config';
import type { Transaction } from '../../../kernel/database/transaction';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { GatewayDesk } from '../adapters/gateway-desk';
import type { GatewayOutcome } from '../contracts/gateway-outcome';
import type { PaymentFacts } from '../contracts/payment-view';
import { RecordOutcomeCommand } from '../contracts/record-outcome';
import { AttemptReader, type AttemptFacts } from '../data/attempt-reader';
import { GatewayAccounts } from '../data/gateway-accounts';
import { RefundRepository } from '../data/refund.repository';
import type { GatewayAccount, ReportedRefund } from '../domain/payment-gateway';
import { gatewayNotFound, paymentNotFound } from '../domain/payments.errors';
import { referenceOf } from './gateway-requests';
import { tellOfRefund } from './tell-of-refund';

/**
 * Asks the gateway what became of an attempt and records the answer: what the poller, the browser's return and webhooks
 * share. `within` runs in the recording transaction, after the intent is locked; returning false leaves it all undone.
 * Network first, so it refuses to run inside a transaction. @throws what the gateway call throws
 */
export class SettleAttemptCommand extends Command<PaymentFacts | null> {
  constructor(
    readonly attemptId: string,
    readonly within?: (tx: Transaction) => Promise<boolean>,
  ) {
    super();
  }
}

const isToBeCaptured = ({ state, captureAmount, cancelReason }: AttemptFacts): boolean =>
  captureAmount !== null && cancelReason === null && (state === 'capture_started' || state === 'unresolved');

@CommandHandler(SettleAttemptCommand)
export class SettleAttemptHandler implements ICommandHandler<SettleAttemptCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly commands: CommandBus,
    private readonly attempts: AttemptReader,
    private readonly accounts: GatewayAccounts,
    private readonly refunds: RefundRepository,
    private readonly desk: GatewayDesk,
    private readonly config: Config,
  ) {}

  async execute({ attemptId, within }: SettleAttemptCommand): Promise<PaymentFacts | null> {
    const attempt = await this.attempts.find(attemptId);
    if (!attempt) throw paymentNotFound();
    const account = await this.accounts.find(attempt.tenantId, attempt.gatewayId);
    if (!account) throw gatewayNotFound();
    const reference = referenceOf(attempt, this.config.publicUrl);
    const answer = await this.desk.call(account, (gateway, signal) => gateway.fetch(account, reference, signal));
    if (answer.outcome.status === 'authorized' && isToBeCaptured(attempt))
      answer.outcome = await this.capture(attempt, account, answer.outcome.providerPaymentId);
    if (answer.outcome.status === 'approved') answer.outcome = await this.confirm(attempt, account, answer.outcome);
    return this.uow.run(
      async (tx) => {
        if (within && !(await within(tx))) return null;
        return this.record(tx, attempt, answer.outcome, answer.refunds);
      },
      { keepPlans: true },
    );
  }

  /** It was decided to capture, and the gateway never heard of it: who decided died in between. By the same key, so once. */
  private capture(attempt: AttemptFacts, account: GatewayAccount, providerPaymentId: string): Promise<GatewayOutcome> {
    const reference = { ...referenceOf(attempt, this.config.publicUrl), providerPaymentId };
    const amount = { amount: attempt.captureAmount!, currency: attempt.amount.currency };
    return this.desk.outcome(account, attempt.id, (gateway, signal) =>
      gateway.capture(account, reference, amount, signal),
    );
  }

  /** The shopper agreed: that is written first, and unless the attempt was given up meanwhile the money is taken. */
  private async confirm(
    attempt: AttemptFacts,
    account: GatewayAccount,
    approved: GatewayOutcome & { status: 'approved' },
  ): Promise<GatewayOutcome> {
    const facts = await this.commands.execute(new RecordOutcomeCommand({ attemptId: attempt.id, outcome: approved }));
    if (facts.attemptId !== attempt.id || facts.attemptState !== 'authenticated') return approved;
    const reference = {
      ...referenceOf(attempt, this.config.publicUrl),
      providerPaymentId: approved.providerPaymentId,
      amount: attempt.amount,
      capture: attempt.capture,
    };
    return this.desk.outcome(account, attempt.id, (gateway, signal) => gateway.confirm(account, reference, signal));
  }

  private async record(
    tx: Transaction,
    attempt: AttemptFacts,
    outcome: GatewayOutcome,
    refunds: ReportedRefund[],
  ): Promise<PaymentFacts> {
    const facts = await this.commands.execute(new RecordOutcomeCommand({ attemptId: attempt.id, outcome }));
    for (const reported of refunds) {
      const changed = await this.refunds.absorb(tx, attempt.id, reported);
      if (!changed) continue;
      const payment = { intentId: facts.id, attemptId: attempt.id, payable: facts.payable };
      const refund = (await this.refunds.find(tx, changed.id))!;
      tellOfRefund(tx, payment, refund, reported.outcome, changed.settled);
    }
    return facts;
  }
}
