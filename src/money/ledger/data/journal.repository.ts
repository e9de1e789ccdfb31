import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../../kernel/database/transaction';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import type { JournalDraft, Side } from '../domain/journal-draft';

/** A balance row, locked: of a sharded account the row of this connection. */
export interface LockedBalance {
  id: string;
  accountId: string;
  code: string;
  currency: string;
  guard: Side | null;
  debits: number;
  credits: number;
  debitsPending: number;
  creditsPending: number;
}

/** What a journal adds to the balance of one account; negative where pending amounts are let go. */
export interface Change {
  code: string;
  currency: string;
  debits: bigint;
  credits: bigint;
  debitsPending: bigint;
  creditsPending: bigint;
}

export interface AccountKey {
  code: string;
  currency: string;
}

/** A stored journal with its lines, as resolving and reversing need it. */
export interface StoredJournal {
  id: string;
  kind: JournalDraft['kind'];
  purpose: string;
  description: string;
  documentType: string | null;
  documentId: string | null;
  paymentId: string | null;
  reversesId: string | null;
  lines: { account: string; currency: string; amount: number; dimensions: Record<string, string> }[];
}

/** Of a sharded account each connection has a row of its own, as far as they go. */
const SHARD = 'case when a.shards > 1 then pg_backend_pid() % a.shards else 0 end';
const ACCOUNTS = `from unnest($2::text[], $3::text[]) as k(code, currency)
  join ledger.accounts a on a.tenant_id = $1 and a.code = k.code and a.currency = k.currency`;
const LOCK = `select b.id, b.account_id as "accountId", a.code, a.currency, b.guard, b.debits, b.credits,
    b.debits_pending as "debitsPending", b.credits_pending as "creditsPending"
  ${ACCOUNTS} join ledger.balances b on b.tenant_id = a.tenant_id and b.account_id = a.id and b.shard = ${SHARD}
  order by a.code, a.currency for update of b`;
const ZERO_ROWS = `insert into ledger.balances (tenant_id, id, account_id, shard, guard)
  select a.tenant_id, gen_random_uuid(), a.id, ${SHARD}, case when a.may_go_negative then null else a.normal_side end
  ${ACCOUNTS} order by a.code, a.currency on conflict (tenant_id, account_id, shard) do nothing`;
const WRITE = `with made as (
    insert into ledger.journals (tenant_id, id, kind, purpose, description, source_type, source_id, document_type, document_id, payment_id,
      idempotency_key, lines, resolves_id, reverses_id, actor_id, effective_at, posted_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, kernel.now())
    on conflict do nothing returning id),
  lines as (
    insert into ledger.postings (tenant_id, id, journal_id, line, account_id, currency, amount, dimensions)
    select $1, x.id, made.id, x.line, x.account_id, x.currency, x.amount, x.dimensions from made,
      unnest($17::uuid[], $18::uuid[], $19::text[], $20::bigint[], $21::jsonb[]) with ordinality as x(id, account_id, currency, amount, dimensions, line)),
  marked as (insert into ledger.unsealed (tenant_id, id) select $1, id from made),
  counted as (
    update ledger.balances b set debits = b.debits + x.debits, credits = b.credits + x.credits,
      debits_pending = b.debits_pending + x.debits_pending, credits_pending = b.credits_pending + x.credits_pending
    from made, unnest($22::uuid[], $23::bigint[], $24::bigint[], $25::bigint[], $26::bigint[]) as x(id, debits, credits, debits_pending, credits_pending)
    where b.tenant_id = $1 and b.id = x.id)
  select id from made`;
const STORED = `select j.id, j.kind, j.purpose, j.description, j.document_type as "documentType", j.document_id as "documentId",
    j.payment_id as "paymentId", j.reverses_id as "reversesId",
    coalesce((select json_agg(json_build_object('account', a.code, 'currency', p.currency, 'amount', p.amount, 'dimensions', p.dimensions) order by p.line)
      from ledger.postings p join ledger.accounts a on a.tenant_id = p.tenant_id and a.id = p.account_id
      where p.tenant_id = j.tenant_id and p.journal_id = j.id), '[]') as lines
  from ledger.journals j where j.tenant_id = $1 and j.id = $2`;

/** Journals, postings and balances as commands write them. */
@Injectable()
export class JournalRepository {
  constructor(protected readonly uow: UnitOfWork) {}

  /** The balance rows of these accounts, locked in the order of code and currency; accounts without a row are left out. */
  async lock(accounts: readonly AccountKey[]): Promise<LockedBalance[]> {
    const tx = this.uow.current();
    return tx.query<LockedBalance>(LOCK, keys(tx, accounts));
  }

  /** Rows of zero where there are none yet: what is not there cannot be locked. */
  async addZeroRows(accounts: readonly AccountKey[]): Promise<void> {
    const tx = this.uow.current();
    await tx.execute(ZERO_ROWS, keys(tx, accounts));
  }

  /**
   * The journal, its postings, the sealer's marker and the balances, in one statement.
   * @returns its id; null when a journal with this key, or one that resolves or reverses the same, is there already
   */
  async write(
    draft: JournalDraft,
    balances: readonly LockedBalance[],
    changes: readonly Change[],
  ): Promise<string | null> {
    const tx = this.uow.current();
    const row = new Map(balances.map((balance) => [`${balance.code} ${balance.currency}`, balance]));
    const of = ({ code, currency }: AccountKey): LockedBalance => row.get(`${code} ${currency}`)!;
    const { lines } = draft;
    const [made] = await tx.query<{ id: string }>(WRITE, [
      tx.tenantId,
      newId(),
      draft.kind,
      draft.purpose,
      draft.description,
      draft.source.type,
      draft.source.id,
      draft.document?.type ?? null,
      draft.document?.id ?? null,
      draft.paymentId ?? null,
      draft.idempotencyKey,
      lines.length,
      draft.resolvesId ?? null,
      draft.reversesId ?? null,
      draft.actorId ?? null,
      draft.effectiveAt,
      lines.map(() => newId()),
      lines.map(({ account, amount }) => of({ code: account, currency: amount.currency }).accountId),
      lines.map(({ amount }) => amount.currency),
      lines.map(({ amount }) => amount.amount),
      lines.map(({ dimensions }) => JSON.stringify(dimensions ?? {})),
      changes.map((change) => of(change).id),
      changes.map(({ debits }) => String(debits)),
      changes.map(({ credits }) => String(credits)),
      changes.map(({ debitsPending }) => String(debitsPending)),
      changes.map(({ creditsPending }) => String(creditsPending)),
    ]);
    return made?.id ?? null;
  }

  /** A journal with its lines; null when the tenant has none. */
  async find(id: string): Promise<StoredJournal | null> {
    const tx = this.uow.current();
    const [journal] = await tx.query<StoredJournal>(STORED, [tx.tenantId, id]);
    return journal ?? null;
  }

  /** The journal that was posted under a key, or that resolves or reverses a given one. */
  async taken(draft: JournalDraft): Promise<{ id: string; idempotencyKey: string } | null> {
    const tx = this.uow.current();
    const [journal] = await tx.query<{ id: string; idempotencyKey: string }>(
      `select id, idempotency_key as "idempotencyKey" from ledger.journals
       where tenant_id = $1 and (idempotency_key = $2 or resolves_id = $3 or reverses_id = $4)
       order by idempotency_key = $2 desc limit 1`,
      [tx.tenantId, draft.idempotencyKey, draft.resolvesId ?? null, draft.reversesId ?? null],
    );
    return journal ?? null;
  }

  /** What was booked for a payment so far, by key; of pending journals what they hold and whether they ended. */
  async ofPayment(paymentId: string): Promise<{ id: string; key: string; held: number; resolved: boolean }[]> {
    const tx = this.uow.current();
    return tx.query(
      `select j.id, j.idempotency_key as key,
         coalesce((select sum(p.amount) from ledger.postings p
           where p.tenant_id = j.tenant_id and p.journal_id = j.id and p.amount > 0), 0)::bigint as held,
         exists (select 1 from ledger.journals r where r.tenant_id = j.tenant_id and r.resolves_id = j.id) as resolved
       from ledger.journals j where j.tenant_id = $1 and j.payment_id = $2`,
      [tx.tenantId, paymentId],
    );
  }
}

const keys = (tx: Transaction, accounts: readonly AccountKey[]): unknown[] => [
  tx.tenantId,
  accounts.map(({ code }) => code),
  accounts.map(({ currency }) => currency),
];
