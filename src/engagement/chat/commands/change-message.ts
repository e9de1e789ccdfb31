import { Injectable } from '@nestjs/common';
import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import type { Transaction } from '../../../kernel/database/transaction';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { DetachFilesCommand } from '../../files/contracts/files';
import { RoomChannel } from '../adapters/room-channel';
import { Bodies } from '../data/bodies';
import { MessageLog, type Written } from '../data/message-log';
import { SettingsRepository } from '../data/settings.repository';
import { ReportRepository } from '../data/report.repository';
import { WordIndex } from '../data/word-index';
import { WordRuleRepository } from '../data/word-rule.repository';
import { callerOf, type Caller } from '../domain/caller';
import { emojiUnknown, refusalOf, wordsRefused } from '../domain/chat.errors';
import { emojiOf, FILE_OWNER, type RoomEvent } from '../domain/message';

/**
 * Changes what one's own message says; the former text stays in its history. A text that it has already changes nothing.
 * @throws AppError not-found `chat.room-not-found`, `chat.message-not-found`, forbidden `chat.not-yours`, conflict
 * `chat.message-deleted`, `chat.message-hidden`, `chat.too-many-edits`, `chat.room-archived`, invalid `chat.mention-unknown`,
 * `chat.words-refused`, forbidden `chat.muted`
 */
export class EditMessageCommand extends Command<RoomEvent> {
  constructor(
    readonly roomId: string,
    readonly messageId: string,
    readonly text: { body: string; mentions: string[] },
  ) {
    super();
  }
}

/**
 * Deletes one's own message, or another's as one who looks after the room: text, history and reactions go, its place stays.
 * @throws AppError not-found `chat.room-not-found`, `chat.message-not-found`, forbidden `chat.not-yours`
 */
export class DeleteMessageCommand extends Command<RoomEvent> {
  constructor(
    readonly roomId: string,
    readonly messageId: string,
  ) {
    super();
  }
}

/** Gives a message an emoji, or takes one's own back. @throws AppError invalid `chat.emoji-unknown`, conflict `chat.message-deleted`, `chat.too-many-emojis` */
export class ReactCommand extends Command<RoomEvent> {
  constructor(
    readonly roomId: string,
    readonly messageId: string,
    readonly emoji: string,
    readonly wanted: boolean,
  ) {
    super();
  }
}

/** Pins a message to its room, or takes it off. @throws AppError forbidden `chat.moderators-only`, conflict `chat.too-many-pins` */
export class PinMessageCommand extends Command<RoomEvent> {
  constructor(
    readonly roomId: string,
    readonly messageId: string,
    readonly wanted: boolean,
  ) {
    super();
  }
}

/** Writes one event about a message, and tells the room of it once it is committed. */
@Injectable()
export class MessageWriter {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly bodies: Bodies,
    private readonly channel: RoomChannel,
  ) {}

  async write(work: (tx: Transaction, caller: Caller) => Promise<Written>): Promise<RoomEvent> {
    const caller = callerOf(currentContext());
    try {
      const { event, changed } = await this.uow.once((tx) => work(tx, caller));
      const told = await this.bodies.event(caller.tenantId, event);
      if (changed) this.channel.tell(caller.tenantId, told);
      return told;
    } catch (error) {
      throw refusalOf(error);
    }
  }
}

@CommandHandler(EditMessageCommand)
export class EditMessageHandler implements ICommandHandler<EditMessageCommand> {
  constructor(
    private readonly writer: MessageWriter,
    private readonly log: MessageLog,
    private readonly bodies: Bodies,
    private readonly settings: SettingsRepository,
    private readonly index: WordIndex,
    private readonly rules: WordRuleRepository,
    private readonly reports: ReportRepository,
  ) {}

  async execute({ roomId, messageId, text }: EditMessageCommand): Promise<RoomEvent> {
    const { tenantId } = callerOf(currentContext());
    const mentions = [...new Set(text.mentions)];
    const { search } = await this.settings.of(tenantId);
    const judged = (await this.rules.of(tenantId)).judge(text.body);
    if (judged.blocked) throw wordsRefused();
    const words = this.index.wordsOf(tenantId, search, judged.text);
    const body = await this.bodies.seal(tenantId, messageId, judged.text);
    const textDigest = this.bodies.digest(tenantId, judged.text, mentions);
    return this.writer.write((tx, { userId }) => {
      const written = this.log.edit(tx, { roomId, messageId, userId, textDigest, body, mentions, words });
      // A text that it had already is judged already.
      if (judged.flagged) this.reports.flag(tx, roomId, messageId, body);
      return written;
    });
  }
}

@CommandHandler(DeleteMessageCommand)
export class DeleteMessageHandler implements ICommandHandler<DeleteMessageCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly commands: CommandBus,
    private readonly writer: MessageWriter,
    private readonly log: MessageLog,
  ) {}

  execute({ roomId, messageId }: DeleteMessageCommand): Promise<RoomEvent> {
    // Its files go in the same commit.
    return this.uow.run(() =>
      this.writer.write(async (tx, { userId }) => {
        const written = await this.log.remove(tx, roomId, messageId, userId);
        if (written.changed && written.event.data.files !== undefined)
          await this.commands.execute(new DetachFilesCommand({ owner: { kind: FILE_OWNER, id: messageId } }));
        return written;
      }),
    );
  }
}

@CommandHandler(ReactCommand)
export class ReactHandler implements ICommandHandler<ReactCommand> {
  constructor(
    private readonly writer: MessageWriter,
    private readonly log: MessageLog,
  ) {}

  async execute({ roomId, messageId, emoji: given, wanted }: ReactCommand): Promise<RoomEvent> {
    const emoji = emojiOf(given);
    if (emoji === null) throw emojiUnknown();
    return this.writer.write((tx, { userId }) => this.log.react(tx, { roomId, messageId, userId, emoji }, wanted));
  }
}

@CommandHandler(PinMessageCommand)
export class PinMessageHandler implements ICommandHandler<PinMessageCommand> {
  constructor(
    private readonly writer: MessageWriter,
    private readonly log: MessageLog,
  ) {}

  execute({ roomId, messageId, wanted }: PinMessageCommand): Promise<RoomEvent> {
    return this.writer.write((tx, { userId }) => this.log.pin(tx, roomId, messageId, userId, wanted));
  }
}
