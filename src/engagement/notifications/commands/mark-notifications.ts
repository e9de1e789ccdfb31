import { Command, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { NotificationRepository } from '../data/notification.repository';
import { notificationNotFound } from '../domain/notifications.errors';
import { FindNotificationQuery, type InboxFacts } from '../queries/inbox';
import { Inbox } from './inbox';

export interface Marks {
  read?: boolean;
  archived?: boolean;
}

/** Marks one of somebody's own notifications. @throws AppError not-found */
export class MarkNotificationCommand extends Command<InboxFacts> {
  constructor(
    readonly userId: string,
    readonly notificationId: string,
    readonly marks: Marks,
  ) {
    super();
  }
}

@CommandHandler(MarkNotificationCommand)
export class MarkNotificationHandler implements ICommandHandler<MarkNotificationCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: QueryBus,
    private readonly notifications: NotificationRepository,
    private readonly inbox: Inbox,
  ) {}

  execute({ userId, notificationId, marks }: MarkNotificationCommand): Promise<InboxFacts> {
    return this.uow.run(async (tx) => {
      if (!(await this.notifications.mark(tx, userId, notificationId, marks))) throw notificationNotFound();
      this.inbox.recount(tx, userId);
      return this.queries.execute(new FindNotificationQuery(userId, notificationId));
    });
  }
}

/** Marks everything in somebody's inbox as read, as far as it was there at `until`. */
export class ReadAllNotificationsCommand extends Command<{ read: number }> {
  constructor(
    readonly userId: string,
    readonly until: Date,
  ) {
    super();
  }
}

@CommandHandler(ReadAllNotificationsCommand)
export class ReadAllNotificationsHandler implements ICommandHandler<ReadAllNotificationsCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly notifications: NotificationRepository,
    private readonly inbox: Inbox,
  ) {}

  execute({ userId, until }: ReadAllNotificationsCommand): Promise<{ read: number }> {
    return this.uow.run(async (tx) => {
      const read = await this.notifications.readAll(tx, userId, until);
      if (read > 0) this.inbox.recount(tx, userId);
      return { read };
    });
  }
}
