import type { Money } from '../../../kernel/money/money';
import type { FulfilmentStatus, OrderPaymentStatus, OrderStatus, ReturnStatus } from '../contracts/order-status';
import type { Order } from './order';
import type { OrderOrigin, ShippingAddress } from './new-order';
import { lineDiscount, lineName, openQuantity, type OrderLine } from './order-line';

/** Pieces of a batch that a line got. */
export interface AllocationView {
  lotNumber: string;
  quantity: number;
  /** Which part of a bundle they are; absent where the line is no bundle. */
  sku?: string;
}

export interface OrderLineView {
  id: string;
  sku: string;
  name: string;
  productId: string | null;
  variantId: string | null;
  quantity: number;
  unitPrice: Money;
  discountBasisPoints: number;
  discount: Money;
  total: Money;
  tax: Money;
  /** Batches that it got; null where an answer does not look them up. */
  allocations: AllocationView[] | null;
  /** Pieces that are promised and not here yet; null where the answer does not look them up. */
  backordered: number | null;
  /** When these are promised. */
  promisedAt: string | null;
  shippedQuantity: number;
  cancelledQuantity: number;
  returnedQuantity: number;
}

/** An order as clients see it. */
export interface OrderView {
  id: string;
  number: string;
  channel: 'web' | 'import';
  /** What it comes from, where that is no cart. */
  origin: OrderOrigin | null;
  status: OrderStatus;
  paymentStatus: OrderPaymentStatus;
  fulfilmentStatus: FulfilmentStatus;
  returnStatus: ReturnStatus;
  onHoldReason: string | null;
  cancelReason: string | null;
  email: string | null;
  customerId: string | null;
  customerName: string | null;
  shippingAddress: Required<ShippingAddress> | null;
  lines: OrderLineView[];
  subtotal: Money;
  discountTotal: Money;
  shippingTotal: Money;
  taxTotal: Money;
  /** Promotions that the order was given. */
  discounts: { couponId: string; code: string | null; name: string; amount: Money; freeShipping: boolean }[];
  shippingMethod: { id: string; name: string } | null;
  taxIncluded: boolean;
  shippingTax: Money;
  taxes: { name: string; basisPoints: number; base: Money; amount: Money }[];
  total: Money;
  refundedTotal: Money;
  /** Part of the total that was never taken. */
  uncollectedTotal: Money;
  /** Part of the total that gift cards and store credit pay. */
  creditTotal: Money;
  placedAt: string | null;
  authorizedAt: string | null;
  paidAt: string | null;
  fulfilledAt: string | null;
  deliveredAt: string | null;
  cancelledAt: string | null;
  closedAt: string | null;
  version: number;
}

/** Columns of an order that a view needs; an `Order` has them, and so has a row read by a query. */
export type OrderRecord = Pick<
  Order,
  | 'id'
  | 'number'
  | 'channel'
  | 'origin'
  | 'originId'
  | 'status'
  | 'paymentStatus'
  | 'fulfilmentStatus'
  | 'returnStatus'
  | 'onHoldReason'
  | 'cancelReason'
  | 'email'
  | 'customerId'
  | 'customerName'
  | 'shippingAddress'
  | 'currency'
  | 'discounts'
  | 'shippingMethod'
  | 'subtotal'
  | 'discountTotal'
  | 'shippingTotal'
  | 'taxTotal'
  | 'total'
  | 'taxIncluded'
  | 'shippingTax'
  | 'taxes'
  | 'refundedTotal'
  | 'uncollectedTotal'
  | 'creditTotal'
  | 'placedAt'
  | 'authorizedAt'
  | 'paidAt'
  | 'fulfilledAt'
  | 'deliveredAt'
  | 'cancelledAt'
  | 'closedAt'
  | 'version'
>;

/** The view of an order and its lines; a whitelist, so that nothing else leaves. */
export function orderViewOf(order: OrderRecord, lines: readonly OrderLine[]): OrderView {
  const money = (amount: number): Money => ({ amount, currency: order.currency });
  const at = (date: Date | null): string | null => date?.toISOString() ?? null;
  return {
    id: order.id,
    number: order.number,
    channel: order.channel,
    origin: order.origin && { kind: order.origin, id: order.originId! },
    status: order.status,
    paymentStatus: order.paymentStatus,
    fulfilmentStatus: order.fulfilmentStatus,
    returnStatus: order.returnStatus,
    onHoldReason: order.onHoldReason,
    cancelReason: order.cancelReason,
    email: order.email,
    customerId: order.customerId,
    customerName: order.customerName,
    shippingAddress: order.shippingAddress && addressOf(order.shippingAddress),
    lines: lines.map((line) => ({
      id: line.id,
      sku: line.sku,
      name: lineName(line),
      productId: line.productId,
      variantId: line.variantId,
      quantity: line.quantity,
      unitPrice: money(line.unitPrice),
      discountBasisPoints: line.discountBasisPoints,
      discount: money(lineDiscount(line)),
      total: money(line.total),
      tax: money(line.tax),
      allocations: null,
      backordered: null,
      promisedAt: null,
      shippedQuantity: line.shippedQuantity,
      cancelledQuantity: line.cancelledQuantity,
      returnedQuantity: line.returnedQuantity,
    })),
    subtotal: money(order.subtotal),
    discountTotal: money(order.discountTotal),
    shippingTotal: money(order.shippingTotal),
    taxTotal: money(order.taxTotal),
    discounts: order.discounts.map(({ couponId, code, name, amount, freeShipping }) => ({
      couponId,
      code,
      name,
      amount: money(amount),
      freeShipping,
    })),
    shippingMethod: order.shippingMethod && { id: order.shippingMethod.id, name: order.shippingMethod.name },
    taxIncluded: order.taxIncluded,
    shippingTax: money(order.shippingTax),
    taxes: order.taxes.map(({ name, basisPoints, base, amount }) => ({
      name,
      basisPoints,
      base: money(base),
      amount: money(amount),
    })),
    total: money(order.total),
    refundedTotal: money(order.refundedTotal),
    uncollectedTotal: money(order.uncollectedTotal),
    creditTotal: money(order.creditTotal),
    placedAt: at(order.placedAt),
    authorizedAt: at(order.authorizedAt),
    paidAt: at(order.paidAt),
    fulfilledAt: at(order.fulfilledAt),
    deliveredAt: at(order.deliveredAt),
    cancelledAt: at(order.cancelledAt),
    closedAt: at(order.closedAt),
    version: order.version,
  };
}

/** What an order has of stock, by SKU: bundles are taken apart. */
export interface Goods {
  lines: readonly { sku: string; lotNumber: string; quantity: number }[];
  waiting: readonly Waiting[];
}

/** An order with the batches that its lines got, and with what they wait for. @param goods absent: neither */
export const withGoods = (view: OrderView, lines: readonly OrderLine[], goods?: Goods): OrderView =>
  withWaiting(withAllocations(view, lines, goods?.lines ?? []), lines, goods?.waiting ?? []);

/** What of a SKU each piece of a line takes from stock. */
const partsOf = ({ sku, components }: OrderLine): { sku: string; quantity: number }[] =>
  components ?? [{ sku, quantity: 1 }];

/** An order with the batches that its lines got: those of a SKU go to its lines, and to bundles with it, in their order. */
function withAllocations(view: OrderView, lines: readonly OrderLine[], found: Goods['lines']): OrderView {
  const left = found.map((each) => ({ ...each }));
  const got = new Map(
    lines.map((line) => {
      const allocations: AllocationView[] = [];
      for (const part of partsOf(line)) {
        let missing = part.quantity * (line.quantity - line.cancelledQuantity);
        for (const lot of left.filter((each) => each.sku === part.sku)) {
          const quantity = Math.min(lot.quantity, missing);
          const of = line.components ? { sku: part.sku } : {};
          if (quantity > 0) allocations.push({ lotNumber: lot.lotNumber, quantity, ...of });
          lot.quantity -= quantity;
          missing -= quantity;
        }
      }
      return [line.id, allocations];
    }),
  );
  return { ...view, lines: view.lines.map((line) => ({ ...line, allocations: got.get(line.id) ?? [] })) };
}

/** What of an order's stock is waited for, by SKU. */
interface Waiting {
  sku: string;
  quantity: number;
  promisedAt: string | null;
}

/**
 * An order with what its lines wait for: of a SKU that several lines have the last ones wait. A bundle waits while any of
 * its parts does.
 */
export function withWaiting(view: OrderView, lines: readonly OrderLine[], waiting: readonly Waiting[]): OrderView {
  const left = new Map(waiting.map((each) => [each.sku, { ...each }]));
  const found = new Map<string, { backordered: number; promisedAt: string | null }>();
  for (const line of [...lines].reverse()) {
    const wait = { backordered: 0, promisedAt: null as string | null };
    for (const part of partsOf(line)) {
      const open = left.get(part.sku);
      if (!open || open.quantity === 0) continue;
      const taken = Math.min(open.quantity, part.quantity * openQuantity(line));
      open.quantity -= taken;
      if (taken === 0) continue;
      wait.backordered = Math.max(wait.backordered, Math.ceil(taken / part.quantity));
      if (open.promisedAt && (!wait.promisedAt || open.promisedAt > wait.promisedAt)) wait.promisedAt = open.promisedAt;
    }
    found.set(line.id, wait);
  }
  return { ...view, lines: view.lines.map((line) => ({ ...line, ...found.get(line.id)! })) };
}

const addressOf = (address: ShippingAddress): Required<ShippingAddress> => ({
  name: address.name,
  line1: address.line1,
  line2: address.line2 ?? null,
  city: address.city,
  region: address.region ?? null,
  postalCode: address.postalCode,
  country: address.country,
});
