import { CommandBus, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { Config } from '../../../kernel/config/config';
import { maybeContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { reach } from '../../../kernel/lifecycle/kill-points';
import { GatewayDesk } from '../adapters/gateway-desk';
import { CapturePaymentCommand } from '../contracts/capture-payment';
import type { PaymentDetails } from '../contracts/payment-details';
import { RecordOutcomeCommand } from '../contracts/record-outcome';
import { AttemptReader } from '../data/attempt-reader';
import { GatewayAccounts } from '../data/gateway-accounts';
import { PaymentRepository } from '../data/payment.repository';
import type { PaymentAttempt } from '../domain/payment-intent';
import { gatewayNotFound, paymentNotFound } from '../domain/payments.errors';
import { askAgainAt } from '../domain/resolver.policy';
import { FindPaymentQuery } from '../queries/find-payment';
import { AskGatewayAgain } from '../reactions/ask-gateway-again';
import { referenceOf } from './gateway-requests';

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

  async execute({ request }: CapturePaymentCommand): Promise<PaymentDetails> {
    if (maybeContext()?.transaction) throw new Error('CapturePaymentCommand must not run inside a transaction.');
    const { paymentId } = request;
    const attemptId = await this.begin(request);
    reach('capture.after-t1');
    const attempt = await this.attempts.find(attemptId);
    const account = attempt && (await this.accounts.find(attempt.tenantId, attempt.gatewayId));
    if (!account) throw gatewayNotFound();
    if (attempt.state === 'charged') return this.queries.execute(new FindPaymentQuery(paymentId));
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

  /** Writes that the capture is asked for. @returns the attempt that is to be captured */
  private begin({ paymentId, amount = null, repeatable }: CapturePaymentCommand['request']): Promise<string> {
    return this.uow.run(async (tx) => {
      // An equal request that died between the transactions is taken up where it stopped.
      tx.lease(paymentId);
      const intent = await this.payments.lock(tx, paymentId);
      if (!intent) throw paymentNotFound();
      const earlier = intent.latestAttempt;
      if (tx.resumed && earlier?.captureSince) return earlier.id;
      if (repeatable && earlier && isCaptureOf(earlier, amount)) return earlier.id;
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
  }
}

/** True where the attempt is captured, or is being captured, and with that amount. */
function isCaptureOf(attempt: PaymentAttempt, amount: number | null): boolean {
  const asked = amount ?? attempt.authorized;
  if (attempt.state === 'charged') return attempt.captured === asked;
  return ['capture_started', 'unresolved'].includes(attempt.state) && attempt.captureAmount === asked;
}
