import { AppError, conflict, invalid, notFound } from '../../../kernel/errors/app-error';
import type { Money } from '../../../kernel/money/money';

export const paymentNotFound = (): AppError => notFound('payments.payment-not-found', 'No such payment.');

export const gatewayNotFound = (): AppError => notFound('payments.gateway-not-found', 'No such payment gateway.');

export const providerNotOffered = (provider: string): AppError =>
  conflict('payments.provider-not-offered', `This installation offers no ${provider} payments.`, {
    hint: 'Whoever runs it lists the provider in MAINSTAY_PAYMENT_PROVIDERS.',
  });

export const methodsUnknown = (unknown: string[], known: readonly string[]): AppError =>
  invalid('payments.methods-unknown', `The provider has no payment method ${unknown.join(', ')}.`, {
    hint: `It has ${known.join(', ')}.`,
  });

export const apiBaseRefused = (): AppError =>
  invalid(
    'payments.api-base-refused',
    'Another address of the provider is taken outside of production only, on this machine.',
    {
      hint: 'For all accounts the operator sets STRIPE_API_BASE or PAYPAL_API_BASE.',
    },
  );

export const providerEventNotFound = (): AppError =>
  notFound('payments.provider-event-not-found', 'No such webhook event.');

export const paymentInFlight = (): AppError =>
  conflict('payments.payment-in-flight', 'An earlier try of this payment may still be charged.', {
    retryAfterSeconds: 5,
    hint: 'Read the payment again shortly; it settles by itself.',
  });

export const alreadyPaid = (): AppError => conflict('payments.already-paid', 'This is already paid.');

export const notCapturable = (status: string): AppError =>
  conflict('payments.not-capturable', `Nothing is reserved to be captured: the payment is ${status}.`);

export const captureTooLarge = (): AppError =>
  invalid('payments.capture-too-large', 'More cannot be captured than is reserved.');

export const notVoidable = (status: string): AppError =>
  conflict('payments.not-voidable', `A payment that is ${status} cannot be called off.`, {
    hint: 'What is captured is given back by a refund.',
  });

export const amountChanged = (): AppError =>
  conflict('payments.amount-changed', 'The open payment is for another amount.');

export const unknownMethod = (type: string): AppError =>
  invalid('payments.unknown-method', `No gateway here offers the payment method "${type}".`);

export const gatewayNotRouted = (): AppError =>
  invalid('payments.gateway-not-routed', 'The account that the token is of takes no such payment.', {
    hint: 'GET /payment-gateways/route says which account to make a token of.',
  });

export const shopperUnknown = (method: string, missing: readonly string[]): AppError =>
  invalid('payments.shopper-unknown', `Payments by ${method} need to know of the shopper: ${missing.join(', ')}.`, {
    hint: 'They are taken from the order; a token of the provider’s own script does as well.',
  });

export const routingInvalid = (errors: { pointer: string; code: string; detail: string }[]): AppError =>
  invalid('payments.routing-invalid', 'The rules cannot be followed as they are.', { errors });

export const routingChanged = (): AppError =>
  conflict('payments.routing-changed', 'Somebody changed the rules meanwhile.', {
    hint: 'Read them again, and send the ETag of what you read as If-Match.',
  });

export const methodNotFound = (): AppError => notFound('payments.method-not-found', 'No such way to pay.');

export const methodNotActive = (state: string): AppError =>
  conflict('payments.method-not-active', `This way to pay is ${state}; it cannot be used.`);

export const gatewayOff = (): AppError =>
  conflict('payments.gateway-off', 'The account that keeps this way to pay takes no such payment now.', {
    hint: 'Pay another way.',
  });

export const methodNotKept = (type: string): AppError =>
  invalid('payments.method-not-kept', `No account here keeps the payment method "${type}" for later.`);

export const tooManyMethods = (): AppError =>
  new AppError(
    'payments.too-many-methods',
    'too-many',
    'Too many ways to pay are kept, or were tried to be kept today.',
    {
      retryAfterSeconds: 86_400,
      hint: 'Take one away that is not needed, or try again tomorrow.',
    },
  );

export const validationUrlRefused = (): AppError =>
  invalid('payments.validation-url-refused', 'This is no address of Apple’s gateway for merchant sessions.', {
    hint: 'Pass on `event.validationURL` of `onvalidatemerchant` as it is.',
  });

export const domainNotOurs = (): AppError =>
  invalid('payments.domain-not-ours', 'The shop has no pages on this domain.', {
    hint: 'Prove the domain first (POST /branding/domains), or have the operator list it in MAINSTAY_CORS_ORIGINS.',
  });

export const applePayNotSetUp = (): AppError =>
  conflict('payments.apple-pay-not-set-up', 'The shop has no merchant identity of Apple Pay.');

export const applePayRefused = (status: number): AppError =>
  conflict('payments.apple-pay-refused', 'Apple gave no merchant session.', {
    providerStatus: status,
    hint: 'Is the domain registered for the merchant identifier, and the certificate its own?',
  });

export const applePayChanged = (): AppError =>
  conflict('payments.apple-pay-changed', 'Somebody changed it meanwhile.', {
    hint: 'Read it again, and send the ETag of what you read as If-Match.',
  });

export const applePayCertificateInvalid = (pointer: string, detail: string): AppError =>
  invalid('payments.apple-pay-certificate-invalid', 'Certificate and key cannot be used.', {
    errors: [{ pointer: `/merchant${pointer}`, code: 'certificate', detail }],
  });

export const associationNotFound = (): AppError =>
  notFound('payments.association-not-found', 'Nothing proves this domain to Apple.');

export const returnUrlInvalid = (): AppError =>
  invalid('payments.return-url-invalid', 'The return URL is not an http or https address.');

/** Else our own address would send anybody anywhere: a link to it looks like the shop's. */
export const returnUrlForeign = (): AppError =>
  invalid('payments.return-url-invalid', 'The return URL is on no page of this installation.', {
    hint: 'Operators list the origins of their shops in MAINSTAY_CORS_ORIGINS.',
  });

/** A card number must never reach this server: the client sends a gateway's token. The value is not repeated. */
export const cardNumberRefused = (): AppError =>
  invalid('payments.card-number-refused', 'Card numbers are not accepted; send a token of the payment gateway.');

export const illegalMove = (what: string, from: string, to: string): AppError =>
  conflict('payments.illegal-transition', `The ${what} cannot go from ${from} to ${to}.`);

/** Another transaction moved the row first; the caller's unit of work may simply be run again. */
export const movedMeanwhile = (): AppError =>
  conflict('payments.stale-state', 'The payment changed meanwhile; read it again.');

export const webhookRefused = (code: string, detail: string): AppError =>
  new AppError(`payments.webhook-${code}`, 'invalid', detail);

export const refundExceedsCharge = (most: Money): AppError =>
  conflict('payments.refund-exceeds-charge', 'So much of this payment is not left to give back.', { most });

export const refundNotFound = (): AppError => notFound('payments.refund-not-found', 'No such refund.');

export const refundAmountMissing = (): AppError =>
  invalid('payments.refund-amount-required', 'How much goes back is not said.', {
    hint: 'Send an amount, or the lines and the freight that money goes back for.',
  });

/** @param expected what lines and freight come to */
export const refundSumDiffers = (expected: Money): AppError =>
  invalid('payments.refund-sum-differs', 'The amount is not what lines and freight come to.', { expected });

export const refundLineUnknown = (lineId: string): AppError =>
  invalid('payments.refund-line-unknown', 'The order has no such line.', { lineId });

export const refundPiecesExceeded = (sku: string, asked: number, left: number): AppError =>
  conflict('payments.refund-pieces-exceeded', `Of ${sku} only ${left} pieces are left to be refunded.`, {
    sku,
    asked,
    left,
  });

export const restockExceeded = (sku: string, asked: number, most: number): AppError =>
  conflict('payments.restock-exceeded', `Of ${sku} only ${most} pieces can go back on the shelf.`, {
    sku,
    asked,
    most,
  });

export const nothingToRefund = (): AppError =>
  conflict('payments.nothing-to-refund', 'Nothing is left to give back for this.');

export const disputeNotFound = (): AppError => notFound('payments.dispute-not-found', 'No such dispute.');

export const disputeNotOpen = (status: string): AppError =>
  conflict('payments.dispute-not-open', `The dispute is ${status}; no answer is taken any more.`);

export const disputeBeingAnswered = (): AppError =>
  conflict('payments.dispute-being-answered', 'Somebody is answering the dispute just now.', { retryAfterSeconds: 60 });

export const evidenceMissing = (): AppError =>
  conflict('payments.evidence-missing', 'There is no evidence to hand in.', {
    hint: 'Put parts of it by first, or accept the dispute.',
  });

export const evidenceTooLong = (most: number): AppError =>
  invalid('payments.evidence-too-long', `All parts of the evidence together have at most ${most} characters.`);

export const evidenceFileType = (mediaType: string): AppError =>
  invalid('payments.evidence-file-type', `Banks read PDF, JPEG and PNG; this file is ${mediaType}.`);

export const evidenceFileNotClean = (file: { id: string; name: string; state: string }): AppError =>
  conflict(
    'payments.evidence-file-not-clean',
    `The file ${file.name} is ${file.state}; only clean files are handed in.`,
    {
      hint: 'Wait until it was inspected, or put another in its place.',
      fileId: file.id,
      state: file.state,
    },
  );

export const evidenceFilesTooLarge = (mostBytes: number): AppError =>
  new AppError(
    'payments.evidence-files-too-large',
    'too-large',
    `All files together have at most ${mostBytes} bytes.`,
    {
      mostBytes,
    },
  );

/** The bank took the money back already, or may: a refund would give it twice. */
export const chargeDisputed = (): AppError =>
  conflict('payments.charge-disputed', 'The charge is disputed; no refund goes out for it.', {
    hint: 'Accept the dispute to let the shopper keep the money.',
  });

/** @param code the provider's word */
export const gatewayRefused = (code: string): AppError =>
  conflict('payments.gateway-refused', 'The payment provider refused it.', { providerCode: code });

/** @param hint what happens next, or what to do */
export const gatewaySilent = (hint = 'It is asked what it knows in a minute; read again then.'): AppError =>
  new AppError('payments.gateway-silent', 'unavailable', 'The payment provider did not answer.', {
    retryAfterSeconds: 60,
    hint,
  });

/** Says nothing of the reason on purpose: whoever tries what is refused must not learn how to get through. */
export const notAccepted = (): AppError =>
  conflict('payments.not-accepted', 'This payment cannot be accepted.', {
    hint: 'Pay another way, or ask the shop.',
  });

export const underReview = (): AppError =>
  conflict('payments.under-review', 'This payment waits for a review.', {
    hint: 'GET /fraud/reviews lists it; approving it captures the payment, rejecting it lets it go.',
  });

export const payoutNotFound = (): AppError => notFound('payments.payout-not-found', 'No such payout.');

export const periodInvalid = (days: number): AppError =>
  invalid('payments.period-invalid', `A period is over, begins before it ends, and has at most ${days} days.`);

export const reportNotOffered = (provider: string): AppError =>
  conflict('payments.report-not-offered', `Nothing is reported by ${provider}.`);

export const reconciliationNotFound = (): AppError =>
  notFound('payments.reconciliation-not-found', 'No such reconciliation.');

export const reconciliationRowNotFound = (): AppError =>
  notFound('payments.reconciliation-row-not-found', 'The reconciliation has no such difference.');
