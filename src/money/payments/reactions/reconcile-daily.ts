import { Injectable } from '@nestjs/common';
import { Clock } from '../../../kernel/clock/clock';
import type { Transaction } from '../../../kernel/database/transaction';
import { Timer, type Fires } from '../../../kernel/messaging/reaction';
import { GatewayDesk } from '../adapters/gateway-desk';
import { GatewayAccounts } from '../data/gateway-accounts';
import { SettlementRepository } from '../data/settlement.repository';
import { RunReconciliation } from '../jobs/run-reconciliation';

const DAY_MS = 86_400_000;
/** Hours after midnight, UTC, when providers have reported the day before. */
const HOUR = 4;

const midnight = (at: Date): number => Math.floor(at.getTime() / DAY_MS) * DAY_MS;

/** Four o'clock of the next day, UTC. */
export const nextMorning = (now: Date): Date => new Date(midnight(now) + DAY_MS + HOUR * 3_600_000);

/** Compares the day before, every day; not while the provider may not be asked. */
@Injectable()
@Timer({ name: 'payments.reconcile-daily' })
export class ReconcileDaily implements Fires<{ gatewayId: string }> {
  constructor(
    private readonly clock: Clock,
    private readonly settlements: SettlementRepository,
    private readonly accounts: GatewayAccounts,
    private readonly gateways: GatewayDesk,
  ) {}

  async fire({ gatewayId }: { gatewayId: string }, tx: Transaction): Promise<void> {
    const now = this.clock.now();
    tx.timer(ReconcileDaily, { gatewayId }, nextMorning(now));
    const account = await this.accounts.find(tx.tenantId, gatewayId);
    if (!account || !this.gateways.reaches({ ...account, apiBase: account.apiBase ?? null })) return;
    const to = midnight(now);
    const period = { from: new Date(to - DAY_MS), to: new Date(to) };
    tx.job(RunReconciliation, { reconciliationId: await this.settlements.begin(tx, gatewayId, period) });
  }
}
