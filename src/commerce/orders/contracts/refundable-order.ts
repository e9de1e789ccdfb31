import { Query } from '@nestjs/cqrs';

/** What a line, or the freight, was sold for: minor units of the order's currency, `gross` with its tax. */
interface SoldFor {
  gross: number;
  tax: number;
}

/** An order as whoever gives money back needs to know it. */
export interface RefundableOrder {
  orderId: string;
  currency: string;
  /** What of the total a gateway is to take, or took, and that did not go back: less what was given up before it was taken. */
  due: number;
  shipping: SoldFor;
  lines: (SoldFor & {
    lineId: string;
    sku: string;
    quantity: number;
    /** Pieces that have not left and are not given up. */
    open: number;
    /** Pieces that left and did not come back. */
    out: number;
  })[];
}

/** What an order's lines were sold for and how far they are; null when the shop has no such order. */
export class RefundableOrderQuery extends Query<RefundableOrder | null> {
  constructor(readonly orderId: string) {
    super();
  }
}
