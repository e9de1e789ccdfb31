import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { Keyring } from '../../../kernel/crypto/keyring';
import { Database } from '../../../kernel/database/database';
import {
  SealedLedgersQuery,
  VerifyLedgerQuery,
  type LedgerFault,
  type LedgerFaultKind,
  type LedgerProgress,
  type LedgerReport,
} from '../contracts/verify-ledger';
import { MISCOUNTED } from '../data/day-totals';
import { CHAINED } from '../data/chained-sql';
import { type ChainedJournal, GENESIS, HEAD_KEY, headText, journalHash } from '../data/chain';

const AT_ONCE = 500;
const PAGE = `select s.seq, s.id, s.hash, x.journal from ledger.seals s
  left join lateral (select ${CHAINED} from ledger.journals j where j.tenant_id = s.tenant_id and j.id = s.id) x on true
  where s.tenant_id = kernel.tenant_id() and s.seq > $1 and s.seq <= $2 order by s.seq limit ${AT_ONCE}`;
/** What the journal says of each account, beside what its balance rows say. */
const RECOUNT = `select a.code, a.currency from ledger.accounts a
  left join (select p.account_id,
      sum(p.amount) filter (where p.amount > 0 and j.kind in ('posted', 'post')) as debits,
      -sum(p.amount) filter (where p.amount < 0 and j.kind in ('posted', 'post')) as credits,
      sum(p.amount) filter (where p.amount > 0 and j.kind = 'pending' and r.id is null) as debits_pending,
      -sum(p.amount) filter (where p.amount < 0 and j.kind = 'pending' and r.id is null) as credits_pending
    from ledger.journals j join ledger.postings p on p.tenant_id = j.tenant_id and p.journal_id = j.id
    left join ledger.journals r on r.tenant_id = j.tenant_id and r.resolves_id = j.id
    where j.tenant_id = kernel.tenant_id() group by p.account_id) c on c.account_id = a.id
  left join (select account_id, sum(debits) as debits, sum(credits) as credits, sum(debits_pending) as debits_pending,
      sum(credits_pending) as credits_pending from ledger.balances where tenant_id = kernel.tenant_id() group by account_id) b on b.account_id = a.id
  where a.tenant_id = kernel.tenant_id() and
    (coalesce(c.debits, 0), coalesce(c.credits, 0), coalesce(c.debits_pending, 0), coalesce(c.credits_pending, 0)) is distinct from
    (coalesce(b.debits, 0), coalesce(b.credits, 0), coalesce(b.debits_pending, 0), coalesce(b.credits_pending, 0))
  order by a.code, a.currency limit 1`;
const UNBALANCED = `select p.journal_id as id from ledger.postings p where p.tenant_id = kernel.tenant_id()
  group by p.journal_id, p.currency having sum(p.amount) <> 0 order by 1 limit 1`;
const LOOSE = `select j.id from ledger.journals j where j.tenant_id = kernel.tenant_id()
  and not exists (select 1 from ledger.seals s where s.tenant_id = j.tenant_id and s.id = j.id)
  and not exists (select 1 from ledger.unsealed u where u.tenant_id = j.tenant_id and u.id = j.id) order by j.id limit 1`;
const GONE = `select u.id from ledger.unsealed u where u.tenant_id = kernel.tenant_id()
  and not exists (select 1 from ledger.journals j where j.tenant_id = u.tenant_id and j.id = u.id) limit 1`;

/** In one statement, so that the newest seal and its head are of one moment. */
const HEAD = `select h.seq, h.hash, h.mac, coalesce(s.seq, 0) as sealed from (select 1) x
  left join (select seq, hash, mac from ledger.heads where tenant_id = kernel.tenant_id() order by seq desc limit 1) h on true
  left join (select max(seq) as seq from ledger.seals where tenant_id = kernel.tenant_id()) s on true`;

interface Head {
  seq: number | null;
  hash: Buffer;
  mac: Buffer;
  /** The newest seal. */
  sealed: number;
}

class Broken extends Error {
  constructor(readonly fault: LedgerFault) {
    super(fault.detail);
  }
}
const broken = (kind: LedgerFaultKind, seq: number | null, journalId: string | null, detail: string): Broken =>
  new Broken({ kind, seq, journalId, detail });

@QueryHandler(VerifyLedgerQuery)
export class VerifyLedgerHandler implements IQueryHandler<VerifyLedgerQuery> {
  constructor(
    private readonly database: Database,
    private readonly keyring: Keyring,
  ) {}

  async execute({ progress = () => undefined }: VerifyLedgerQuery): Promise<LedgerReport> {
    const report: LedgerReport = { ok: true, journals: 0, waiting: 0, accounts: 0, head: null, fault: null };
    try {
      await this.chain(report, progress);
      await this.loose(report);
      await this.books(report);
    } catch (error) {
      if (!(error instanceof Broken)) throw error;
      report.ok = false;
      report.fault = error.fault;
    }
    return report;
  }

  /** The chain in pages: memory does not grow with the ledger. The newest head covers everything before it. */
  private async chain(report: LedgerReport, progress: LedgerProgress): Promise<void> {
    const tenantId = currentContext().tenantId!;
    const [head] = await this.database.readPatiently<Head>(HEAD);
    const end = head.seq ?? 0;
    if (end !== head.sealed)
      throw broken(
        'head',
        head.sealed,
        null,
        `the head of the chain says ${end} journals, the newest seal ${head.sealed}`,
      );
    if (end > 0 && !this.keyring.verifyHmac(HEAD_KEY, headText(tenantId, end, head.hash), head.mac))
      throw broken('head', end, null, `the head of the chain at journal ${end} was not made by Mainstay`);
    let previous: Buffer = GENESIS;
    let seq = 0;
    for (;;) {
      const page = await this.database.readPatiently<{
        seq: number;
        id: string;
        hash: Buffer;
        journal: ChainedJournal | null;
      }>(PAGE, [seq, end]);
      for (const row of page) {
        seq += 1;
        if (row.seq !== seq) throw broken('missing', seq, null, `journal ${seq} is gone, with its seal`);
        if (row.journal === null) throw broken('missing', seq, row.id, `journal ${seq} is gone`);
        if (!journalHash(previous, tenantId, seq, row.journal).equals(row.hash))
          throw broken('changed', seq, row.id, `journal ${seq} is not what was sealed: something in it was changed`);
        previous = row.hash;
        report.journals += 1;
      }
      progress(report.journals, end);
      if (page.length < AT_ONCE) break;
    }
    if (seq !== end) throw broken('missing', seq + 1, null, `journal ${seq + 1} is gone, with its seal`);
    if (end === 0) return;
    if (!previous.equals(head.hash))
      throw broken('head', end, null, `the head of the chain is not that of journal ${end}`);
    report.head = { seq, hash: head.hash.toString('hex') };
  }

  /** Journals that no seal and no marker knows were put in, or cut off; a marker without journal tells of one that is gone. */
  private async loose(report: LedgerReport): Promise<void> {
    const [{ waiting }] = await this.database.readPatiently<{ waiting: number }>(
      'select count(*)::int as waiting from ledger.unsealed where tenant_id = kernel.tenant_id()',
    );
    report.waiting = waiting;
    const [gone] = await this.database.readPatiently<{ id: string }>(GONE);
    if (gone) throw broken('missing', null, gone.id, 'a journal that waited for its seal is gone');
    const [loose] = await this.database.readPatiently<{ id: string }>(LOOSE);
    if (loose)
      throw broken(
        'unsealed',
        null,
        loose.id,
        'a journal is no part of the chain: it was put in, or its seal taken away',
      );
  }

  private async books(report: LedgerReport): Promise<void> {
    const [unbalanced] = await this.database.readPatiently<{ id: string }>(UNBALANCED);
    if (unbalanced) throw broken('unbalanced', null, unbalanced.id, 'debits and credits of a journal differ');
    const [wrong] = await this.database.readPatiently<{ code: string; currency: string }>(RECOUNT);
    if (wrong)
      throw broken(
        'balance',
        null,
        null,
        `the balance of ${wrong.code} in ${wrong.currency} is not the sum of its postings`,
      );
    const [miscounted] = await this.database.readPatiently<{ code: string; currency: string }>(MISCOUNTED);
    if (miscounted)
      throw broken(
        'totals',
        null,
        null,
        `the totals of a day of ${miscounted.code} in ${miscounted.currency} are not the sum of its postings`,
      );
    const [{ accounts }] = await this.database.readPatiently<{ accounts: number }>(
      'select count(*)::int as accounts from ledger.accounts where tenant_id = kernel.tenant_id()',
    );
    report.accounts = accounts;
  }
}

@QueryHandler(SealedLedgersQuery)
export class SealedLedgersHandler implements IQueryHandler<SealedLedgersQuery> {
  constructor(private readonly database: Database) {}

  async execute(): Promise<string[]> {
    const rows = await this.database.readPlatform<{ id: string }>(
      'select t.id from ledger.sealed_tenants(1000000) as t(id)',
    );
    return rows.map(({ id }) => id);
  }
}
