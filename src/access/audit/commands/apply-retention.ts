import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { noteAudit } from '../../../kernel/audit/audit';
import { Clock } from '../../../kernel/clock/clock';
import type { Transaction } from '../../../kernel/database/transaction';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import { HeadKeys } from '../data/head-keys';
import type { RemovalClaims } from '../domain/chain';
import { DEFAULT_RETENTION_MONTHS } from '../domain/retention.policy';

/** Entries that one transaction removes. */
const BITE = 5_000;
/** Whole batches from the beginning, all of whose entries are older than the period. */
const DUE = `select b.last_seq as "upTo", b.head from audit.batches b
  where b.tenant_id = kernel.tenant_id() and b.last_seq > $2 and not exists (
    select from audit.batches y where y.tenant_id = b.tenant_id and y.last_seq > $2 and y.number <= b.number
      and y.newest_at >= kernel.now() - make_interval(months => $1))
  order by b.number desc limit 1`;

/**
 * Removes what is older than the retention period of the context's tenant, in whole batches: their Merkle roots and
 * signed heads stay, and a signed note says from where the chain is checked on. What was noted and not yet removed (a
 * crash) is removed by the next run.
 */
export class ApplyAuditRetentionCommand extends Command<{ removed: number }> {}

@CommandHandler(ApplyAuditRetentionCommand)
export class ApplyAuditRetentionHandler implements ICommandHandler<ApplyAuditRetentionCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly keys: HeadKeys,
    private readonly clock: Clock,
  ) {}

  async execute(): Promise<{ removed: number }> {
    const upTo = await this.uow.run((tx) => this.cut(tx));
    let removed = 0;
    while (upTo > 0) {
      const bite = await this.uow.run((tx) => this.bite(tx, upTo));
      if (bite === null) break;
      removed += bite;
    }
    return { removed };
  }

  /** Notes where the chain begins from now on. @returns the last position that may go, 0 for none */
  private async cut(tx: Transaction): Promise<number> {
    const [{ months, before }] = await tx.query<{ months: number; before: number }>(
      `select coalesce((select retention_months from audit.settings where tenant_id = kernel.tenant_id()), $1)::int as months,
         coalesce((select max(up_to_seq) from audit.removals where tenant_id = kernel.tenant_id()), 0) as before`,
      [DEFAULT_RETENTION_MONTHS],
    );
    const [due] = await tx.query<{ upTo: number; head: Buffer }>(DUE, [months, before]);
    if (!due) return before;
    const at = this.clock.now();
    const claims: RemovalClaims = {
      v: 1,
      trail: tx.tenantId,
      removedUpTo: due.upTo,
      head: due.head.toString('hex'),
      at: at.toISOString(),
    };
    const signed = await this.keys.sign(claims);
    await tx.execute(
      `insert into audit.removals (tenant_id, id, up_to_seq, entries, head, claims, signature, kid, at) values (kernel.tenant_id(), $1, $2, $3, $4, $5, $6, $7, $8)`,
      [newId(), due.upTo, due.upTo - before, due.head, signed.claims, signed.signature, signed.kid, at],
    );
    // Keys are written under for half a day; of what is left none stands under keys from before.
    await tx.execute(
      `delete from audit.subject_keys where tenant_id = kernel.tenant_id() and created_at < kernel.now() - make_interval(months => $1, days => 2)`,
      [months],
    );
    noteAudit({ target: { removedUpTo: String(due.upTo), retentionMonths: String(months) } });
    return due.upTo;
  }

  private async bite(tx: Transaction, upTo: number): Promise<number | null> {
    const [{ first }] = await tx.query<{ first: number | null }>(
      'select min(seq) as first from audit.seals where tenant_id = kernel.tenant_id() and seq <= $1',
      [upTo],
    );
    if (first === null) return null;
    const [{ gone }] = await tx.query<{ gone: number }>('select audit.remove_entries($1, $2) as gone', [
      first,
      Math.min(first + BITE - 1, upTo),
    ]);
    return gone;
  }
}
