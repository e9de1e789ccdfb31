import { Command, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { BrandingQuery } from '../../../access/organizations/contracts/branding';
import { Clock } from '../../../kernel/clock/clock';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { InvoiceRepository } from '../data/invoice.repository';
import { OrderPolicies } from '../data/order-policies';
import { OrderRepository } from '../data/order.repository';
import { invoiceOf, type InvoiceDocument } from '../domain/invoice';
import { notInvoiced, orderNotFound } from '../domain/orders.errors';
import { CreditNotes } from './credit-notes';

/**
 * Gives a paid order its invoice: the shop's next number, and a copy of everything it says. One that exists is answered
 * as it is.
 * @throws AppError not-found `orders.order-not-found`, conflict `orders.not-invoiced` for an order that is not paid
 */
export class IssueInvoiceCommand extends Command<InvoiceDocument> {
  constructor(readonly orderId: string) {
    super();
  }
}

@CommandHandler(IssueInvoiceCommand)
export class IssueInvoiceHandler implements ICommandHandler<IssueInvoiceCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly queries: QueryBus,
    private readonly orders: OrderRepository,
    private readonly invoices: InvoiceRepository,
    private readonly policies: OrderPolicies,
    private readonly notes: CreditNotes,
  ) {}

  execute({ orderId }: IssueInvoiceCommand): Promise<InvoiceDocument> {
    return this.uow.run(async (tx) => {
      // The order's lock lets one of two who ask at once make it, and the other find it.
      const order = await this.orders.lock(orderId);
      if (!order) throw orderNotFound();
      const issued = await this.invoices.find(orderId);
      if (issued) return issued;
      if (order.paidAt === null) throw notInvoiced(order.status);
      const branding = await this.queries.execute(new BrandingQuery(tx.tenantId));
      const { sellerName, sellerAddress, taxId, numberPrefix, footer } = (await this.policies.find()).invoicing;
      const count = await this.invoices.nextNumber();
      const document = invoiceOf(order, {
        number: `${numberPrefix ?? 'INV-'}${String(count).padStart(6, '0')}`,
        at: this.clock.now(),
        seller: {
          name: sellerName ?? branding?.name ?? '',
          address: sellerAddress ?? null,
          taxId: taxId ?? null,
          footer: footer ?? null,
          color: branding?.primaryColor ?? '#1f2937',
        },
      });
      await this.invoices.insert(orderId, document);
      // What went back before, or was never taken, is credited at once.
      await this.notes.complete(order, document);
      return document;
    });
  }
}
