import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import { RoomChannel } from '../adapters/room-channel';
import { Bodies } from '../data/bodies';
import { MessageLog } from '../data/message-log';
import { SettingsRepository } from '../data/settings.repository';
import { WordIndex } from '../data/word-index';
import { RoomTypes } from '../data/room-types';
import { MessagePosted } from '../contracts/chat-events';
import { callerOf, type Caller } from '../domain/caller';
import { contentDiffers, isSentBefore, refusalOf } from '../domain/chat.errors';
import type { RoomEvent } from '../domain/message';

export interface Draft {
  roomId: string;
  /** The sender's own name for the message: sent again under it, it is the same message. */
  clientMessageId: string;
  body: string;
  replyTo: string | null;
  mentions: string[];
}

/**
 * Says something in a room. However often it is sent under one `clientMessageId`, by whichever process, there is one
 * message, and everybody is answered with its event.
 * @throws AppError not-found `chat.room-not-found`, conflict `chat.room-archived`, `chat.client-message-id-reused`, invalid
 * `chat.reply-unknown`, `chat.mention-unknown`
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
  ) {}

  async execute({ draft }: PostMessageCommand): Promise<RoomEvent> {
    const caller = callerOf(currentContext());
    const { tenantId, userId } = caller;
    const id = newId();
    const { roomId } = draft;
    const mentions = [...new Set(draft.mentions)].filter((mentioned) => mentioned !== userId);
    const direct = (await this.types.of(tenantId, roomId)) === 'direct';
    const { search } = await this.settings.of(tenantId);
    const body = await this.bodies.seal(tenantId, id, draft.body);
    const message = {
      ...draft,
      id,
      authorId: userId,
      digest: this.bodies.digest(tenantId, ...contentOf(draft)),
      textDigest: this.bodies.digest(tenantId, draft.body, mentions),
      body,
      mentions,
      words: this.index.wordsOf(tenantId, search, draft.body),
    };
    try {
      const { event } = await this.uow.once((tx) => {
        if (direct || mentions.length > 0)
          tx.record(new MessagePosted(id, { roomId, messageId: id, authorId: userId, direct, mentions }));
        return this.log.post(tx, message);
      });
      const told = await this.bodies.event(tenantId, event);
      this.channel.tell(tenantId, told);
      return told;
    } catch (error) {
      if (isSentBefore(error)) return this.firstResult(caller, draft, error);
      throw refusalOf(error);
    }
  }

  private async firstResult({ tenantId, userId }: Caller, draft: Draft, error: unknown): Promise<RoomEvent> {
    const first = await this.log.sentBefore(userId, draft.clientMessageId);
    if (!first) throw error;
    if (!this.bodies.isDigest(first.digest, tenantId, ...contentOf(draft))) throw contentDiffers();
    return this.bodies.event(tenantId, first.event);
  }
}

const contentOf = ({ roomId, body, replyTo, mentions }: Draft): unknown[] => [
  roomId,
  body,
  replyTo,
  [...new Set(mentions)].sort(),
];
