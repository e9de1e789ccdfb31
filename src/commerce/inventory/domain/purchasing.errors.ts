import { AppError, conflict, invalid, notFound } from '../../../kernel/errors/app-error';

export const supplierNotFound = (): AppError => notFound('inventory.supplier-not-found', 'No such supplier.');

export const supplierNameTaken = (name: string): AppError =>
  conflict('inventory.supplier-name-taken', `There is a supplier called ${name} already.`, {
    hint: 'Change that one, or tell the two apart by their names.',
  });

export const staleSupplier = (version: number): AppError =>
  new AppError('inventory.supplier-stale', 'precondition-failed', 'The supplier was changed meanwhile.', {
    hint: 'Read it again and repeat the change.',
    version,
  });

export const supplierCurrencyFixed = (): AppError =>
  conflict('inventory.supplier-currency-fixed', 'The supplier has costs in its currency already.', {
    hint: 'Take its items away first, or enter a second supplier for the other currency.',
  });

export const supplierItemTwice = (pointer: string, sku: string): AppError =>
  invalid('inventory.supplier-item-repeated', 'An article is named twice.', {
    errors: [{ pointer, code: 'supplier-item-repeated', detail: `${sku} is named twice.` }],
    hint: 'Name each article once, to be set or to be removed.',
  });

export const supplierInactive = (name: string): AppError =>
  conflict('inventory.supplier-inactive', `Nothing is ordered of ${name} any more.`, {
    hint: 'Order elsewhere, or take the supplier back into use.',
  });

export const purchaseOrderNotFound = (): AppError =>
  notFound('inventory.purchase-order-not-found', 'No such purchase order.');

export const purchaseOrderState = (status: string, what: string): AppError =>
  conflict(
    'inventory.purchase-order-state',
    `A purchase order that is ${status.replace('_', ' ')} cannot be ${what}.`,
    {
      hint: 'Read the order: its state says what can still happen to it.',
      status,
    },
  );

export const stalePurchaseOrder = (version: number): AppError =>
  new AppError('inventory.purchase-order-stale', 'precondition-failed', 'The purchase order was changed meanwhile.', {
    hint: 'Read it again and repeat the change.',
    version,
  });

export const unknownPurchaseLine = (pointer: string): AppError =>
  invalid('inventory.unknown-line', 'The purchase order has no such line.', {
    errors: [{ pointer, code: 'unknown-line', detail: 'No line of the purchase order has this id.' }],
    hint: 'Read the order and name the ids of its lines.',
  });

export interface OverReceivedLine {
  lineId: string;
  sku: string;
  ordered: number;
  /** With what was to be received now. */
  received: number;
  /** What the shop's tolerance lets come at most. */
  most: number;
}

export const overReceipt = (lines: OverReceivedLine[]): AppError =>
  conflict('inventory.over-receipt', `More than was ordered came of ${lines.map(({ sku }) => sku).join(', ')}.`, {
    hint: 'Send the rest back, receive it without the order, or allow a tolerance in the purchasing settings.',
    lines,
  });

export const costUnknown = (errors: { pointer: string; sku: string }[]): AppError =>
  invalid('inventory.cost-unknown', 'It is not known what the supplier takes for some lines.', {
    errors: errors.map(({ pointer, sku }) => ({
      pointer,
      code: 'cost-unknown',
      detail: `The supplier has no item ${sku}.`,
    })),
    hint: 'Say unitCost on the line, or enter the item at the supplier.',
  });

export const orderQuantity = (
  errors: { pointer: string; sku: string; minQuantity: number; packSize: number }[],
): AppError =>
  invalid('inventory.order-quantity', 'The supplier does not sell these quantities.', {
    errors: errors.map(({ pointer, sku, minQuantity, packSize }) => ({
      pointer,
      code: 'order-quantity',
      detail: `${sku} is sold from ${minQuantity} pieces on, in multiples of ${packSize}.`,
    })),
    hint: 'Order at least the minimum, in whole packs.',
  });

export const deliveryReceived = (deliveryNote: string): AppError =>
  conflict('inventory.delivery-received', `Delivery note ${deliveryNote} was received for this order already.`, {
    hint: 'Look at the receipts of the order before you receive it twice.',
  });

export const purchaseFileColumns = (unknown: string[], missing: string[], known: string[]): AppError =>
  invalid('inventory.import-columns', 'The header of the file names other columns than an order has.', {
    errors: [
      ...unknown.map((name) => ({ pointer: '/csv/1', code: 'unknown-column', detail: `No column is called ${name}.` })),
      ...missing.map((name) => ({
        pointer: '/csv/1',
        code: 'missing-column',
        detail: `The column ${name} is missing.`,
      })),
    ],
    hint: `Columns are ${known.join(', ')}; the first two are needed.`,
  });

export const purchaseFileFaults = (
  faults: { line: number; column: string; code: string; reason: string }[],
): AppError =>
  invalid('inventory.import-faults', 'Some lines of the file are wrong; nothing was written.', {
    errors: faults.map(({ line, column, code, reason }) => ({
      pointer: column === '*' ? `/csv/${line}` : `/csv/${line}/${column}`,
      code,
      detail: `Line ${line}: ${reason}`,
    })),
    hint: 'Correct these lines and send the whole file again.',
  });
