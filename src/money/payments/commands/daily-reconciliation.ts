import { Injectable } from '@nestjs/common';
import { Clock } from '../../../kernel/clock/clock';
import type { Transaction } from '../../../kernel/database/transaction';
import { GatewayDesk } from '../adapters/gateway-desk';
import { SettlementRepository } from '../data/settlement.repository';
import { nextMorning, ReconcileDaily } from '../reactions/reconcile-daily';

/** Has each account that moves money compared every morning, from its opening on. */
@Injectable()
export class DailyReconciliation {
  constructor(
    private readonly clock: Clock,
    private readonly settlements: SettlementRepository,
    private readonly gateways: GatewayDesk,
  ) {}

  /** Once an account; the sandbox's only when somebody asks for a first one, as it moves no money. */
  async start(tx: Transaction, { id, provider }: { id: string; provider: string }, isAsked = false): Promise<void> {
    if (!isAsked && (provider === 'sandbox' || !this.gateways.of(provider).fetchEntries)) return;
    if (await this.settlements.startDaily(tx, id))
      tx.timer(ReconcileDaily, { gatewayId: id }, nextMorning(this.clock.now()));
  }
}
