import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { SettingsRepository } from '../data/settings.repository';
import type { ChatSettings } from '../domain/settings';

/** How the organization's chat works. */
export class ChatSettingsQuery extends Query<ChatSettings> {}

@QueryHandler(ChatSettingsQuery)
export class ChatSettingsHandler implements IQueryHandler<ChatSettingsQuery> {
  constructor(private readonly settings: SettingsRepository) {}

  execute(): Promise<ChatSettings> {
    return this.settings.read(currentContext().tenantId!);
  }
}
