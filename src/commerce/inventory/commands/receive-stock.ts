import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import type { Money } from '../../../kernel/money/money';
import { GoodsIn } from './goods-in';
import { LineCheck } from './line-check';

export interface ReceiptLot {
  /** The batch number on the goods; null: goods without one, kept apart by their cost, which then must be said. */
  number: string | null;
  /** ISO times; a lot that is here already keeps the dates that are left out. */
  expiresAt?: string;
  bestBeforeAt?: string;
  /** From then on it is not given out; default `expiresAt`. */
  removeAt?: string;
  alertAt?: string;
  /** A piece, in minor units. The same batch at another cost is a lot of its own. */
  unitCost?: Money;
}

export interface ReceiptLine {
  sku: string;
  /** Pieces, greater than zero. */
  quantity: number;
  /** Default: the shop's default location. */
  locationId?: string;
  /** Default: the level's nameless lot. */
  lot?: ReceiptLot;
  /** One a piece, for articles that are tracked by them. */
  serials?: string[];
}

export interface Receipt {
  id: string;
  lines: {
    sku: string;
    locationId: string;
    quantity: number;
    onHand: number;
    reserved: number;
    available: number;
    lots: { id: string; number: string | null; quantity: number }[];
  }[];
}

/**
 * Goods arrive: on-hand rises and each lot gets a movement with the receipt as its document.
 * @throws AppError invalid `inventory.unknown-sku`, `inventory.lot-dates`, `inventory.serials-needed`,
 *   `inventory.not-serialized`; not-found `inventory.location-not-found`; conflict `inventory.lot-conflict`,
 *   `inventory.serial-known`
 */
export class ReceiveStockCommand extends Command<Receipt> {
  constructor(readonly request: { lines: ReceiptLine[]; reference?: string }) {
    super();
  }
}

@CommandHandler(ReceiveStockCommand)
export class ReceiveStockHandler implements ICommandHandler<ReceiveStockCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly check: LineCheck,
    private readonly goodsIn: GoodsIn,
  ) {}

  execute({ request }: ReceiveStockCommand): Promise<Receipt> {
    return this.uow.run(async () => {
      const lines = await this.check.placed(request.lines);
      const id = newId();
      return this.goodsIn.take(lines, { document: { type: 'receipt', id }, reason: request.reference ?? 'received' });
    });
  }
}
