import { Injectable, type OnModuleInit } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { currentContext } from '../../../kernel/context/request-context';
import type { Transaction } from '../../../kernel/database/transaction';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { GatewayDesk } from '../adapters/gateway-desk';
import { LookAtDisputeCommand } from '../contracts/look-at-dispute';
import { AttemptReader } from '../data/attempt-reader';
import { DisputeRepository, UNANSWERED } from '../data/dispute.repository';
import { GatewayAccounts } from '../data/gateway-accounts';
import type { ProviderEventRow } from '../data/provider-events';
import type { GatewayAccount } from '../domain/payment-gateway';
import { disputeNotFound, gatewayNotFound } from '../domain/payments.errors';
import { isBeingAnswered } from './answer-dispute';
import { DisputeDesk } from './dispute-desk';
import { ProviderEventHandlers, type HandlesProviderEvent, type ProviderEventResult } from './provider-event-handlers';

@CommandHandler(LookAtDisputeCommand)
export class LookAtDisputeHandler implements ICommandHandler<LookAtDisputeCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly accounts: GatewayAccounts,
    private readonly disputes: DisputeRepository,
    private readonly gateways: GatewayDesk,
    private readonly desk: DisputeDesk,
  ) {}

  async execute({ disputeId }: LookAtDisputeCommand): Promise<void> {
    const dispute = await this.uow.run((tx) => this.disputes.lock(tx, { id: disputeId }));
    if (!dispute) throw disputeNotFound();
    const account = await this.accounts.find(currentContext().tenantId!, dispute.gatewayId);
    if (!account) throw gatewayNotFound();
    const askedMs = this.clock.nowMs();
    const reported = await this.gateways.call(account, (gateway, signal) =>
      gateway.fetchDispute!(account, dispute.providerDisputeId, signal),
    );
    await this.uow.run(async (tx) => {
      const after = await this.desk.record(tx, account, dispute.attemptId, reported);
      // An answer whose time was over before the look, and that changed nothing, never arrived.
      if (after.answering && !isBeingAnswered(after, askedMs))
        await this.disputes.save(tx, { ...after, ...UNANSWERED });
    });
  }
}

/** Webhooks about disputes: the dispute is fetched, so that their order and number do not matter. */
@Injectable()
export class DisputeWhenTold implements HandlesProviderEvent, OnModuleInit {
  constructor(
    private readonly handlers: ProviderEventHandlers,
    private readonly uow: UnitOfWork,
    private readonly attempts: AttemptReader,
    private readonly gateways: GatewayDesk,
    private readonly desk: DisputeDesk,
  ) {}

  onModuleInit(): void {
    this.handlers.on('dispute', this);
  }

  async handle(
    event: ProviderEventRow,
    account: GatewayAccount,
    finish: (tx: Transaction, result?: ProviderEventResult) => Promise<boolean>,
  ): Promise<'handled' | 'ignored'> {
    const id = event.object_id;
    if (!id || !this.gateways.of(account.provider).fetchDispute) return 'ignored';
    const reported = await this.gateways.call(account, (gateway, signal) => gateway.fetchDispute!(account, id, signal));
    const attempt = await this.attempts.namedBy(
      account.id,
      reported.attemptId ?? event.attempt_id,
      reported.providerPaymentId ?? event.provider_payment_id,
    );
    // Of a charge that was made elsewhere with the same account: the reconciliation tells of it.
    if (!attempt) return 'ignored';
    await this.uow.run(async (tx) => {
      const result = { paymentId: attempt.intentId, providerDisputeId: id, status: reported.status };
      if (await finish(tx, result)) await this.desk.record(tx, account, attempt.id, reported);
    });
    return 'handled';
  }
}
