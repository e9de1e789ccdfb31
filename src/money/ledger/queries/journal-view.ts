import { Injectable } from '@nestjs/common';
import { Database } from '../../../kernel/database/database';
import { money, type Money } from '../../../kernel/money/money';
import type { JournalKind, Side } from '../domain/journal-draft';
import { journalNotFound } from '../domain/ledger.errors';

export interface PostingFacts {
  account: string;
  accountName: string;
  side: Side;
  amount: Money;
  dimensions: Record<string, string>;
}

/** A journal with its lines. */
export interface JournalFacts {
  id: string;
  kind: JournalKind;
  purpose: string;
  description: string;
  source: { type: string; id: string };
  document: { type: string; id: string } | null;
  paymentId: string | null;
  effectiveAt: string;
  postedAt: string;
  actorId: string | null;
  /** The pending journal that this one posted or voided. */
  resolvesId: string | null;
  /** The journal that posted or voided this pending one. */
  resolvedById: string | null;
  reversesId: string | null;
  reversedById: string | null;
  /** Place in the hash chain; null until it is sealed. */
  seal: { seq: number; hash: string } | null;
  lines: PostingFacts[];
}

export interface JournalRow {
  id: string;
  kind: JournalKind;
  purpose: string;
  description: string;
  sourceType: string;
  sourceId: string;
  documentType: string | null;
  documentId: string | null;
  paymentId: string | null;
  effectiveAt: Date;
  postedAt: Date;
  actorId: string | null;
  resolvesId: string | null;
  resolvedById: string | null;
  reversesId: string | null;
  reversedById: string | null;
  seq: number | null;
  hash: Buffer | null;
  lines: { account: string; name: string; amount: number; currency: string; dimensions: Record<string, string> }[];
}

/** Columns of `JournalRow` from `ledger.journals j`. */
export const JOURNAL = `j.id, j.kind, j.purpose, j.description, j.source_type as "sourceType", j.source_id as "sourceId",
  j.document_type as "documentType", j.document_id as "documentId", j.payment_id as "paymentId", j.effective_at as "effectiveAt",
  j.posted_at as "postedAt", j.actor_id as "actorId", j.resolves_id as "resolvesId", j.reverses_id as "reversesId",
  (select r.id from ledger.journals r where r.tenant_id = j.tenant_id and r.resolves_id = j.id) as "resolvedById",
  (select r.id from ledger.journals r where r.tenant_id = j.tenant_id and r.reverses_id = j.id) as "reversedById",
  s.seq, s.hash,
  coalesce((select json_agg(json_build_object('account', a.code, 'name', a.name, 'amount', p.amount, 'currency', p.currency,
      'dimensions', p.dimensions) order by p.line)
    from ledger.postings p join ledger.accounts a on a.tenant_id = p.tenant_id and a.id = p.account_id
    where p.tenant_id = j.tenant_id and p.journal_id = j.id), '[]') as lines`;
export const JOURNAL_FROM = `ledger.journals j left join ledger.seals s on s.tenant_id = j.tenant_id and s.id = j.id`;

export const journalView = (row: JournalRow): JournalFacts => ({
  id: row.id,
  kind: row.kind,
  purpose: row.purpose,
  description: row.description,
  source: { type: row.sourceType, id: row.sourceId },
  document: row.documentType === null ? null : { type: row.documentType, id: row.documentId! },
  paymentId: row.paymentId,
  effectiveAt: row.effectiveAt.toISOString(),
  postedAt: row.postedAt.toISOString(),
  actorId: row.actorId,
  resolvesId: row.resolvesId,
  resolvedById: row.resolvedById,
  reversesId: row.reversesId,
  reversedById: row.reversedById,
  seal: row.seq === null ? null : { seq: row.seq, hash: row.hash!.toString('hex') },
  lines: row.lines.map(({ account, name, amount, currency, dimensions }) => ({
    account,
    accountName: name,
    side: amount > 0 ? 'debit' : 'credit',
    amount: money(Math.abs(amount), currency),
    dimensions,
  })),
});

/** Reads one journal, inside of a transaction with what it wrote. */
@Injectable()
export class JournalReader {
  constructor(private readonly database: Database) {}

  /** @throws AppError not-found `ledger.journal-not-found` */
  async find(id: string): Promise<JournalFacts> {
    const [row] = await this.database.read<JournalRow>(
      `select ${JOURNAL} from ${JOURNAL_FROM} where j.tenant_id = kernel.tenant_id() and j.id = $1`,
      [id],
    );
    if (!row) throw journalNotFound();
    return journalView(row);
  }
}
