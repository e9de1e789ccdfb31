import { AppError, conflict, invalid, notFound } from '../../../kernel/errors/app-error';

export const creditNotFound = (): AppError => notFound('ledger.credit-not-found', 'No such gift card or store credit.');

export const giftCardUnknown = (): AppError =>
  invalid('ledger.gift-card-unknown', 'This is no gift card of the shop.', {
    hint: 'Type the code as it is printed; blanks and hyphens do not matter.',
  });

export const tooManyCodes = (retryAfterSeconds: number): AppError =>
  new AppError('ledger.too-many-codes', 'too-many', 'Too many codes were tried that are none.', { retryAfterSeconds });

export const giftCardUnusable = (tail: string, why: 'expired' | 'voided' | 'currency' | 'empty'): AppError =>
  conflict('ledger.gift-card-unusable', `The gift card ending in ${tail} cannot be used: ${WHY[why]}.`, { tail, why });

const WHY = {
  expired: 'its time is over',
  voided: 'it was withdrawn',
  currency: 'it is in another currency',
  empty: 'nothing is left on it',
};

export const creditSpent = (): AppError =>
  conflict('ledger.credit-spent', 'Meanwhile a part of the gift card or store credit was spent elsewhere.', {
    hint: 'Ask for the balance again and check out anew.',
  });

export const creditNotActive = (state: string): AppError =>
  conflict('ledger.credit-not-active', `It is ${state} already.`, { state });

export const expiryPast = (): AppError =>
  invalid('ledger.expiry-past', 'A gift card ends in the future.', {
    errors: [{ pointer: '/expiresAt', code: 'past', detail: 'expiresAt must be later than now' }],
  });

export const customerUnknown = (): AppError =>
  invalid('ledger.customer-unknown', 'The shop has no such customer.', {
    errors: [{ pointer: '/customerId', code: 'unknown', detail: 'customerId must be the id of a customer' }],
  });
