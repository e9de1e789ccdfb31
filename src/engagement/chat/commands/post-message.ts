import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { currentContext, maybeContext } from '../../../kernel/context/request-context';
import type { Transaction } from '../../../kernel/database/transaction';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import { AttachFilesCommand } from '../../files/contracts/files';
import { RoomChannel } from '../adapters/room-channel';
import { Bodies } from '../data/bodies';
import { MessageLog, type Written } from '../data/message-log';
import { SettingsRepository } from '../data/settings.repository';
import { ReportRepository } from '../data/report.repository';
import { WordIndex } from '../data/word-index';
import { WordRuleRepository } from '../data/word-rule.repository';
import { RoomTypes } from '../data/room-types';
import { MessagePosted } from '../contracts/chat-events';
import { callerOf, type Caller } from '../domain/caller';
import { contentDiffers, isSentBefore, refusalOf, wordsRefused } from '../domain/chat.errors';
import { eventOf, FILE_OWNER, messageOf, type RoomEvent } from '../domain/message';

export interface Draft {
  roomId: string;
  /** The sender's own name for the message: sent again under it, it is the same message. */
  clientMessageId: string;
  body: string;
  replyTo: string | null;
  mentions: string[];
  /** Files that the sender uploaded. */
  fileIds: string[];
}

/**
 * Says something in a room. However often it is sent under one `clientMessageId`, by whichever process, there is one
 * message, and everybody is answered with its event.
 * @throws AppError not-found `chat.room-not-found`, conflict `chat.room-archived`, `chat.client-message-id-reused`, invalid
 * `chat.reply-unknown`, `chat.mention-unknown`, `chat.words-refused`, forbidden `chat.muted`; what `AttachFilesCommand` refuses
 */
export class PostMessageCommand extends Command<RoomEvent> {
  readonly roomId: string;
  constructor(readonly draft: Draft) {
    super();
    this.roomId = draft.roomId;
  }
}

@CommandHandler(PostMessageCommand)
export class PostMessageHandler implements ICommandHandler<PostMessageCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly log: MessageLog,
    private readonly bodies: Bodies,
    private readonly channel: RoomChannel,
    private readonly settings: SettingsRepository,
    private readonly index: WordIndex,
    private readonly types: RoomTypes,
    private readonly rules: WordRuleRepository,
    private readonly reports: ReportRepository,
    private readonly commands: CommandBus,
  ) {}

  async execute({ draft }: PostMessageCommand): Promise<RoomEvent> {
    const caller = callerOf(currentContext());
    const { tenantId, userId } = caller;
    const id = newId();
    const { roomId } = draft;
    const fileIds = [...new Set(draft.fileIds)];
    const mentions = [...new Set(draft.mentions)].filter((mentioned) => mentioned !== userId);
    // What is remembered of a tenant for some seconds is asked for anew in one go.
    const [type, { search }, rules] = await Promise.all([
      this.types.of(tenantId, roomId),
      this.settings.of(tenantId),
      this.rules.of(tenantId),
    ]);
    const direct = type === 'direct';
    const { blocked, flagged, text } = rules.judge(draft.body);
    // What was sent before there was the rule was sent.
    if (blocked) return this.firstResult(caller, draft, wordsRefused());
    const body = await this.bodies.seal(tenantId, id, text);
    const message = {
      ...draft,
      id,
      authorId: userId,
      digest: this.bodies.digest(tenantId, ...contentOf(draft)),
      textDigest: this.bodies.digest(tenantId, text, mentions),
      body,
      mentions,
      fileIds,
      words: this.index.wordsOf(tenantId, search, text),
    };
    try {
      const post = (tx: Transaction): Promise<Written> => {
        if (direct || mentions.length > 0)
          tx.record(new MessagePosted(id, { roomId, messageId: id, authorId: userId, direct, mentions }));
        const written = this.log.post(tx, message);
        if (flagged) this.reports.flag(tx, roomId, id, body);
        return written;
      };
      const write = (): Promise<Written> =>
        fileIds.length > 0 ? this.withFiles(id, fileIds, post) : this.uow.once(post);
      // Where the commit is somebody else's, a name that was used before undoes this try alone.
      const open = maybeContext()?.transaction;
      const { event } = await (open ? open.savepoint(write) : write());
      // What was sealed a moment ago need not be opened.
      const told = eventOf(event, messageOf(event.message!, text));
      this.channel.tell(tenantId, told);
      return told;
    } catch (error) {
      if (isSentBefore(error)) return this.firstResult(caller, draft, error);
      throw refusalOf(error);
    }
  }

  /** The message with its files, which it keeps from now on, in one commit. */
  private withFiles(id: string, fileIds: string[], post: (tx: Transaction) => Promise<Written>): Promise<Written> {
    return this.uow.run(async (tx) => {
      const written = await post(tx);
      await this.commands.execute(
        new AttachFilesCommand({ fileIds, owner: { kind: FILE_OWNER, id, confidential: true } }),
      );
      return written;
    });
  }

  private async firstResult({ tenantId, userId }: Caller, draft: Draft, error: unknown): Promise<RoomEvent> {
    const first = await this.log.sentBefore(userId, draft.clientMessageId);
    if (!first) throw error;
    if (!this.bodies.isDigest(first.digest, tenantId, ...contentOf(draft))) throw contentDiffers();
    return this.bodies.event(tenantId, first.event);
  }
}

/** Files are told only where there are some: digests of messages from before there were any hold. */
const contentOf = ({ roomId, body, replyTo, mentions, fileIds }: Draft): unknown[] => [
  roomId,
  body,
  replyTo,
  [...new Set(mentions)].sort(),
  ...(fileIds.length > 0 ? [[...new Set(fileIds)].sort()] : []),
];
