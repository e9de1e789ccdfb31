import { CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { SoldOrdersQuery, type SoldOrder } from '../../../commerce/orders/contracts/sold-orders';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { BackfillLedgerCommand, type BackfillReport } from '../contracts/backfill-ledger';
import { CODES } from '../domain/chart';
import { debit } from '../domain/journal-draft';
import { raise } from '../domain/sale';
import { OrderBooks } from './order-books';

const AT_ONCE = 50;

@CommandHandler(BackfillLedgerCommand)
export class BackfillLedgerHandler implements ICommandHandler<BackfillLedgerCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: QueryBus,
    private readonly books: OrderBooks,
  ) {}

  execute({ request: { channel, after, limit = AT_ONCE } }: BackfillLedgerCommand): Promise<BackfillReport> {
    return this.uow.run(async () => {
      const { orders, left } = await this.queries.execute(new SoldOrdersQuery({ channel, after, limit }));
      let journals = 0;
      for (const order of orders) journals += await this.book(order);
      const more = orders.length < left;
      return {
        orders: orders.length,
        journals,
        after: more ? orders[orders.length - 1].facts.orderId : null,
        left: left - orders.length,
      };
    });
  }

  /** What was paid long ago is in the bank. @returns journals that were posted */
  private async book({ facts, placedAt, shippedAt }: SoldOrder): Promise<number> {
    const occasion = (what: string, at: string, description: string) => ({
      eventId: `import:${facts.orderId}:${what}`,
      at: new Date(at),
      purpose: `import-${what}`,
      description,
      source: { type: 'import', id: facts.number },
    });
    const paid = await this.books.order(
      occasion('paid', placedAt, `Imported order ${facts.number}, paid`),
      facts,
      (sale) => {
        sale.paid = true;
        raise(sale.captured, 'import', facts.total.amount);
      },
      debit(CODES.bank, facts.total, { channel: facts.channel }),
    );
    if (shippedAt === null) return Number(paid);
    const shipped = await this.books.order(
      occasion('shipped', shippedAt, `Imported order ${facts.number}, delivered`),
      facts,
      (sale) => {
        sale.fulfilled = true;
      },
    );
    return Number(paid) + Number(shipped);
  }
}
