import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { JournalPosted } from '../contracts/ledger-events';
import { AccountRepository } from '../data/account.repository';
import {
  JournalRepository,
  type AccountKey,
  type Change,
  type LockedBalance,
  type StoredJournal,
} from '../data/journal.repository';
import { checkDraft, type JournalDraft, type Line } from '../domain/journal-draft';
import {
  alreadyResolved,
  alreadyReversed,
  exceedsPending,
  insufficientBalance,
  journalNotFound,
  notPending,
  notReversible,
  unknownAccounts,
} from '../domain/ledger.errors';

/** A journal that was posted now, or by an earlier call with the same key. */
export interface Posted {
  id: string;
  created: boolean;
}

/** What posts to the ledger, always within the caller's transaction: every journal goes through `post`. */
@Injectable()
export class Bookkeeper {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly journals: JournalRepository,
    private readonly accounts: AccountRepository,
  ) {}

  /**
   * Posts a journal: locks the balances in the order of account and currency, checks guarded accounts, writes. Standard
   * accounts are opened where a currency is used first. A second call with the same key posts nothing.
   * @throws AppError `ledger.unbalanced`, `ledger.unknown-account`, `ledger.insufficient-balance`,
   *   `ledger.already-resolved`, `ledger.already-reversed`
   */
  async post(draft: JournalDraft, released: readonly Line[] = []): Promise<Posted> {
    checkDraft(draft);
    const changes = changesOf(draft, released);
    const balances = await this.locked(changes, draft);
    for (const change of changes) guard(change, balances);
    const id = await this.journals.write(draft, balances, changes);
    if (id === null) return this.found(draft);
    const { kind, purpose, source, document = null, resolvesId = null, reversesId = null } = draft;
    this.uow
      .current()
      .record(new JournalPosted(id, { journalId: id, kind, purpose, source, document, resolvesId, reversesId }));
    return { id, created: true };
  }

  /** Makes a pending journal count, with its own lines or smaller ones, or lets it go. */
  async resolve(
    pendingId: string,
    kind: 'post' | 'void',
    draft: Omit<JournalDraft, 'kind' | 'lines' | 'resolvesId' | 'document' | 'paymentId'> & { lines?: Line[] },
  ): Promise<Posted> {
    const pending = await this.stored(pendingId);
    if (pending.kind !== 'pending') throw notPending();
    const held = linesOf(pending);
    const lines = kind === 'void' ? [] : (draft.lines ?? held);
    within(lines, held);
    return this.post({ ...draft, ...aboutOf(pending), kind, lines, resolvesId: pendingId }, held);
  }

  /** Posts the opposite of a journal, linked to it. */
  async reverse(
    id: string,
    draft: Omit<JournalDraft, 'kind' | 'lines' | 'reversesId' | 'document' | 'paymentId'>,
  ): Promise<Posted> {
    const journal = await this.stored(id);
    if ((journal.kind !== 'posted' && journal.kind !== 'post') || journal.reversesId !== null) throw notReversible();
    const lines = linesOf(journal).map((line) => ({
      ...line,
      amount: { ...line.amount, amount: -line.amount.amount },
    }));
    return this.post({ ...draft, ...aboutOf(journal), kind: 'posted', lines, reversesId: id });
  }

  private async stored(id: string): Promise<StoredJournal> {
    const journal = await this.journals.find(id);
    if (!journal) throw journalNotFound();
    return journal;
  }

  private async locked(changes: readonly Change[], draft: JournalDraft): Promise<LockedBalance[]> {
    if (changes.length === 0) return [];
    const balances = await this.journals.lock(changes);
    if (balances.length === changes.length) return balances;
    await this.accounts.openStandard([...new Set(changes.map(({ currency }) => currency))].sort());
    await this.journals.addZeroRows(changes);
    const all = await this.journals.lock(changes);
    if (all.length === changes.length) return all;
    const known = new Set(all.map(nameOf));
    throw unknownAccounts(
      draft.lines.flatMap(({ account: code, amount: { currency } }, i) =>
        known.has(nameOf({ code, currency })) ? [] : [{ pointer: `/lines/${i}/account`, code, currency }],
      ),
    );
  }

  private async found(draft: JournalDraft): Promise<Posted> {
    const taken = await this.journals.taken(draft);
    if (taken?.idempotencyKey === draft.idempotencyKey) return { id: taken.id, created: false };
    throw draft.resolvesId ? alreadyResolved() : alreadyReversed();
  }
}

const nameOf = ({ code, currency }: AccountKey): string => `${code} ${currency}`;

const linesOf = (journal: StoredJournal): Line[] =>
  journal.lines.map(({ account, currency, amount, dimensions }) => ({
    account,
    amount: { amount, currency },
    dimensions,
  }));

const aboutOf = (journal: StoredJournal): Pick<JournalDraft, 'document' | 'paymentId'> => ({
  document:
    journal.documentType !== null && journal.documentId !== null
      ? { type: journal.documentType, id: journal.documentId }
      : undefined,
  paymentId: journal.paymentId ?? undefined,
});

/** What a journal does to each account; `released` are the lines of the pending journal that it resolves. */
function changesOf(draft: JournalDraft, released: readonly Line[]): Change[] {
  const changes = new Map<string, Change>();
  const of = ({ account: code, amount: { currency } }: Line): Change => {
    const name = nameOf({ code, currency });
    let change = changes.get(name);
    if (!change)
      changes.set(name, (change = { code, currency, debits: 0n, credits: 0n, debitsPending: 0n, creditsPending: 0n }));
    return change;
  };
  const add = (line: Line, pending: boolean, sign: 1n | -1n): void => {
    const change = of(line);
    const amount = BigInt(line.amount.amount);
    const size = sign * (amount < 0n ? -amount : amount);
    if (pending) change[amount > 0n ? 'debitsPending' : 'creditsPending'] += size;
    else change[amount > 0n ? 'debits' : 'credits'] += size;
  };
  for (const line of draft.lines) add(line, draft.kind === 'pending', 1n);
  for (const line of released) add(line, true, -1n);
  return [...changes.values()];
}

/** A guarded account covers what was taken and what may still be taken from it. */
function guard(change: Change, balances: readonly LockedBalance[]): void {
  const balance = balances.find(({ code, currency }) => code === change.code && currency === change.currency)!;
  if (balance.guard === null) return;
  const debits = BigInt(balance.debits) + change.debits;
  const credits = BigInt(balance.credits) + change.credits;
  const left =
    balance.guard === 'debit'
      ? debits - credits - BigInt(balance.creditsPending) - change.creditsPending
      : credits - debits - BigInt(balance.debitsPending) - change.debitsPending;
  if (left < 0n) throw insufficientBalance(change.code, change.currency);
}

/** Posted ≤ pending, per account and side. */
function within(lines: readonly Line[], held: readonly Line[]): void {
  const side = (of: readonly Line[]): Map<string, bigint> => {
    const totals = new Map<string, bigint>();
    for (const { account, amount } of of) {
      const name = `${account} ${amount.currency} ${amount.amount > 0 ? 'debit' : 'credit'}`;
      totals.set(name, (totals.get(name) ?? 0n) + BigInt(Math.abs(amount.amount)));
    }
    return totals;
  };
  const most = side(held);
  for (const [name, total] of side(lines)) {
    const [code, currency] = name.split(' ');
    if (total > (most.get(name) ?? 0n)) throw exceedsPending(code, currency);
  }
}
