import { Command, CommandBus, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { Config } from '../../../kernel/config/config';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { reach } from '../../../kernel/lifecycle/kill-points';
import { GatewayDesk } from '../adapters/gateway-desk';
import { RecordOutcomeCommand } from '../contracts/record-outcome';
import { AttemptReader } from '../data/attempt-reader';
import { GatewayAccounts } from '../data/gateway-accounts';
import { PaymentRepository } from '../data/payment.repository';
import { gatewayNotFound, paymentNotFound } from '../domain/payments.errors';
import { askAgainAt } from '../domain/resolver.policy';
import { FindPaymentQuery, type PaymentDetails } from '../queries/find-payment';
import { AskGatewayAgain } from '../reactions/ask-gateway-again';
import { referenceOf } from './gateway-requests';

/**
 * Captures a payment that the gateway has reserved, in part or in full; the rest is let go. The capture is written before
 * the gateway is asked; silence leaves it `unresolved`, and the poller learns what became of it.
 * @param amount minor units of the payment's currency; absent is all of it
 * @throws AppError not-found `payments.payment-not-found`, conflict `payments.not-capturable`,
 *   `payments.payment-in-flight`, invalid `payments.capture-too-large`
 */
export class CapturePaymentCommand extends Command<PaymentDetails> {
  constructor(
    readonly paymentId: string,
    readonly amount: number | null = null,
  ) {
    super();
  }
}

@CommandHandler(CapturePaymentCommand)
export class CapturePaymentHandler implements ICommandHandler<CapturePaymentCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly payments: PaymentRepository,
    private readonly attempts: AttemptReader,
    private readonly accounts: GatewayAccounts,
    private readonly desk: GatewayDesk,
    private readonly clock: Clock,
    private readonly config: Config,
  ) {}

  async execute({ paymentId, amount }: CapturePaymentCommand): Promise<PaymentDetails> {
    const attemptId = await this.uow.run(async (tx) => {
      // An equal request that died between the transactions is taken up where it stopped.
      tx.lease(paymentId);
      const intent = await this.payments.lock(tx, paymentId);
      if (!intent) throw paymentNotFound();
      if (tx.resumed && intent.latestAttempt?.captureSince) return intent.latestAttempt.id;
      const now = this.clock.now();
      const attempt = intent.startCapture(amount, now);
      await this.payments.save(tx, intent);
      tx.timer(
        AskGatewayAgain,
        { attemptId: attempt.id, step: 0, since: attempt.captureSince!.toISOString() },
        askAgainAt(now, 0)!,
      );
      return attempt.id;
    });
    reach('capture.after-t1');
    const attempt = await this.attempts.find(attemptId);
    const account = attempt && (await this.accounts.find(attempt.tenantId, attempt.gatewayId));
    if (!account) throw gatewayNotFound();
    const reference = referenceOf(attempt, this.config.publicUrl);
    const captured = { amount: attempt.captureAmount ?? attempt.amount.amount, currency: attempt.amount.currency };
    const outcome = await this.desk.outcome(account, attemptId, (gateway, signal) =>
      gateway.capture(account, reference, captured, signal),
    );
    reach('capture.after-gateway');
    return this.uow.run(async (tx) => {
      await this.commands.execute(new RecordOutcomeCommand({ attemptId, outcome }));
      const details = await this.queries.execute(new FindPaymentQuery(paymentId));
      tx.answer(details);
      return details;
    });
  }
}
