import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Config } from '../../../kernel/config/config';
import { Mailer } from '../adapters/mailer';
import { SmsSender } from '../adapters/sms-sender';
import { MessageChannelsQuery } from '../contracts/message-channels';

@QueryHandler(MessageChannelsQuery)
export class MessageChannelsHandler implements IQueryHandler<MessageChannelsQuery> {
  constructor(
    private readonly mailer: Mailer,
    private readonly sms: SmsSender,
    private readonly config: Config,
  ) {}

  execute(): Promise<{ email: boolean; sms: boolean }> {
    const kept = !this.config.isProduction;
    return Promise.resolve({ email: kept || this.mailer.isConfigured, sms: kept || this.sms.isConfigured });
  }
}
