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
