import { AppError, conflict, invalid, notFound } from '../../../kernel/errors/app-error';

export const customerNotFound = (): AppError => notFound('customers.customer-not-found', 'No such customer.');

export const groupNotFound = (): AppError => notFound('customers.group-not-found', 'No such group of customers.');

export const groupTaken = (name: string): AppError =>
  conflict('customers.group-taken', `There is a group ${name} already.`);

export const emailTaken = (): AppError =>
  conflict('customers.email-taken', 'Another customer of the shop has this e-mail address.', {
    errors: [{ pointer: '/email', code: 'taken', detail: 'Another customer has this address.' }],
  });

export const referenceTaken = (): AppError =>
  conflict('customers.reference-taken', 'Another customer of the shop has this external reference.');

export const consentFromFuture = (): AppError =>
  invalid('customers.consent-time-invalid', 'A consent cannot have been given in the future.', {
    errors: [{ pointer: '/givenAt', code: 'range', detail: 'must not lie in the future' }],
  });

export const invalidEmail = (): AppError =>
  invalid('customers.invalid-email', 'This is not an e-mail address.', {
    errors: [{ pointer: '/email', code: 'is-email', detail: 'This is not an e-mail address.' }],
  });

export const staleCustomer = (version: number): AppError =>
  new AppError(
    'customers.stale-customer',
    'precondition-failed',
    'The customer was changed by somebody else meanwhile.',
    {
      hint: 'Read it again and repeat the change with its new ETag.',
      version,
    },
  );
