import { Query, QueryBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { BrandingQuery } from '../../../access/organizations/contracts/branding';
import { currentContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import { purchaseOrderPdf } from '../adapters/purchase-order-pdf';
import { FindPurchaseOrderQuery } from './purchase-orders';
import { FindSupplierQuery } from './suppliers';

/** A purchase order on paper. @throws AppError not-found `inventory.purchase-order-not-found` */
export class PurchaseOrderDocumentQuery extends Query<{ number: string; file: Buffer }> {
  constructor(readonly orderId: string) {
    super();
  }
}

@QueryHandler(PurchaseOrderDocumentQuery)
export class PurchaseOrderDocumentHandler implements IQueryHandler<PurchaseOrderDocumentQuery> {
  constructor(
    private readonly database: Database,
    private readonly queries: QueryBus,
  ) {}

  async execute({ orderId }: PurchaseOrderDocumentQuery): Promise<{ number: string; file: Buffer }> {
    const order = await this.queries.execute(new FindPurchaseOrderQuery(orderId));
    const { tenantId } = currentContext();
    const [supplier, branding, [place]] = await Promise.all([
      this.queries.execute(new FindSupplierQuery(order.supplier.id)),
      this.queries.execute(new BrandingQuery(tenantId!)),
      this.database.read<{ name: string }>(
        `select name from inventory.locations where tenant_id = kernel.tenant_id() and id = $1`,
        [order.locationId],
      ),
    ]);
    const buyer = {
      name: branding?.name ?? '',
      color: branding?.primaryColor ?? '#1f2937',
      contact: branding?.replyTo ?? null,
    };
    return { number: order.number, file: await purchaseOrderPdf({ order, supplier, buyer, place: place.name }) };
  }
}
