import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import { JournalRepository, type AccountKey, type LockedBalance } from '../../src/money/ledger/data/journal.repository';
import { LedgerModule } from '../../src/money/ledger/ledger.module';
import { drainRace, expectExactlyDrained } from '../scenarios/ledger-races';
import { replaced } from './replaced';

/** Reads the balances without a lock and trusts what it read: the way everybody writes it first. */
@Injectable()
class ReadThenWrite extends JournalRepository {
  constructor(private readonly unit: UnitOfWork) {
    super(unit);
  }

  override lock(accounts: readonly AccountKey[]): Promise<LockedBalance[]> {
    const tx = this.unit.current();
    return tx.query<LockedBalance>(
      `select b.id, b.account_id as "accountId", a.code, a.currency, b.guard, b.debits, b.credits,
         b.debits_pending as "debitsPending", b.credits_pending as "creditsPending"
       from unnest($2::text[], $3::text[]) as k(code, currency)
       join ledger.accounts a on a.tenant_id = $1 and a.code = k.code and a.currency = k.currency
       join ledger.balances b on b.tenant_id = a.tenant_id and b.account_id = a.id
         and b.shard = case when a.shards > 1 then pg_backend_pid() % a.shards else 0 end
       order by a.code, a.currency`,
      [tx.tenantId, accounts.map(({ code }) => code), accounts.map(({ currency }) => currency)],
    );
  }
}

describe('naive: read the balances, then write', () => {
  it('must refuse exactly what is not covered', async () => {
    expectExactlyDrained(await drainRace(replaced(LedgerModule, JournalRepository, ReadThenWrite)));
  });
});
