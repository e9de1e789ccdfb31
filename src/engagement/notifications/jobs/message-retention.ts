import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Config } from '../../../kernel/config/config';
import { RetentionRules } from '../../../kernel/retention/retention';
import { FCM_TOKEN_DAYS } from '../domain/push';

/** Days for which the row of a message, without its contents, tells that it was sent and keeps it from being sent twice. */
const ROWS_DAYS = 400;

/** Contents of messages go first, their rows much later; development's mailbox is emptied with the contents. */
@Injectable()
export class MessageRetention implements OnModuleInit {
  constructor(
    private readonly rules: RetentionRules,
    private readonly config: Config,
  ) {}

  onModuleInit(): void {
    const days = this.config.keepMessagesDays;
    const rowsDays = Math.max(days, ROWS_DAYS);
    this.rules.keep({ name: 'notifications.contents', days, routine: 'notifications.purge_contents' });
    this.rules.keep({ name: 'notifications.messages', days: rowsDays, routine: 'notifications.purge_messages' });
    this.rules.keep({
      name: 'notifications.notifications',
      days: rowsDays,
      routine: 'notifications.purge_notifications',
    });
    this.rules.keep({
      name: 'notifications.push-tokens',
      days: FCM_TOKEN_DAYS,
      routine: 'notifications.purge_push_tokens',
    });
    this.rules.keep({ name: 'notifications.campaigns', days: rowsDays, routine: 'notifications.purge_campaigns' });
    this.rules.keep({ name: 'notifications.callbacks', days, routine: 'notifications.purge_callbacks' });
    this.rules.keep({ name: 'notifications.batches', days: rowsDays, routine: 'notifications.purge_batches' });
    this.rules.keep({ name: 'notifications.mailbox', days, routine: 'notifications.purge_mailbox' });
  }
}
