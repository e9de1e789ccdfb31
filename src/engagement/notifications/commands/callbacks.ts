import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { clock } from '../../../kernel/clock/clock';
import { currentContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import type { Transaction } from '../../../kernel/database/transaction';
import { CallbackReaders } from '../adapters/callbacks/callback-readers';
import { Callbacks, type CallbackRow, type ToldMessage } from '../data/callbacks';
import { SuppressionRepository } from '../data/suppression.repository';
import { callbackProviderNotFound, type CallbackRequest, type ProviderCallback } from '../domain/callback';
import { ProcessCallbacks } from '../jobs/process-callbacks';
import { ProcessCallbacksCommand } from './process-callbacks';

/** Events of one job. */
const AT_ONCE = 200;

/**
 * Takes in what a provider tells of messages that it took: checked to be from it, stored once per event, worked on later
 * by a job of the same commit. When this returns, it is safe and the provider may be told so.
 * @throws AppError not-found `notifications.callback-provider-not-found`, invalid `notifications.callback-*`
 */
export class ReceiveCallbacksCommand extends Command<void> {
  constructor(
    readonly provider: string,
    readonly request: CallbackRequest,
  ) {
    super();
  }
}

@CommandHandler(ReceiveCallbacksCommand)
export class ReceiveCallbacksHandler implements ICommandHandler<ReceiveCallbacksCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly readers: CallbackReaders,
    private readonly callbacks: Callbacks,
  ) {}

  async execute({ provider, request }: ReceiveCallbacksCommand): Promise<void> {
    const reader = this.readers.of(provider);
    if (!reader?.isConfigured) throw callbackProviderNotFound();
    const byTenant = new Map<string, ProviderCallback[]>();
    for (const callback of await reader.read(request))
      byTenant.set(callback.tenantId, [...(byTenant.get(callback.tenantId) ?? []), callback]);
    for (const [tenantId, callbacks] of byTenant)
      await this.uow.run(
        async (tx) => {
          const fresh = await this.callbacks.store(tx, provider, callbacks);
          for (let from = 0; from < fresh.length; from += AT_ONCE)
            tx.job(ProcessCallbacks, { callbackIds: fresh.slice(from, from + AT_ONCE) });
        },
        { tenantId },
      );
  }
}

@CommandHandler(ProcessCallbacksCommand)
export class ProcessCallbacksHandler implements ICommandHandler<ProcessCallbacksCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly callbacks: Callbacks,
    private readonly suppressions: SuppressionRepository,
  ) {}

  async execute({ callbackIds }: ProcessCallbacksCommand): Promise<void> {
    await this.uow.run(async (tx) => {
      const waiting = await this.callbacks.waiting(tx, callbackIds);
      if (waiting.length === 0) return;
      const told = [...new Set(waiting.map(({ messageId }) => messageId))];
      const messages = new Map((await this.callbacks.messages(tx, told)).map((one) => [one.id, one]));
      const known = waiting.filter(({ messageId }) => messages.has(messageId));
      for (const callback of known) await this.apply(tx, callback, messages.get(callback.messageId)!);
      const unknown = waiting.filter((one) => !known.includes(one)).map(({ id }) => id);
      await this.callbacks.finish(
        tx,
        known.map(({ id }) => id),
        'processed',
      );
      if (unknown.length > 0) await this.callbacks.finish(tx, unknown, 'ignored');
    });
  }

  private async apply(tx: Transaction, callback: CallbackRow, message: ToldMessage): Promise<void> {
    const { kind, at, type, detail, permanent } = callback;
    if (kind === 'delivered') return this.callbacks.delivered(tx, message.id, at);
    if (kind === 'opened') return this.callbacks.opened(tx, message.id, at);
    if (kind === 'other') return;
    if (kind === 'bounced' || kind === 'failed') this.callbacks.lost(tx, message.id, detail ?? type);
    const reason =
      kind === 'complained' ? 'complaint' : kind === 'unsubscribed' ? 'unsubscribe' : permanent ? 'bounce' : null;
    const { channel, recipient: address } = message;
    if (reason === null || address === null || (channel !== 'email' && channel !== 'sms')) return;
    await this.suppressions.add(tx, { channel, address, reason, note: detail?.slice(0, 200) ?? null });
  }
}

/** What an app says of its person's messages: that they arrived, that they were opened. Others' are passed over. */
export class NoteReceiptsCommand extends Command<{ noted: number }> {
  constructor(readonly receipts: readonly { messageId: string; state: 'delivered' | 'opened'; at?: Date }[]) {
    super();
  }
}

@CommandHandler(NoteReceiptsCommand)
export class NoteReceiptsHandler implements ICommandHandler<NoteReceiptsCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly callbacks: Callbacks,
  ) {}

  execute({ receipts }: NoteReceiptsCommand): Promise<{ noted: number }> {
    const now = clock.now();
    const userId = currentContext().principal.userId!;
    const told = receipts.map(({ messageId, state, at }) => ({ messageId, state, at: at && at < now ? at : now }));
    return this.uow.run(async (tx) => ({ noted: await this.callbacks.receipts(tx, userId, told) }));
  }
}
