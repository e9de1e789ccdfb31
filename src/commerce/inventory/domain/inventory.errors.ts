import { conflict, invalid, notFound, type AppError } from '../../../kernel/errors/app-error';

/** What is missing of one SKU. */
export interface Shortage {
  sku: string;
  requested: number;
  available: number;
}

export const outOfStock = (skus: Shortage[]): AppError =>
  conflict('inventory.out-of-stock', `Not enough stock of ${skus.map((short) => short.sku).join(', ')}.`, {
    hint: 'Lower the quantities to what is available, or try again later.',
    skus,
  });

export const alreadyHeld = (): AppError =>
  conflict('inventory.already-held', 'Stock is held for this already.', {
    hint: 'Release the open hold first.',
  });

export const noHold = (): AppError => conflict('inventory.no-hold', 'No stock was ever held for this.');

export const notCommitted = (): AppError =>
  conflict('inventory.not-committed', 'No stock is committed for this, so none can leave.', {
    hint: 'Only paid orders can be fulfilled, and only once.',
  });

export const belowReserved = (skus: { sku: string; onHand: number; reserved: number }[]): AppError =>
  conflict('inventory.below-reserved', 'A count would fall below what is promised to orders already.', {
    hint: 'Cancel orders first, or count again.',
    skus,
  });

export const locationNotFound = (): AppError => notFound('inventory.location-not-found', 'No such location.');

export const locationCodeTaken = (code: string): AppError =>
  conflict('inventory.location-code-taken', `A location with the code ${code} exists already.`);

export const unknownSkus = (errors: { pointer: string; sku: string }[]): AppError =>
  invalid('inventory.unknown-sku', 'Some lines name a SKU that the catalog does not have.', {
    errors: errors.map(({ pointer, sku }) => ({
      pointer,
      code: 'unknown-sku',
      detail: `No variant has the SKU ${sku}.`,
    })),
    hint: 'Create the product first.',
  });
