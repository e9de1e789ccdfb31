import { Injectable } from '@nestjs/common';
import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { currentContext } from '../../../kernel/context/request-context';
import type { Transaction } from '../../../kernel/database/transaction';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import { AttachFilesCommand, DetachFilesCommand } from '../../files/contracts/files';
import { Bodies } from '../data/bodies';
import { MessageLog } from '../data/message-log';
import { ScheduledRepository, type ScheduledRow } from '../data/scheduled.repository';
import { WordRuleRepository } from '../data/word-rule.repository';
import { callerOf, type Caller } from '../domain/caller';
import {
  alreadySent,
  contentDiffers,
  mentionUnknown,
  replyUnknown,
  roomArchived,
  roomNotFound,
  scheduledNotFound,
  timeOutOfRange,
  tooManyScheduled,
  wordsRefused,
} from '../domain/chat.errors';
import { MOST_DAYS_AHEAD, MOST_SCHEDULED, SCHEDULED_OWNER, type ScheduledMessage } from '../domain/scheduled';
import { SendScheduledMessage } from '../reactions/send-scheduled-message';
import type { Draft } from './post-message';

/**
 * Has a message sent at its time, by whichever process works then. What is refused then, such as one of somebody who is no member
 * any more, is kept as failed. Asked for again under the same `clientMessageId` it is the same.
 * @throws AppError not-found `chat.room-not-found`, conflict `chat.room-archived`, `chat.too-many-scheduled`,
 * `chat.client-message-id-reused`, `chat.already-sent`, invalid `chat.time-out-of-range`, `chat.reply-unknown`, `chat.mention-unknown`,
 * `chat.words-refused`; what `AttachFilesCommand` refuses
 */
export class ScheduleMessageCommand extends Command<ScheduledMessage> {
  readonly roomId: string;
  constructor(
    readonly draft: Draft,
    readonly at: Date,
  ) {
    super();
    this.roomId = draft.roomId;
  }
}

/** Changes what waits; one that failed waits again. @throws AppError not-found `chat.scheduled-not-found`, invalid `chat.time-out-of-range` */
export class ChangeScheduledMessageCommand extends Command<ScheduledMessage> {
  constructor(
    readonly scheduledId: string,
    readonly change: { body?: string; mentions?: string[]; at?: Date },
  ) {
    super();
  }
}

/** @throws AppError not-found `chat.scheduled-not-found`, also for one that was sent */
export class CancelScheduledMessageCommand extends Command<void> {
  constructor(readonly scheduledId: string) {
    super();
  }
}

/** Looks at what is scheduled before it is: the time, the words, the room. Sets and takes back its timer. */
@Injectable()
export class Scheduling {
  constructor(
    private readonly clock: Clock,
    private readonly bodies: Bodies,
    private readonly rules: WordRuleRepository,
    private readonly scheduled: ScheduledRepository,
    private readonly commands: CommandBus,
  ) {}

  demandTime(at: Date): void {
    const ahead = at.getTime() - this.clock.nowMs();
    if (ahead <= 0 || ahead > MOST_DAYS_AHEAD * 86_400_000) throw timeOutOfRange(MOST_DAYS_AHEAD);
  }

  async demandWords(tenantId: string, body: string): Promise<void> {
    if ((await this.rules.of(tenantId)).judge(body).blocked) throw wordsRefused();
  }

  async demandRoom(
    tx: Transaction,
    about: { roomId: string; userId: string; replyTo: string | null; mentions: string[] },
  ): Promise<void> {
    const room = await this.scheduled.look(tx, about);
    if (!room.member) throw roomNotFound();
    if (room.archived) throw roomArchived();
    if (!room.reply) throw replyUnknown();
    if (!room.mentioned) throw mentionUnknown();
  }

  /** Tells one that is asked for again from another one under the same name. */
  contentOf({ tenantId }: Caller, { roomId, body, replyTo, mentions, fileIds }: Draft, at: Date): unknown[] {
    return [tenantId, 'scheduled', roomId, body, replyTo, [...mentions].sort(), [...fileIds].sort(), at.toISOString()];
  }

  digest(caller: Caller, draft: Draft, at: Date): Buffer {
    return this.bodies.digest(...(this.contentOf(caller, draft, at) as [string, ...unknown[]]));
  }

  isDigest(digest: Uint8Array, caller: Caller, draft: Draft, at: Date): boolean {
    return this.bodies.isDigest(digest, ...(this.contentOf(caller, draft, at) as [string, ...unknown[]]));
  }

  /** One timer a message, in place of the former one. */
  wait(tx: Transaction, { id, turn, dueAt, timerId }: ScheduledRow): void {
    if (timerId !== null) tx.cancelTimer(timerId);
    this.scheduled.setTimer(tx, id, tx.timer(SendScheduledMessage, { id, turn }, dueAt));
  }

  /** Takes back the timer of a message that waits no more, and lets its files go. */
  async letGo(
    tx: Transaction,
    { id, fileIds, timerId }: Pick<ScheduledRow, 'id' | 'fileIds' | 'timerId'>,
  ): Promise<void> {
    if (timerId !== null) tx.cancelTimer(timerId);
    if (fileIds.length > 0)
      await this.commands.execute(new DetachFilesCommand({ owner: { kind: SCHEDULED_OWNER, id } }));
  }

  /** Cancels all that somebody scheduled. */
  async cancelAllOf(tx: Transaction, authorId: string): Promise<void> {
    for (const gone of await this.scheduled.removeAllOf(tx, authorId)) await this.letGo(tx, gone);
  }
}

@CommandHandler(ScheduleMessageCommand)
export class ScheduleMessageHandler implements ICommandHandler<ScheduleMessageCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly commands: CommandBus,
    private readonly scheduling: Scheduling,
    private readonly scheduled: ScheduledRepository,
    private readonly log: MessageLog,
  ) {}

  async execute({ draft: given, at }: ScheduleMessageCommand): Promise<ScheduledMessage> {
    const caller = callerOf(currentContext());
    const { tenantId, userId } = caller;
    const draft = {
      ...given,
      mentions: [...new Set(given.mentions)].filter((id) => id !== userId),
      fileIds: [...new Set(given.fileIds)],
    };
    const id = newId();
    const sealed = await this.scheduled.seal(tenantId, id, draft.body);
    return this.uow.run(async (tx) => {
      const count = await this.scheduled.countLocked(tx, userId);
      const first = await this.scheduled.byName(tx, userId, draft.clientMessageId);
      if (first) {
        if (!this.scheduling.isDigest(first.digest, caller, draft, at)) throw contentDiffers();
        return this.scheduled.view(tenantId, first);
      }
      if (await this.log.sentBefore(userId, draft.clientMessageId)) throw alreadySent();
      await this.scheduling.demandRoom(tx, { ...draft, userId });
      this.scheduling.demandTime(at);
      await this.scheduling.demandWords(tenantId, draft.body);
      if (count >= MOST_SCHEDULED) throw tooManyScheduled(MOST_SCHEDULED);
      const { roomId, clientMessageId, replyTo, mentions, fileIds } = draft;
      const digest = this.scheduling.digest(caller, draft, at);
      const row = await this.scheduled.insert(tx, {
        ...{ id, roomId, authorId: userId, clientMessageId, replyTo, mentions, fileIds, digest },
        ...{ dueAt: at, ...sealed },
      });
      if (fileIds.length > 0)
        await this.commands.execute(
          new AttachFilesCommand({ fileIds, owner: { kind: SCHEDULED_OWNER, id, confidential: true } }),
        );
      this.scheduling.wait(tx, row);
      return this.scheduled.view(tenantId, row);
    });
  }
}

@CommandHandler(ChangeScheduledMessageCommand)
export class ChangeScheduledMessageHandler implements ICommandHandler<ChangeScheduledMessageCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly scheduling: Scheduling,
    private readonly scheduled: ScheduledRepository,
  ) {}

  execute({ scheduledId, change }: ChangeScheduledMessageCommand): Promise<ScheduledMessage> {
    const caller = callerOf(currentContext());
    const { tenantId, userId } = caller;
    return this.uow.run(async (tx) => {
      const old = await this.scheduled.lock(tx, scheduledId, userId);
      if (!old) throw scheduledNotFound();
      const dueAt = change.at ?? old.dueAt;
      this.scheduling.demandTime(dueAt);
      const body = change.body ?? (await this.scheduled.open(tenantId, old));
      await this.scheduling.demandWords(tenantId, body);
      const mentions = change.mentions ? [...new Set(change.mentions)].filter((id) => id !== userId) : old.mentions;
      await this.scheduling.demandRoom(tx, { ...old, userId, mentions });
      const sealed = await this.scheduled.seal(tenantId, old.id, body);
      const digest = this.scheduling.digest(caller, { ...old, body, mentions }, dueAt);
      const row = await this.scheduled.update(tx, { ...old, ...sealed, dueAt, mentions, digest });
      this.scheduling.wait(tx, row);
      return this.scheduled.view(tenantId, row);
    });
  }
}

@CommandHandler(CancelScheduledMessageCommand)
export class CancelScheduledMessageHandler implements ICommandHandler<CancelScheduledMessageCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly scheduling: Scheduling,
    private readonly scheduled: ScheduledRepository,
  ) {}

  async execute({ scheduledId: id }: CancelScheduledMessageCommand): Promise<void> {
    const { userId } = callerOf(currentContext());
    await this.uow.run(async (tx) => {
      const row = await this.scheduled.lock(tx, id, userId);
      if (!row) throw scheduledNotFound();
      this.scheduled.remove(tx, id);
      await this.scheduling.letGo(tx, row);
    });
  }
}
