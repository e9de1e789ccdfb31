import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { noteAudit } from '../../../kernel/audit/audit';
import { clock } from '../../../kernel/clock/clock';
import { currentContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { JournalRepository } from '../data/journal.repository';
import { CODES, IN_SUSPENSE } from '../domain/chart';
import { suspenseNotFound, suspenseResolved } from '../domain/ledger.errors';
import { JournalReader, type JournalFacts } from '../queries/journal-view';
import { Bookkeeper } from './bookkeeper';

/**
 * Says what a movement is that a provider reports and nobody knew: its amount goes from suspense to an account. Once; the
 * same answer again changes nothing.
 * @throws AppError not-found `ledger.suspense-not-found`, conflict `ledger.suspense-resolved`, invalid `ledger.unknown-account`
 */
export class ResolveSuspenseCommand extends Command<JournalFacts> {
  constructor(readonly request: { journalId: string; account: string; description: string }) {
    super();
  }
}

@CommandHandler(ResolveSuspenseCommand)
export class ResolveSuspenseHandler implements ICommandHandler<ResolveSuspenseCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly bookkeeper: Bookkeeper,
    private readonly journals: JournalRepository,
    private readonly reader: JournalReader,
  ) {}

  execute({ request: { journalId, account, description } }: ResolveSuspenseCommand): Promise<JournalFacts> {
    return this.uow.run(async () => {
      const waiting = await this.journals.find(journalId);
      const open =
        waiting?.purpose === IN_SUSPENSE ? waiting.lines.find((line) => line.account === CODES.suspense) : null;
      if (!open || account === CODES.suspense) throw suspenseNotFound();
      const { amount, currency, dimensions } = open;
      const posted = await this.bookkeeper.post({
        kind: 'posted',
        purpose: 'suspense-resolved',
        description,
        source: { type: 'journal', id: journalId },
        // Two who explain the same movement meet here.
        idempotencyKey: `suspense:${journalId}`,
        effectiveAt: clock.now(),
        actorId: currentContext().principal.userId,
        lines: [
          { account, amount: { amount, currency }, dimensions },
          { account: CODES.suspense, amount: { amount: -amount, currency }, dimensions },
        ],
      });
      const journal = await this.reader.find(posted.id);
      const into = journal.lines.find((line) => line.account !== CODES.suspense)!.account;
      if (into !== account) throw suspenseResolved(into);
      noteAudit({ target: { journalId: posted.id, explainsId: journalId } });
      return journal;
    });
  }
}
