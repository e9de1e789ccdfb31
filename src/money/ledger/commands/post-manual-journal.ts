import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { noteAudit } from '../../../kernel/audit/audit';
import { clock } from '../../../kernel/clock/clock';
import { currentContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import type { Line } from '../domain/journal-draft';
import { JournalReader, type JournalFacts } from '../queries/journal-view';
import { Bookkeeper } from './bookkeeper';

/** A journal by a person: corrections, opening balances, bank fees. */
export interface ManualJournal {
  description: string;
  /** When it counts; default now. */
  effectiveAt?: Date;
  lines: Line[];
  /** Only reserves, to be posted or voided later. */
  pending?: boolean;
  document?: { type: string; id: string };
}

/**
 * Posts a journal by hand.
 * @throws AppError `ledger.unbalanced`, `ledger.too-few-lines`, `ledger.unknown-account`, `ledger.insufficient-balance`
 */
export class PostManualJournalCommand extends Command<JournalFacts> {
  constructor(readonly journal: ManualJournal) {
    super();
  }
}

/**
 * Makes a pending journal count, whole or with smaller amounts, or lets it go.
 * @throws AppError `ledger.journal-not-found`, `ledger.not-pending`, `ledger.already-resolved`, `ledger.exceeds-pending`,
 *   `ledger.unbalanced`
 */
export class ResolveJournalCommand extends Command<JournalFacts> {
  constructor(
    readonly id: string,
    readonly kind: 'post' | 'void',
    readonly terms: { description?: string; effectiveAt?: Date; lines?: Line[] } = {},
  ) {
    super();
  }
}

/**
 * Posts the opposite of a journal, linked to it.
 * @throws AppError `ledger.journal-not-found`, `ledger.not-reversible`, `ledger.already-reversed`, `ledger.insufficient-balance`
 */
export class ReverseJournalCommand extends Command<JournalFacts> {
  constructor(
    readonly id: string,
    readonly terms: { description?: string; effectiveAt?: Date } = {},
  ) {
    super();
  }
}

/** What a journal by a person says of where it comes from; each has a key of its own, the request's is the kernel's matter. */
const byHand = (terms: { effectiveAt?: Date }, description: string) => {
  const id = newId();
  return {
    purpose: 'manual',
    description,
    source: { type: 'manual', id },
    idempotencyKey: `manual:${id}`,
    effectiveAt: terms.effectiveAt ?? clock.now(),
    actorId: currentContext().principal.userId,
  };
};

@CommandHandler(PostManualJournalCommand)
export class PostManualJournalHandler implements ICommandHandler<PostManualJournalCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly bookkeeper: Bookkeeper,
    private readonly reader: JournalReader,
  ) {}

  execute({ journal }: PostManualJournalCommand): Promise<JournalFacts> {
    return this.uow.run(async () => {
      const { description, lines, pending = false, document } = journal;
      const kind = pending ? 'pending' : 'posted';
      const { id } = await this.bookkeeper.post({ ...byHand(journal, description), kind, lines, document });
      noteAudit({ target: { journalId: id } });
      return this.reader.find(id);
    });
  }
}

@CommandHandler(ResolveJournalCommand)
export class ResolveJournalHandler implements ICommandHandler<ResolveJournalCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly bookkeeper: Bookkeeper,
    private readonly reader: JournalReader,
  ) {}

  execute({ id, kind, terms }: ResolveJournalCommand): Promise<JournalFacts> {
    return this.uow.run(async () => {
      const description =
        terms.description ?? (kind === 'post' ? 'Posted what was pending' : 'Let go what was pending');
      const posted = await this.bookkeeper.resolve(id, kind, { ...byHand(terms, description), lines: terms.lines });
      noteAudit({ target: { journalId: posted.id, resolvesId: id } });
      return this.reader.find(posted.id);
    });
  }
}

@CommandHandler(ReverseJournalCommand)
export class ReverseJournalHandler implements ICommandHandler<ReverseJournalCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly bookkeeper: Bookkeeper,
    private readonly reader: JournalReader,
  ) {}

  execute({ id, terms }: ReverseJournalCommand): Promise<JournalFacts> {
    return this.uow.run(async () => {
      const posted = await this.bookkeeper.reverse(id, byHand(terms, terms.description ?? 'Reversal'));
      noteAudit({ target: { journalId: posted.id, reversesId: id } });
      return this.reader.find(posted.id);
    });
  }
}
