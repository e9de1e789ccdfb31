import { Query } from '@nestjs/cqrs';

/** Ways by which messages reach people here: those with a provider, and in development those that end in the mailbox. */
export class MessageChannelsQuery extends Query<{ email: boolean; sms: boolean }> {}
