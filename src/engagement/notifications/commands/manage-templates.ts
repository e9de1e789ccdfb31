import { Command, CommandBus, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { AttachFilesCommand, RenameFileOwnerCommand } from '../../files/contracts/files';
import { NotifyCommand } from '../contracts/notify';
import { TemplateRepository } from '../data/template.repository';
import { CATEGORY_OF, categoryNamed } from '../domain/categories';
import { templateInvalid, templateVersionNotFound } from '../domain/template.errors';
import type { TemplateSource } from '../domain/template-source';
import { FindTemplateQuery, type TemplateDetails } from '../queries/templates';
import type { TemplateName } from '../contracts/send-message';
import { TEMPLATES } from '../templates/templates';
import { CheckedTemplates } from './checked-templates';

export interface TemplateDraft {
  name: string;
  /** Empty: for every language without one of its own. */
  locale: string;
  source: TemplateSource;
  /** Of an organization's own name: data to look at it with, which names all that it may read. */
  sample: Record<string, unknown>;
  category: string;
  note: string | null;
}

/** A version of a template, as what uses the files of its pictures; one that is not in use lets go of those that are deleted. */
const PICTURE_OWNER = 'mail-template';
const FORMER_OWNER = 'former-mail-template';
const outOfUse = (id: string): RenameFileOwnerCommand =>
  new RenameFileOwnerCommand({ owner: { kind: PICTURE_OWNER, id }, kind: FORMER_OWNER });

/**
 * Writes a version of a template and puts it in use. It keeps the files of its pictures.
 * @throws AppError invalid `notifications.template-invalid` with places; for pictures as `CheckedTemplates.check` and
 *   `AttachFilesCommand`
 */
export class SaveTemplateCommand extends Command<TemplateDetails> {
  constructor(readonly draft: TemplateDraft) {
    super();
  }
}

@CommandHandler(SaveTemplateCommand)
export class SaveTemplateHandler implements ICommandHandler<SaveTemplateCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly templates: TemplateRepository,
    private readonly checked: CheckedTemplates,
  ) {}

  async execute({ draft }: SaveTemplateCommand): Promise<TemplateDetails> {
    const { name, locale, note, source } = draft;
    const isProducts = Object.hasOwn(TEMPLATES, name);
    const category = isProducts ? CATEGORY_OF[name as TemplateName] : draft.category;
    if (!isProducts && categoryNamed(category).critical)
      throw templateInvalid([
        { pointer: '/category', code: 'tag-not-allowed', detail: 'this category is kept for Mainstay itself' },
      ]);
    // Compiled outside of the transaction: it takes its time.
    const { compiled, variables, pictures, sample } = await this.checked.check(name, source, draft.sample);
    return this.uow.run(async (tx) => {
      await this.templates.lock(tx, name, locale);
      const createdBy = currentContext().principal.userId;
      const template = { name, locale, category, source, compiled, sample, variables, note, createdBy };
      const { id, former } = await this.templates.insert(tx, template);
      if (former) await this.commands.execute(outOfUse(former));
      if (pictures.length > 0)
        await this.commands.execute(new AttachFilesCommand({ fileIds: pictures, owner: { kind: PICTURE_OWNER, id } }));
      return this.queries.execute(new FindTemplateQuery(name, locale));
    });
  }
}

/** Puts a former version in use again. Pictures whose files were deleted since are told by their words. @throws AppError not-found */
export class ActivateTemplateCommand extends Command<TemplateDetails> {
  constructor(
    readonly name: string,
    readonly locale: string,
    readonly version: number,
  ) {
    super();
  }
}

@CommandHandler(ActivateTemplateCommand)
export class ActivateTemplateHandler implements ICommandHandler<ActivateTemplateCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly templates: TemplateRepository,
  ) {}

  execute({ name, locale, version }: ActivateTemplateCommand): Promise<TemplateDetails> {
    return this.uow.run(async (tx) => {
      await this.templates.lock(tx, name, locale);
      const changed = await this.templates.activate(tx, name, locale, version);
      if (!changed) throw templateVersionNotFound();
      const { id, former } = changed;
      if (former) await this.commands.execute(outOfUse(former));
      await this.commands.execute(
        new RenameFileOwnerCommand({ owner: { kind: FORMER_OWNER, id }, kind: PICTURE_OWNER }),
      );
      return this.queries.execute(new FindTemplateQuery(name, locale));
    });
  }
}

/** Goes back to the product's; the versions stay. @throws AppError not-found where none of one's own is in use */
export class ResetTemplateCommand extends Command<void> {
  constructor(
    readonly name: string,
    readonly locale: string,
  ) {
    super();
  }
}

@CommandHandler(ResetTemplateCommand)
export class ResetTemplateHandler implements ICommandHandler<ResetTemplateCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly commands: CommandBus,
    private readonly templates: TemplateRepository,
  ) {}

  execute({ name, locale }: ResetTemplateCommand): Promise<void> {
    return this.uow.run(async (tx) => {
      await this.templates.lock(tx, name, locale);
      const former = await this.templates.deactivate(tx, name, locale);
      if (!former) throw templateVersionNotFound();
      await this.commands.execute(outOfUse(former));
    });
  }
}

/** Sends a template with its sample data to whoever asks, and to nobody else. @throws AppError not-found */
export class SendTestMessageCommand extends Command<{ notificationId: string | null }> {
  constructor(
    readonly userId: string,
    readonly name: string,
    readonly locale: string,
    readonly channel: 'email' | 'sms' | 'push',
  ) {
    super();
  }
}

@CommandHandler(SendTestMessageCommand)
export class SendTestMessageHandler implements ICommandHandler<SendTestMessageCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  execute({ userId, name, locale, channel }: SendTestMessageCommand): Promise<{ notificationId: string | null }> {
    return this.uow.run(async () => {
      const { sample, category } = await this.queries.execute(new FindTemplateQuery(name, locale));
      const [told] = await this.commands.execute(
        new NotifyCommand({
          userIds: [userId],
          category,
          template: name,
          data: sample,
          channels: [channel],
          critical: true,
        }),
      );
      return { notificationId: told?.notificationId ?? null };
    });
  }
}
