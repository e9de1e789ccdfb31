import { Injectable } from '@nestjs/common';
import { SYSTEM } from '../../../kernel/auth/principal';
import { runInContext } from '../../../kernel/context/request-context';
import { Keyring } from '../../../kernel/crypto/keyring';
import { Database } from '../../../kernel/database/database';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import { CHAINED } from '../data/chained-sql';
import { FOLD } from '../data/day-totals';
import { type ChainedJournal, GENESIS, HEAD_KEY, headText, journalHash } from '../data/chain';

/** Journals of one tenant that are sealed in one transaction. */
export const MOST_JOURNALS = 500;
const MOST_TENANTS = 2_000;

/** One sealer a tenant; the lock ends with the transaction, after its rows can be seen. */
const LEAD = `select pg_try_advisory_xact_lock(hashtextextended('ledger ' || $1::text, 0)) as leads`;
const LEAD_NEXT = `select pg_advisory_xact_lock(hashtextextended('ledger ' || $1::text, 0)) is not null as leads`;
const NEWEST = `select seq, hash from ledger.seals where tenant_id = $1 order by seq desc limit 1`;
const WAITING = `select ${CHAINED} from ledger.unsealed u join ledger.journals j on j.tenant_id = u.tenant_id and j.id = u.id
  where u.tenant_id = $1 order by u.id limit ${MOST_JOURNALS}`;
const SEAL = `with sealed as (insert into ledger.seals (tenant_id, id, seq, hash)
    select $1, x.id, $4::bigint + x.place, x.hash from unnest($2::uuid[], $3::bytea[]) with ordinality as x(id, hash, place)),
  headed as (insert into ledger.heads (tenant_id, id, seq, hash, mac, key_id, at) values ($1, $5, $6, $7, $8, $9, kernel.now())),
  folded as (${FOLD})
  delete from ledger.unsealed where tenant_id = $1 and id = any($2::uuid[])`;

/**
 * Gives journals their place in the tenant's hash chain, after their commit: sequence and hash, and for each batch a
 * head under a key that is not in the database. It works from the markers that were inserted with the journals, so that
 * one whose transaction committed late is sealed when it comes. What is sealed is brought to the totals of its day in the
 * same statement (`data/day-totals.ts`). Any number of processes may seal; each tenant has one.
 */
@Injectable()
export class Sealer {
  constructor(
    private readonly database: Database,
    private readonly uow: UnitOfWork,
    private readonly keyring: Keyring,
  ) {}

  /**
   * Seals what waits now, a batch a tenant.
   * @param patient waits for whoever has a tenant in hand, instead of leaving that tenant to them
   * @returns how many journals were sealed; call again until none were
   */
  async sealDue(patient = false): Promise<number> {
    const tenants = await this.database.readPlatform<{ id: string }>(
      'select t.id from ledger.tenants_to_seal($1) as t(id)',
      [MOST_TENANTS],
    );
    let count = 0;
    for (const { id } of tenants)
      count += await runInContext({ tenantId: id, principal: SYSTEM, requestId: newId() }, () =>
        this.sealTenant(patient),
      );
    return count;
  }

  /** Seals until nothing waits, in the hands of others neither. */
  async sealAll(): Promise<number> {
    let total = 0;
    for (let found = -1; found !== 0; total += found) found = await this.sealDue(true);
    return total;
  }

  private sealTenant(patient: boolean): Promise<number> {
    return this.uow.run(async (tx) => {
      const { tenantId } = tx;
      const [{ leads }] = await tx.query<{ leads: boolean }>(patient ? LEAD_NEXT : LEAD, [tenantId]);
      if (!leads) return 0;
      const [newest] = await tx.query<{ seq: number; hash: Buffer }>(NEWEST, [tenantId]);
      const waiting = await tx.query<{ journal: ChainedJournal }>(WAITING, [tenantId]);
      if (waiting.length === 0) return 0;
      const before = newest?.seq ?? 0;
      const hashes: Buffer[] = [];
      waiting.forEach(({ journal }, i) =>
        hashes.push(journalHash(hashes[i - 1] ?? newest?.hash ?? GENESIS, tenantId, before + 1 + i, journal)),
      );
      const last = before + waiting.length;
      const head = hashes[hashes.length - 1];
      const mac = this.keyring.hmac(HEAD_KEY, headText(tenantId, last, head));
      const ids = waiting.map(({ journal }) => journal.id);
      await tx.execute(SEAL, [tenantId, ids, hashes, before, newId(), last, head, mac, this.keyring.currentId]);
      return waiting.length;
    });
  }
}
