import { Injectable } from '@nestjs/common';
import { CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import type { Transaction } from '../../../kernel/database/transaction';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import {
  AnswerSandboxDisputeCommand,
  FetchSandboxDisputeQuery,
  type SandboxDispute,
} from '../contracts/sandbox-provider';
import { DisputeRepository, disputeRowId, type SandboxDisputeRow } from '../data/dispute.repository';
import type { SandboxRow } from '../data/sandbox.repository';
import { WebhookOutbox } from '../data/webhook-outbox';
import { tell } from './change-payment';

/** Minor units that a dispute costs besides. */
const FEE = 1_500;
const DAYS_TO_ANSWER = 7;

/** Opens disputes, and moves them on. */
@Injectable()
export class DisputePlay {
  constructor(
    private readonly clock: Clock,
    private readonly disputes: DisputeRepository,
    private readonly outbox: WebhookOutbox,
  ) {}

  /** The shopper of a payment that was made just now disputes all of it. */
  open(tx: Transaction, payment: SandboxRow): void {
    const id = newId();
    this.disputes.insert(tx, {
      id,
      account_id: payment.account_id,
      payment_id: payment.id,
      amount: payment.captured,
      fee: FEE,
      currency: payment.currency,
      reason: 'fraudulent',
      status: 'needs_response',
      due_at: new Date(this.clock.nowMs() + DAYS_TO_ANSWER * 86_400_000),
    });
    tell(tx, this.outbox, payment, 'dispute.opened', { disputeId: `sbd_${id}` });
  }

  async move(tx: Transaction, row: SandboxDisputeRow, status: SandboxDispute['status']): Promise<void> {
    await this.disputes.move(tx, row.id, status);
    const payment = { id: row.payment_id, account_id: row.account_id, key: row.key };
    tell(tx, this.outbox, payment, `dispute.${status}`, { disputeId: `sbd_${row.id}` });
  }
}

@CommandHandler(AnswerSandboxDisputeCommand)
export class AnswerSandboxDisputeHandler implements ICommandHandler<AnswerSandboxDisputeCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly disputes: DisputeRepository,
    private readonly play: DisputePlay,
    private readonly queries: QueryBus,
  ) {}

  async execute({ request }: AnswerSandboxDisputeCommand): Promise<SandboxDispute | null> {
    const { accountId, id, evidence } = request;
    await this.uow.run(async (tx) => {
      const rowId = disputeRowId(id);
      const row = rowId && (await this.disputes.lock(tx, accountId, rowId));
      if (row && row.status === 'needs_response') await this.play.move(tx, row, verdictOf(evidence));
    });
    return this.queries.execute(new FetchSandboxDisputeQuery({ accountId, id }));
  }
}

function verdictOf(evidence: string | null): SandboxDispute['status'] {
  if (evidence === null || evidence.includes('losing_evidence')) return 'lost';
  return evidence.includes('winning_evidence') ? 'won' : 'under_review';
}
