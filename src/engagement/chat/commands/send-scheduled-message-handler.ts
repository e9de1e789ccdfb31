import { CommandBus, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { MayUserQuery } from '../../../access/identity/contracts/may-user';
import { policyOf } from '../../../kernel/auth/policy';
import { GUEST } from '../../../kernel/auth/principal';
import { runInContext } from '../../../kernel/context/request-context';
import type { Transaction } from '../../../kernel/database/transaction';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { AppError } from '../../../kernel/errors/app-error';
import { DetachFilesCommand } from '../../files/contracts/files';
import { RoomChannel } from '../adapters/room-channel';
import { ScheduledRepository, type ScheduledRow } from '../data/scheduled.repository';
import { mayNotSpeak } from '../domain/chat.errors';
import { SCHEDULED_OWNER } from '../domain/scheduled';
import { PostMessageCommand } from './post-message';
import { SendScheduledMessageCommand } from './send-scheduled-message';

@CommandHandler(SendScheduledMessageCommand)
export class SendScheduledMessageHandler implements ICommandHandler<SendScheduledMessageCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly scheduled: ScheduledRepository,
    private readonly channel: RoomChannel,
  ) {}

  execute({ scheduledId, turn }: SendScheduledMessageCommand): Promise<boolean> {
    return this.uow.run(async (tx) => {
      const row = await this.scheduled.lock(tx, scheduledId, null);
      if (!row || row.turn !== turn || row.failure !== null) return false;
      try {
        await tx.savepoint(() => this.post(tx, row));
        return true;
      } catch (error) {
        // What may go well at another try is tried again by whoever runs this.
        if (!isFinal(error)) throw error;
        this.scheduled.fail(tx, row.id, error.code);
        const about = { id: row.id, roomId: row.roomId, code: error.code };
        this.channel.tellUser(tx.tenantId, row.authorId, 'scheduled.failed', about);
        return false;
      }
    });
  }

  /** The message, and that it waits no more, in one commit. */
  private async post(tx: Transaction, row: ScheduledRow): Promise<void> {
    const { id, roomId, clientMessageId, replyTo, mentions, fileIds, authorId } = row;
    // It was asked for by somebody who could; whether that person can is judged when it is said.
    if (!(await this.queries.execute(new MayUserQuery(authorId, 'chat:write-own')))) throw mayNotSpeak();
    const body = await this.scheduled.open(tx.tenantId, row);
    // Clients are told its number: the commit is on the disk before, as for everything that is said.
    tx.later(`select set_config('synchronous_commit', 'on', true)`);
    // Its files were admitted when it was scheduled, also those that others uploaded.
    const policy = policyOf('files:write');
    const author = { ...GUEST, kind: 'user' as const, userId: authorId, tenantId: tx.tenantId, policy };
    await runInContext({ principal: author }, () =>
      this.commands.execute(new PostMessageCommand({ roomId, clientMessageId, body, replyTo, mentions, fileIds })),
    );
    this.scheduled.remove(tx, id);
    if (fileIds.length > 0)
      await this.commands.execute(new DetachFilesCommand({ owner: { kind: SCHEDULED_OWNER, id } }));
  }
}

const isFinal = (error: unknown): error is AppError =>
  error instanceof AppError && !['unavailable', 'too-many', 'internal'].includes(error.kind);
