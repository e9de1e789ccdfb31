import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { OrderView } from '../domain/order-view';
import { ShipOrderCommand } from './ship-order';

/**
 * All goods of a paid order that are still in the house leave it, in one parcel without a tracking number.
 * @throws what `ShipOrderCommand` throws
 */
export class FulfilOrderCommand extends Command<OrderView> {
  constructor(readonly request: { orderId: string }) {
    super();
  }
}

@CommandHandler(FulfilOrderCommand)
export class FulfilOrderHandler implements ICommandHandler<FulfilOrderCommand> {
  constructor(private readonly commands: CommandBus) {}

  async execute({ request: { orderId } }: FulfilOrderCommand): Promise<OrderView> {
    return (await this.commands.execute(new ShipOrderCommand({ orderId }))).order;
  }
}
