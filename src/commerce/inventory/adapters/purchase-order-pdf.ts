import { paperPdf } from '../../../kernel/documents/paper';
import { printAmount } from '../../../kernel/money/money';
import type { PurchaseOrderView } from '../domain/purchase-order-view';
import type { SupplierContact } from '../domain/supplier';

/** What an order to a supplier says on paper. */
export interface PurchaseOrderPaper {
  order: PurchaseOrderView;
  supplier: { name: string; address: string | null; contacts: readonly SupplierContact[] };
  buyer: { name: string; color: string; contact: string | null };
  /** Name of the location where the goods are to arrive. */
  place: string;
}

/** A purchase order as a PDF; a draft and what was called off say so. */
export function purchaseOrderPdf({ order, supplier, buyer, place }: PurchaseOrderPaper): Promise<Buffer> {
  const ended = order.status === 'cancelled' ? 'Cancelled' : order.status === 'closed_short' ? 'Closed' : null;
  const contact = supplier.contacts[0];
  return paperPdf({
    title: order.status === 'draft' ? 'Draft order' : 'Purchase order',
    number: order.number,
    from: { name: buyer.name, color: buyer.color, lines: [buyer.contact] },
    facts: [
      ['Number', order.number],
      ['Ordered', day(order.orderedAt)],
      ['Expected', day(order.expectedAt)],
      ['Your reference', order.reference],
      ['Deliver to', place],
      [ended ?? '', ended && day(order.endedAt)],
    ],
    to: {
      label: 'To',
      lead: true,
      lines: [supplier.name, ...(supplier.address?.split('\n') ?? []), contact?.name, contact?.email, contact?.phone],
    },
    tables: [
      {
        columns: [
          { title: 'Article' },
          { title: 'Your number', width: 90 },
          { title: 'Pieces', width: 50, align: 'right' },
          { title: 'Price', width: 65, align: 'right' },
          { title: 'Amount', width: 80, align: 'right' },
        ],
        rows: order.lines.map((line) => [
          [line.name, line.sku, line.expectedAt && `Expected ${day(line.expectedAt)}`].filter(Boolean).join('\n'),
          line.supplierSku ?? '',
          String(line.quantity),
          printAmount(line.unitCost),
          printAmount(line.total),
        ]),
      },
    ],
    total: ['Total', `${printAmount(order.total)} ${order.total.currency}`],
    note: order.note,
  });
}

const day = (at: string | null): string | null => at?.slice(0, 10) ?? null;
