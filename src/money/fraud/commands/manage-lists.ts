import { Command, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { FraudPolicies } from '../data/policies';
import { ListRepository, type NewEntry } from '../data/list.repository';
import { entryExists, entryInvalid, entryNotFound } from '../domain/fraud.errors';
import { KINDS_OF, normalEntry } from '../domain/list-entry';
import { FindListEntryQuery, type ListEntryFacts } from '../queries/list-entries';

/** Puts a value on a list. @throws AppError invalid `fraud.list-entry-invalid`, conflict `fraud.list-entry-exists` */
export class AddListEntryCommand extends Command<ListEntryFacts> {
  constructor(readonly entry: NewEntry) {
    super();
  }
}

/** Puts many values on one list, such as the networks of proxies. Those that are on it, or on its opposite, stay as they are. */
export class AddListEntriesCommand extends Command<{ added: number; known: number; refused: string[] }> {
  constructor(
    readonly values: readonly string[],
    readonly as: Omit<NewEntry, 'value'>,
  ) {
    super();
  }
}

/** Takes a value off its list. @throws AppError not-found `fraud.list-entry-not-found` */
export class RemoveListEntryCommand extends Command<void> {
  constructor(readonly entryId: string) {
    super();
  }
}

/** @throws AppError invalid `fraud.list-entry-invalid` */
function demandKind({ list, kind }: Pick<NewEntry, 'list' | 'kind'>): void {
  if (!KINDS_OF[list].includes(kind))
    throw entryInvalid(`The list ${list} takes values of kind ${KINDS_OF[list].join(', ')}.`);
}

@CommandHandler(AddListEntryCommand)
export class AddListEntryHandler implements ICommandHandler<AddListEntryCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: QueryBus,
    private readonly lists: ListRepository,
    private readonly policies: FraudPolicies,
  ) {}

  execute({ entry }: AddListEntryCommand): Promise<ListEntryFacts> {
    demandKind(entry);
    const value = normalEntry(entry.kind, entry.value);
    if (value === null) throw entryInvalid(`This is no value of kind ${entry.kind}.`);
    return this.uow.run(async (tx) => {
      const [added] = await this.lists.add(tx, [{ ...entry, value }]);
      if ('on' in added) throw entryExists(added.on);
      this.policies.changed(tx);
      return this.queries.execute(new FindListEntryQuery(added.id));
    });
  }
}

@CommandHandler(AddListEntriesCommand)
export class AddListEntriesHandler implements ICommandHandler<AddListEntriesCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly lists: ListRepository,
    private readonly policies: FraudPolicies,
  ) {}

  execute({ values, as }: AddListEntriesCommand): Promise<{ added: number; known: number; refused: string[] }> {
    demandKind(as);
    const normal = values.map((value) => ({ value, as: normalEntry(as.kind, value) }));
    const refused = normal.filter((each) => each.as === null).map(({ value }) => value);
    const good = [...new Set(normal.flatMap((each) => (each.as === null ? [] : [each.as])))];
    return this.uow.run(async (tx) => {
      const results = good.length
        ? await this.lists.add(
            tx,
            good.map((value) => ({ ...as, value })),
          )
        : [];
      const added = results.filter((result) => 'id' in result).length;
      if (added > 0) this.policies.changed(tx);
      return { added, known: values.length - refused.length - added, refused };
    });
  }
}

@CommandHandler(RemoveListEntryCommand)
export class RemoveListEntryHandler implements ICommandHandler<RemoveListEntryCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly lists: ListRepository,
  ) {}

  execute({ entryId }: RemoveListEntryCommand): Promise<void> {
    return this.uow.run(async (tx) => {
      if ((await this.lists.remove(tx, entryId)) === 0) throw entryNotFound();
    });
  }
}
