import { Command, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { currentContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import type { Transaction } from '../../../kernel/database/transaction';
import { GatewayDesk } from '../adapters/gateway-desk';
import { RunReconciliationCommand } from '../contracts/run-reconciliation';
import { BalanceMoved } from '../contracts/settlement-events';
import { GatewayAccounts } from '../data/gateway-accounts';
import { SettlementRepository } from '../data/settlement.repository';
import type { GatewayAccount, SettlementEntry } from '../domain/payment-gateway';
import {
  gatewayNotFound,
  periodInvalid,
  providerNotOffered,
  reconciliationNotFound,
  reconciliationRowNotFound,
  reportNotOffered,
} from '../domain/payments.errors';
import { compare } from '../domain/reconciliation';
import { RunReconciliation } from '../jobs/run-reconciliation';
import { FindReconciliationQuery, type ReconciliationView } from '../queries/reconciliations';
import { DailyReconciliation } from './daily-reconciliation';

const MOST_DAYS = 92;
const DAY_MS = 86_400_000;
/** Milliseconds that a provider has for a whole report. */
const REPORT_WITHIN_MS = 120_000;

/**
 * Compares what a provider reports of a period with what is known here; the same period again is compared anew. A job
 * does it; from the first time on each day is compared by itself.
 * @throws AppError not-found `payments.gateway-not-found`, invalid `payments.period-invalid`,
 *   conflict `payments.report-not-offered`, `payments.provider-not-offered`
 */
export class ReconcileCommand extends Command<ReconciliationView> {
  constructor(readonly request: { gatewayId: string; from: string; to: string }) {
    super();
  }
}

/**
 * Notes why a difference is none, or what was done about it.
 * @throws AppError not-found `payments.reconciliation-row-not-found`
 */
export class ResolveReconciliationRowCommand extends Command<void> {
  constructor(
    readonly reconciliationId: string,
    readonly rowId: string,
    readonly note: string,
  ) {
    super();
  }
}

@CommandHandler(ReconcileCommand)
export class ReconcileHandler implements ICommandHandler<ReconcileCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly accounts: GatewayAccounts,
    private readonly gateways: GatewayDesk,
    private readonly settlements: SettlementRepository,
    private readonly daily: DailyReconciliation,
    private readonly queries: QueryBus,
  ) {}

  async execute({ request }: ReconcileCommand): Promise<ReconciliationView> {
    const [from, to] = [new Date(request.from), new Date(request.to)];
    const now = this.clock.now();
    if (from >= to || to > now || to.getTime() - from.getTime() > MOST_DAYS * DAY_MS) throw periodInvalid(MOST_DAYS);
    const account = await this.accounts.find(currentContext().tenantId!, request.gatewayId);
    if (!account) throw gatewayNotFound();
    if (!this.gateways.reaches({ ...account, apiBase: account.apiBase ?? null }))
      throw providerNotOffered(account.provider);
    if (!this.gateways.of(account.provider).fetchEntries) throw reportNotOffered(account.provider);
    return this.uow.run(async (tx) => {
      const id = await this.settlements.begin(tx, account.id, { from, to });
      tx.job(RunReconciliation, { reconciliationId: id });
      await this.daily.start(tx, account, true);
      return this.queries.execute(new FindReconciliationQuery(id));
    });
  }
}

@CommandHandler(RunReconciliationCommand)
export class RunReconciliationHandler implements ICommandHandler<RunReconciliationCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly accounts: GatewayAccounts,
    private readonly gateways: GatewayDesk,
    private readonly settlements: SettlementRepository,
  ) {}

  async execute({ reconciliationId: id }: RunReconciliationCommand): Promise<void> {
    const period = await this.uow.run((tx) => this.settlements.find(tx, id));
    if (!period) throw reconciliationNotFound();
    const account = await this.accounts.find(currentContext().tenantId!, period.gatewayId);
    if (!account) throw gatewayNotFound();
    let entries: SettlementEntry[];
    try {
      entries = await this.gateways.call(
        account,
        (gateway, signal) => gateway.fetchEntries!(account, period, signal),
        REPORT_WITHIN_MS,
      );
    } catch (error) {
      await this.uow.run((tx) => this.settlements.fail(tx, id, (error as Partial<Error>).message ?? String(error)));
      throw error;
    }
    await this.uow.run(async (tx) => {
      await this.settlements.find(tx, id);
      const fresh = await this.settlements.store(tx, account.id, entries);
      this.tell(
        tx,
        account,
        entries.filter((entry) => fresh.has(entry.id)),
      );
      const matches = await this.settlements.matches(tx, account.id, period.from, period.to);
      for (const { attemptId, knownFee, reportedFee, currency, entryId, intentId, at } of matches) {
        if (attemptId === null || knownFee === reportedFee) continue;
        await this.settlements.learnFee(tx, attemptId, reportedFee, currency);
        const out = { amount: reportedFee - knownFee, currency };
        this.moved(tx, account, { entryId: `${entryId}:fee`, kind: 'fee', out, intentId, at: at.toISOString() });
      }
      const unreported = await this.settlements.unreported(tx, account.id, period.from, period.to);
      await this.settlements.finish(tx, id, compare(matches, unreported));
    });
  }

  /** Payouts and fees that are known for the first time; what payments did is told by themselves. */
  private tell(tx: Transaction, account: GatewayAccount, entries: readonly SettlementEntry[]): void {
    for (const { id: entryId, type, amount, fee, at } of entries) {
      const { currency } = amount;
      const about = { entryId, intentId: null, at };
      if (type === 'payout' || type === 'fee' || type === 'other')
        this.moved(tx, account, { ...about, kind: type, out: { amount: -amount.amount, currency } });
      if (fee.amount !== 0 && (type === 'payout' || type === 'refund' || type === 'other'))
        this.moved(tx, account, { ...about, entryId: `${entryId}:fee`, kind: 'fee', out: fee });
    }
  }

  private moved(
    tx: Transaction,
    { id: gatewayId, provider }: GatewayAccount,
    what: Omit<BalanceMoved['payload'], 'gatewayId' | 'provider'>,
  ): void {
    if (what.out.amount !== 0) tx.record(new BalanceMoved(gatewayId, { gatewayId, provider, ...what }));
  }
}

@CommandHandler(ResolveReconciliationRowCommand)
export class ResolveReconciliationRowHandler implements ICommandHandler<ResolveReconciliationRowCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly settlements: SettlementRepository,
  ) {}

  execute({ reconciliationId, rowId, note }: ResolveReconciliationRowCommand): Promise<void> {
    return this.uow.run(async (tx) => {
      const { userId } = currentContext().principal;
      if (!(await this.settlements.resolve(tx, reconciliationId, rowId, note, userId)))
        throw reconciliationRowNotFound();
    });
  }
}
