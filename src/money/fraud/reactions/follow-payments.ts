import type { Transaction } from '../../../kernel/database/transaction';
import type { StoredEvent } from '../../../kernel/messaging/domain-event';
import { Reaction, type Reacts } from '../../../kernel/messaging/reaction';
import { DisputeClosed, DisputeOpened } from '../../payments/contracts/dispute-events';
import {
  PaymentAuthorized,
  PaymentCaptured,
  PaymentFailed,
  PaymentPartlyCaptured,
  PaymentVoided,
  RefundSucceeded,
} from '../../payments/contracts/payment-events';
import { PaymentFollower } from '../commands/follow-payment';
import { AssessmentRepository } from '../data/assessment.repository';

/** What of a payment's life is no refusal by the bank. */
const NO_REFUSAL = new Set(['canceled', 'abandoned', 'superseded']);
/** Words of a refund's reason that tell of fraud. */
const FRAUD = /\bfraud/i;

@Reaction({ name: 'fraud.judge-when-payment-authorized', on: PaymentAuthorized })
export class JudgeWhenPaymentAuthorized implements Reacts<PaymentAuthorized> {
  constructor(private readonly payments: PaymentFollower) {}

  react({ payload, at }: StoredEvent<PaymentAuthorized>, tx: Transaction): Promise<void> {
    return this.payments.secured(tx, { ...payload, at }, 'reserved');
  }
}

@Reaction({ name: 'fraud.judge-when-payment-captured', on: PaymentCaptured })
export class JudgeWhenPaymentCaptured implements Reacts<PaymentCaptured> {
  constructor(private readonly payments: PaymentFollower) {}

  react({ payload, at }: StoredEvent<PaymentCaptured>, tx: Transaction): Promise<void> {
    return this.payments.secured(tx, { ...payload, at }, 'paid');
  }
}

@Reaction({ name: 'fraud.note-when-payment-partly-captured', on: PaymentPartlyCaptured })
export class NoteWhenPaymentPartlyCaptured implements Reacts<PaymentPartlyCaptured> {
  constructor(private readonly payments: PaymentFollower) {}

  react({ payload, at }: StoredEvent<PaymentPartlyCaptured>, tx: Transaction): Promise<void> {
    return this.payments.secured(tx, { ...payload, at }, 'paid');
  }
}

@Reaction({ name: 'fraud.note-when-payment-failed', on: PaymentFailed })
export class NoteWhenPaymentFailed implements Reacts<PaymentFailed> {
  constructor(private readonly payments: PaymentFollower) {}

  react({ payload }: StoredEvent<PaymentFailed>, tx: Transaction): Promise<void> {
    return this.payments.ended(tx, payload, NO_REFUSAL.has(payload.code) ? 'let_go' : 'declined');
  }
}

@Reaction({ name: 'fraud.close-when-payment-voided', on: PaymentVoided })
export class CloseWhenPaymentVoided implements Reacts<PaymentVoided> {
  constructor(private readonly payments: PaymentFollower) {}

  react({ payload }: StoredEvent<PaymentVoided>, tx: Transaction): Promise<void> {
    return this.payments.ended(tx, payload, 'let_go');
  }
}

/** Money that went back lowers a shopper's standing; a refund for fraud says what the try was. */
@Reaction({ name: 'fraud.note-when-refund-succeeded', on: RefundSucceeded })
export class NoteWhenRefundSucceeded implements Reacts<RefundSucceeded> {
  constructor(private readonly assessments: AssessmentRepository) {}

  react({ payload: { attemptId, amount, reason } }: StoredEvent<RefundSucceeded>, tx: Transaction): Promise<void> {
    this.assessments.noteRefund(tx, attemptId, amount.amount);
    if (FRAUD.test(reason)) this.assessments.label(tx, { attemptId }, 'fraud', 'refund');
    return Promise.resolve();
  }
}

/** A charge that its shopper says was never theirs is fraud until the dispute is won. */
@Reaction({ name: 'fraud.label-when-dispute-opened', on: DisputeOpened })
export class LabelWhenDisputeOpened implements Reacts<DisputeOpened> {
  constructor(private readonly assessments: AssessmentRepository) {}

  react({ payload: { attemptId, reason, inquiry } }: StoredEvent<DisputeOpened>, tx: Transaction): Promise<void> {
    if (!inquiry && FRAUD.test(reason)) this.assessments.label(tx, { attemptId }, 'fraud', 'dispute');
    return Promise.resolve();
  }
}

@Reaction({ name: 'fraud.label-when-dispute-closed', on: DisputeClosed })
export class LabelWhenDisputeClosed implements Reacts<DisputeClosed> {
  constructor(private readonly assessments: AssessmentRepository) {}

  react({ payload: { attemptId, reason, outcome } }: StoredEvent<DisputeClosed>, tx: Transaction): Promise<void> {
    if (FRAUD.test(reason))
      this.assessments.label(
        tx,
        { attemptId },
        outcome === 'won' ? 'legitimate' : outcome === 'lost' ? 'fraud' : null,
        'dispute',
      );
    return Promise.resolve();
  }
}
