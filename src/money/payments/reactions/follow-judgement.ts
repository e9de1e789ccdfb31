import type { Transaction } from '../../../kernel/database/transaction';
import type { StoredEvent } from '../../../kernel/messaging/domain-event';
import { Reaction, type Reacts } from '../../../kernel/messaging/reaction';
import { Clock } from '../../../kernel/clock/clock';
import { PaymentCleared, PaymentRejected } from '../../fraud/contracts/fraud-events';
import { askForFollowUps } from '../commands/follow-ups';
import { PaymentRepository } from '../data/payment.repository';
import { RefundRepository } from '../data/refund.repository';
import { CaptureCleared } from '../jobs/capture-cleared';

/** Reserved money that was judged to be good is captured, unless the shop captures by hand. */
@Reaction({ name: 'payments.go-on-when-payment-cleared', on: PaymentCleared })
export class GoOnWhenPaymentCleared implements Reacts<PaymentCleared> {
  constructor(private readonly payments: PaymentRepository) {}

  async react({ payload }: StoredEvent<PaymentCleared>, tx: Transaction): Promise<void> {
    const intent = await this.payments.lock(tx, payload.intentId);
    // A later try has a judgement of its own.
    if (!intent || intent.latestAttemptId !== payload.attemptId) return;
    const capture = intent.clear();
    await this.payments.save(tx, intent);
    if (capture) tx.job(CaptureCleared, { paymentId: intent.id, payable: intent.payable });
  }
}

/** Money that was judged to be bad is let go, or given back where it was taken already. */
@Reaction({ name: 'payments.let-go-when-payment-rejected', on: PaymentRejected })
export class LetGoWhenPaymentRejected implements Reacts<PaymentRejected> {
  constructor(
    private readonly payments: PaymentRepository,
    private readonly refunds: RefundRepository,
    private readonly clock: Clock,
  ) {}

  async react({ payload }: StoredEvent<PaymentRejected>, tx: Transaction): Promise<void> {
    const intent = await this.payments.lock(tx, payload.intentId);
    if (!intent || intent.latestAttemptId !== payload.attemptId) return;
    if (intent.void('not_accepted', this.clock.now()) === 'none') return;
    await this.payments.save(tx, intent);
    await askForFollowUps(tx, intent, this.refunds);
  }
}
