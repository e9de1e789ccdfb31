import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { currentContext, runInContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { AppError } from '../../../kernel/errors/app-error';
import type { OrderStatus } from '../contracts/order-status';
import type { OrderView } from '../domain/order-view';
import { CancelOrderCommand } from './cancel-order';
import { CloseOrderCommand } from './close-order';
import { DeliverOrderCommand } from './deliver-order';
import { FulfilOrderCommand } from './fulfil-order';
import { HoldOrderCommand, LetOrderGoCommand } from './hold-order';

export type ManyAction = 'ship' | 'deliver' | 'hold' | 'release' | 'cancel' | 'close';

/** What became of one of many orders. */
export interface ManyOutcome {
  orderId: string;
  done: boolean;
  status: OrderStatus | null;
  /** Why it was refused. */
  code: string | null;
  detail: string | null;
}

/**
 * Does the same to many orders, each in a commit of its own: one that is refused stops none of the others. Sent again
 * it does what is left: an order that has moved on refuses to do so twice. With an idempotency key the same answer is given
 * again instead.
 */
export class ManyOrdersCommand extends Command<{ data: ManyOutcome[] }> {
  constructor(readonly request: { action: ManyAction; orderIds: readonly string[]; note?: string }) {
    super();
  }
}

@CommandHandler(ManyOrdersCommand)
export class ManyOrdersHandler implements ICommandHandler<ManyOrdersCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly commands: CommandBus,
  ) {}

  async execute({ request }: ManyOrdersCommand): Promise<{ data: ManyOutcome[] }> {
    if (!currentContext().idempotency) return { data: await this.each(request) };
    // The key is for all of them: the commit of one must not store its own answer under it.
    await this.uow.run(async (tx) => tx.lease(request.action));
    const data = await runInContext({ idempotency: undefined }, () => this.each(request));
    return this.uow.run(async (tx) => {
      tx.answer({ data });
      return { data };
    });
  }

  private async each({ action, orderIds, note }: ManyOrdersCommand['request']): Promise<ManyOutcome[]> {
    const outcomes: ManyOutcome[] = [];
    for (const orderId of new Set(orderIds)) {
      try {
        const { status } = await this.one(action, orderId, note);
        outcomes.push({ orderId, done: true, status, code: null, detail: null });
      } catch (error) {
        if (!(error instanceof AppError) || error.kind === 'internal' || error.kind === 'unavailable') throw error;
        outcomes.push({ orderId, done: false, status: null, code: error.code, detail: error.detail });
      }
    }
    return outcomes;
  }

  private one(action: ManyAction, orderId: string, note?: string): Promise<OrderView> {
    switch (action) {
      case 'ship':
        return this.commands.execute(new FulfilOrderCommand({ orderId }));
      case 'deliver':
        return this.commands.execute(new DeliverOrderCommand({ orderId }));
      case 'hold':
        return this.commands.execute(new HoldOrderCommand({ orderId, note }));
      case 'release':
        return this.commands.execute(new LetOrderGoCommand({ orderId, note }));
      case 'cancel':
        return this.commands.execute(new CancelOrderCommand({ orderId, reason: 'staff', note }));
      case 'close':
        return this.commands.execute(new CloseOrderCommand({ orderId }));
    }
  }
}
