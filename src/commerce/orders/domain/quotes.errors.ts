import { AppError, conflict, invalid, notFound } from '../../../kernel/errors/app-error';
import type { Money } from '../../../kernel/money/money';

export const quoteNotFound = (): AppError => notFound('orders.quote-not-found', 'No such quote.');

export const quoteTransitionRefused = (from: string, to: string): AppError =>
  conflict('orders.quote-transition-refused', `A quote that is ${from} cannot become ${to}.`, { from, to });

export const quoteEnded = (validUntil: string): AppError =>
  conflict('orders.quote-ended', 'The time in which this quote held is over.', {
    hint: 'Ask the shop to send it anew.',
    validUntil,
  });

export const quoteDiscountTooLarge = (most: Money): AppError =>
  invalid('orders.quote-discount-too-large', 'The discount is more than the goods.', {
    errors: [
      { pointer: '/discount', code: 'max', detail: `At most ${most.amount} (minor units of ${most.currency}).` },
    ],
  });

export const quoteTokenRequired = (): AppError =>
  new AppError('orders.quote-token-required', 'unauthenticated', 'This quote is shown to its customer and to staff.', {
    hint: 'Sign in as staff, or send the token of the mailed link as X-Quote-Token.',
  });

export const staleQuote = (): AppError =>
  conflict('orders.stale-quote', 'The quote was changed by somebody else meanwhile.', {
    hint: 'Read it again and repeat the change.',
  });
