import { Query, QueryBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import type { CreditNoteDocument } from '../domain/credit-note';
import type { Viewer } from '../domain/order-access';
import { FindOrderQuery } from './find-order';

export interface CreditNoteRecord {
  id: string;
  document: CreditNoteDocument;
}

/**
 * The credit notes of an order, oldest first, for who may see the order.
 * @throws AppError not-found `orders.order-not-found`
 */
export class ListCreditNotesQuery extends Query<CreditNoteRecord[]> {
  constructor(
    readonly orderId: string,
    readonly viewer: Viewer,
  ) {
    super();
  }
}

@QueryHandler(ListCreditNotesQuery)
export class ListCreditNotesHandler implements IQueryHandler<ListCreditNotesQuery> {
  constructor(
    private readonly database: Database,
    private readonly queries: QueryBus,
  ) {}

  async execute({ orderId, viewer }: ListCreditNotesQuery): Promise<CreditNoteRecord[]> {
    const { id } = await this.queries.execute(new FindOrderQuery(orderId, viewer));
    return this.database.read<CreditNoteRecord>(
      `select id, document from orders.credit_notes where tenant_id = kernel.tenant_id() and order_id = $1
       order by issued_at, id limit 500`,
      [id],
    );
  }
}
