import { AppError, conflict, invalid, notFound, type FieldError } from '../../../kernel/errors/app-error';

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

export const customerMerged = (mergedInto: string): AppError =>
  conflict('customers.customer-merged', 'This customer was merged into another one, which has its things now.', {
    hint: 'Use the customer that `mergedInto` names.',
    mergedInto,
  });

export const mergeTwoAccounts = (): AppError =>
  conflict('customers.merge-two-accounts', 'Both customers sign in with an account of their own.', {
    hint: 'One of the accounts must be closed first: a customer has one.',
  });

export const mergeWithItself = (): AppError =>
  invalid('customers.merge-invalid', 'A customer cannot be merged into itself.', {
    errors: [{ pointer: '/mergedId', code: 'same', detail: 'must name another customer' }],
  });

export const noOwnCustomer = (): AppError =>
  notFound('customers.customer-not-found', 'There is no customer of this account in the shop.');

export const addressInvalid = (errors: FieldError[]): AppError =>
  invalid('customers.address-invalid', 'The address is not one of its country.', {
    hint: 'Correct what `errors` names.',
    errors,
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

/** Of a form that is uploaded. */
export const noFile = (detail: string): AppError => invalid('customers.no-file', detail);

export const noCustomerSheet = (): AppError =>
  invalid('customers.no-customer-sheet', 'The mapping has no sheet whose entity is "customers".');

export const importRefused = (report: {
  faults: { file?: string; line: number; column: string; code: string; reason: string }[];
  rows: number;
  refused: number;
}): AppError =>
  new AppError('customers.import-refused', 'unprocessable', `${report.faults.length} faults: nothing was imported.`, {
    hint: 'Mend the rows, or send acceptPartial=true to import the others.',
    rows: report.rows,
    refused: report.refused,
    faults: report.faults.slice(0, 1_000),
  });
