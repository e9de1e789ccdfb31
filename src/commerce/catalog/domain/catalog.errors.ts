import { AppError, conflict, invalid, notFound } from '../../../kernel/errors/app-error';

export const productNotFound = (): AppError => notFound('catalog.product-not-found', 'No such product.');
export const categoryNotFound = (): AppError => notFound('catalog.category-not-found', 'No such category.');

export const unknownCategory = (pointer = '/categoryId'): AppError =>
  invalid('catalog.unknown-category', 'The category does not exist.', {
    errors: [{ pointer, code: 'unknown', detail: 'No such category.' }],
  });

export const skuTaken = (skus: string[]): AppError =>
  conflict('catalog.sku-taken', `Another product has the SKU ${skus.join(', ')}.`, { skus });

export const skuTwice = (sku: string): AppError =>
  invalid('catalog.sku-twice', `The SKU ${sku} is named twice.`, {
    errors: [{ pointer: '/variants', code: 'duplicate', detail: `SKU ${sku}` }],
  });

export const priceRequired = (sku: string): AppError =>
  invalid('catalog.price-required', `The new variant ${sku} needs a price.`, {
    errors: [{ pointer: '/variants', code: 'required', detail: `price of ${sku}` }],
  });

export const handleTaken = (handle: string): AppError =>
  conflict('catalog.handle-taken', `Another product has the handle ${handle}.`);

export const categoryTaken = (name: string): AppError =>
  conflict('catalog.category-taken', `There is a category ${name} at this place already.`);

export const categoryInUse = (): AppError =>
  conflict('catalog.category-in-use', 'The category still has products or categories beneath it.', {
    hint: 'Move them first.',
  });

export const categoryCycle = (): AppError =>
  conflict('catalog.category-cycle', 'A category cannot lie beneath itself.');

export const staleProduct = (version: number): AppError =>
  new AppError('catalog.stale-product', 'precondition-failed', 'The product was changed by somebody else meanwhile.', {
    hint: 'Read it again and repeat the change with its new ETag.',
    version,
  });

/** The report travels with the refusal; at most 1,000 faults of it. */
export const importRefused = (report: {
  faults: { file?: string; line: number; column: string; code: string; reason: string }[];
  rows: number;
  refused: number;
}): AppError =>
  new AppError('catalog.import-refused', 'unprocessable', `${report.faults.length} faults: nothing was imported.`, {
    hint: 'Mend the rows, or send acceptPartial=true to import the others.',
    rows: report.rows,
    refused: report.refused,
    faults: report.faults.slice(0, 1_000),
  });
