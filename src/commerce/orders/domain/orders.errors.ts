import { AppError, conflict, invalid, notFound } from '../../../kernel/errors/app-error';
import type { Money } from '../../../kernel/money/money';

export const cartNotFound = (): AppError =>
  notFound('orders.cart-not-found', 'No such cart, or it has expired.', { hint: 'Make a new one with POST /carts.' });

export const cartLineNotFound = (): AppError => notFound('orders.cart-line-not-found', 'The cart has no such line.');

export const cartOrdered = (orderId: string): AppError =>
  conflict('orders.cart-already-ordered', 'This cart was ordered already.', {
    hint: 'Pay the order with POST /orders/:id/payments, or start a new cart.',
    orderId,
  });

export const cartEmpty = (): AppError => conflict('orders.cart-empty', 'The cart has no lines.');

export const cartFull = (most: number): AppError => conflict('orders.cart-full', `A cart has at most ${most} lines.`);

export const tooMany = (sku: string, most: number): AppError =>
  invalid('orders.quantity-too-large', `A line holds at most ${most} pieces.`, {
    errors: [
      { pointer: '/quantity', code: 'max', detail: `With what is in the cart, ${sku} would be more than ${most}.` },
    ],
  });

export const unknownSku = (sku: string): AppError =>
  invalid('orders.unknown-sku', 'There is no such product.', {
    errors: [{ pointer: '/sku', code: 'unknown-sku', detail: `No variant has the SKU ${sku}.` }],
  });

export const notForSale = (skus: string[]): AppError =>
  conflict('orders.not-for-sale', `Not for sale any more: ${skus.join(', ')}.`, {
    hint: 'Remove these lines from the cart.',
    skus,
  });

export const mixedCurrencies = (currencies: string[]): AppError =>
  conflict('orders.mixed-currencies', `The cart mixes prices in ${currencies.join(' and ')}.`, {
    hint: 'Order things of different currencies in carts of their own.',
    currencies,
  });

export const noPriceIn = (sku: string, currency: string): AppError =>
  conflict('orders.no-price-in-currency', `${sku} has no price in ${currency}.`, {
    hint: 'Choose another currency with PUT /carts/:id/currency, or give it a price by a price list.',
    sku,
    currency,
  });

export const loginNeeded = (): AppError =>
  new AppError('orders.login-needed', 'unauthenticated', 'Only who is signed in has a cart of their own.', {
    hint: 'Sign in as a customer of the shop, and send the access token.',
  });

/** What a checkout would charge, beside what its shopper was shown. */
export interface ChangedPrice {
  expected: Money | null;
  total: Money;
  priceHash: string;
  changes: { sku: string; was: Money; now: Money }[];
}

export const priceChanged = (changed: ChangedPrice): AppError =>
  conflict('orders.price-changed', 'The price is not what the shopper was shown.', {
    hint: 'Show the new price and send the request again with its `total` as expectedTotal, or its priceHash, and a new Idempotency-Key.',
    ...changed,
  });

export const orderNotFound = (): AppError => notFound('orders.order-not-found', 'No such order.');

export const orderTokenRequired = (): AppError =>
  new AppError('orders.token-required', 'unauthenticated', 'This order is shown to its shopper and to staff.', {
    hint: 'Sign in, or send the accessToken of the checkout as "Authorization: Bearer <accessToken>".',
  });

export const transitionRefused = (from: string, to: string): AppError =>
  conflict(
    'orders.transition-refused',
    `An order that is ${from.replace('_', ' ')} cannot become ${to.replace('_', ' ')}.`,
    {
      from,
      to,
    },
  );

export const notPayable = (status: string): AppError =>
  conflict('orders.not-payable', `An order that is ${status.replace('_', ' ')} cannot be paid.`, { status });

export const paymentWindowClosed = (): AppError =>
  conflict('orders.payment-window-closed', 'The time to pay this order is over; its stock is no longer held.', {
    hint: 'Start a new cart.',
  });

export const tooManyUnpaid = (retryAfterSeconds: number): AppError =>
  new AppError('orders.too-many-unpaid', 'too-many', 'Too many of your orders still wait for their payment.', {
    hint: 'Pay one of them, or wait until the time to pay it is over.',
    retryAfterSeconds,
  });

export const staleOrder = (): AppError =>
  conflict('orders.stale-order', 'The order was changed by somebody else meanwhile.', {
    hint: 'Read it again and repeat the change.',
  });

export const currencyNeeded = (currencies: string[]): AppError =>
  invalid('orders.currency-needed', 'The orders are in several currencies, which are not added up.', {
    hint: `Add currency=${currencies[0]} to the query.`,
    currencies,
  });

export const funnelTooOld = (earliest: string): AppError =>
  invalid('orders.funnel-too-old', 'Carts of before this time were forgotten before they were counted.', {
    hint: `Ask from ${earliest} on.`,
    errors: [{ pointer: 'from', code: 'too-old', detail: `The earliest time is ${earliest}.` }],
  });

export const importedOrder = (): AppError =>
  conflict('orders.imported-order', 'This order was imported: its goods and its payment are kept where it came from.');

export const doubleTaxRate = (index: number, key: string): AppError =>
  invalid('orders.double-tax-rate', 'A tax is named twice for one country and category.', {
    errors: [{ pointer: `/taxRates/${index}/name`, code: 'duplicate', detail: `${key} stands in the list already.` }],
  });

export const staleSettings = (): AppError =>
  conflict('orders.stale-settings', 'Somebody else changed the settings meanwhile.', {
    hint: 'Read them again and repeat the change.',
  });

export const lineNotFound = (id: string): AppError =>
  invalid('orders.unknown-line', 'The order has no such line.', {
    hint: 'Take the ids of the lines from GET /orders/:id.',
    errors: [{ pointer: '/lines', code: 'unknown-line', detail: `The order has no line ${id}.` }],
  });

export const quantityExceeded = (sku: string, quantity: number, open: number): AppError =>
  conflict('orders.quantity-exceeded', `Only ${open} of ${sku} can still be taken, not ${quantity}.`, {
    hint: 'Read the order again: pieces that left or were cancelled do not count any more.',
    sku,
    quantity,
    open,
  });

export const notEditable = (status: string): AppError =>
  conflict('orders.not-editable', `An order that is ${status.replace('_', ' ')} is not changed any more.`, { status });

export const exchangeNotEdited = (): AppError =>
  conflict(
    'orders.exchange-not-edited',
    'An order that is sent in exchange is not changed before its difference is paid.',
    {
      hint: 'Cancel it and exchange the return anew.',
    },
  );

export const creditHeld = (): AppError =>
  conflict(
    'orders.credit-held',
    'An order that gift cards or store credit pay a part of is not changed before it is paid.',
    {
      hint: 'Cancel it, which lets the credit go, and order anew.',
    },
  );

export const dueChanged = (due: Money): AppError =>
  conflict('orders.due-changed', 'What is left to be charged is not what was shown.', { due });

export const noCustomerToCredit = (): AppError =>
  conflict('orders.no-customer', 'The order has no customer to give store credit to.');

export const nothingChanged = (): AppError =>
  invalid('orders.nothing-changed', 'The edit changes nothing.', {
    hint: 'Name SKUs to add, or lines with another quantity than they have.',
  });

export const paymentUnderway = (): AppError =>
  conflict('orders.payment-underway', 'A payment of this order is being made; its price cannot change now.', {
    hint: 'Wait until the payment has succeeded or failed.',
  });

export const shipmentNotFound = (): AppError =>
  notFound('orders.shipment-not-found', 'The order has no such shipment.');

export const countryFixed = (): AppError =>
  invalid('orders.country-fixed', 'The country of an order stays: taxes and shipping were priced for it.', {
    hint: 'Cancel the order and place it anew for the other country.',
    errors: [
      { pointer: '/country', code: 'country-fixed', detail: 'must be the country that the order was placed for' },
    ],
  });

export const notCaptured = (): AppError =>
  conflict('orders.payment-not-captured', 'The payment of this order is reserved and not captured yet.', {
    hint: 'Capture it with POST /orders/:id/capture, or let the shop’s policy capture by shipment.',
  });

export const nothingToCapture = (status: string): AppError =>
  conflict('orders.nothing-to-capture', `Nothing is reserved for an order that is ${status.replace('_', ' ')}.`, {
    status,
  });

export const captureRefused = (code: string | null): AppError =>
  conflict('orders.capture-refused', 'The gateway did not capture what it had reserved; nothing is shipped.', {
    hint: 'The order waits for another payment of its shopper.',
    reason: code,
  });

export const captureUnresolved = (): AppError =>
  new AppError('orders.capture-unresolved', 'unavailable', 'The gateway has not answered the capture yet.', {
    hint: 'It is asked again by itself. Repeat the request later.',
    retryAfterSeconds: 30,
  });

export const returnNotFound = (): AppError => notFound('orders.return-not-found', 'No such return.');

export const returnTransitionRefused = (from: string, to: string): AppError =>
  conflict('orders.return-transition-refused', `A return that is ${from} cannot become ${to}.`, { from, to });

export const returnLineUnknown = (id: string): AppError =>
  invalid('orders.unknown-line', 'The return has no such line.', {
    hint: 'Take lineId from GET /returns/:id.',
    errors: [{ pointer: '/lines', code: 'unknown-line', detail: `The return has no line ${id}.` }],
  });

export const returnQuantityExceeded = (sku: string, quantity: number, most: number): AppError =>
  conflict('orders.quantity-exceeded', `At most ${most} of ${sku} can come back, not ${quantity}.`, {
    hint: 'Only pieces that left, and did not come back yet, can be returned.',
    sku,
    quantity,
    open: most,
  });

export const inspectionIncomplete = (lines: { sku: string; lineId: string }[]): AppError =>
  invalid('orders.inspection-incomplete', 'Some received goods are not decided on.', {
    hint: 'Say for every received line whether it is restocked or scrapped.',
    errors: lines.map(({ sku, lineId }) => ({
      pointer: '/lines',
      code: 'inspection-incomplete',
      detail: `Line ${lineId} (${sku}) is missing.`,
    })),
  });

export const nothingToRefund = (): AppError =>
  conflict('orders.nothing-to-refund', 'Nothing that came back was paid for.', {
    hint: 'Close the return with POST /returns/:id/close.',
  });

export const refundTooLarge = (most: Money): AppError =>
  conflict('orders.refund-too-large', 'More than was paid, and not given back yet, cannot go back.', { most });

export const returnWindowOver = (until: string): AppError =>
  conflict('orders.return-window-over', 'The time to return these goods is over.', { until });

export const notReturnable = (status: string): AppError =>
  conflict('orders.not-returnable', `Goods of an order that is ${status.replace('_', ' ')} cannot come back.`, {
    status,
  });

export const staleReturn = (): AppError =>
  conflict('orders.stale-return', 'The return was changed by somebody else meanwhile.', {
    hint: 'Read it again and repeat the change.',
  });

export const creditNoteNotFound = (): AppError =>
  notFound('orders.credit-note-not-found', 'The order has no such credit note.');

export const notInvoiced = (status: string): AppError =>
  conflict('orders.not-invoiced', `An order that is ${status.replace('_', ' ')} has no invoice: it was never paid.`, {
    status,
  });
