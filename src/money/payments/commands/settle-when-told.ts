import { Injectable, type OnModuleInit } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { Transaction } from '../../../kernel/database/transaction';
import { AttemptReader } from '../data/attempt-reader';
import type { ProviderEventRow } from '../data/provider-events';
import type { GatewayAccount } from '../domain/payment-gateway';
import { ProviderEventHandlers, type HandlesProviderEvent, type ProviderEventResult } from './provider-event-handlers';
import { SettleAttemptCommand } from './settle-attempt';

/** Webhooks about payments and their refunds: the payment is fetched with its refunds and settled. */
@Injectable()
export class SettleWhenTold implements HandlesProviderEvent, OnModuleInit {
  constructor(
    private readonly handlers: ProviderEventHandlers,
    private readonly commands: CommandBus,
    private readonly attempts: AttemptReader,
  ) {}

  onModuleInit(): void {
    this.handlers.on('payment', this);
    if (!this.handlers.of('refund')) this.handlers.on('refund', this);
  }

  async handle(
    event: ProviderEventRow,
    _account: GatewayAccount,
    finish: (tx: Transaction, result?: ProviderEventResult) => Promise<boolean>,
  ): Promise<'handled' | 'ignored'> {
    const attempt = await this.attempts.namedBy(event.gateway_id, event.attempt_id, event.provider_payment_id);
    if (!attempt) return 'ignored';
    const result = { paymentId: attempt.intentId, attemptId: attempt.id };
    await this.commands.execute(new SettleAttemptCommand(attempt.id, (tx) => finish(tx, result)));
    return 'handled';
  }
}
