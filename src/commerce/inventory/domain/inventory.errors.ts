import { AppError, conflict, invalid, notFound } from '../../../kernel/errors/app-error';
import type { LocationUse } from './location';

/** A line of a count that says neither how many pieces there are nor which. */
export const nothingCounted = (pointer: string, sku: string): AppError =>
  invalid('inventory.nothing-counted', `The line of ${sku} says neither how many pieces there are nor which.`, {
    errors: [
      { pointer, code: 'nothing-counted', detail: 'Say counted, or serials of an article that is tracked by them.' },
    ],
    hint: 'Say `counted: 0`, or `serials: []`, where nothing lies there.',
    sku,
  });

/** Numbers were read on a shelf of pieces that the books know to be elsewhere. */
export const serialElsewhere = (serials: { sku: string; serial: string; state: string }[]): AppError =>
  conflict(
    'inventory.serial-elsewhere',
    `By the books these pieces are elsewhere: ${serials.map(({ serial }) => serial).join(', ')}.`,
    {
      hint: 'Read these numbers again; receive the transfer, take back the return or correct the other location first, or count without them.',
      serials,
    },
  );

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

export const emptyPeriod = (): AppError =>
  invalid('inventory.empty-period', 'The period of the report is empty.', {
    errors: [{ pointer: '/from', code: 'empty-period', detail: 'from is not before to.' }],
    hint: 'Name a from that is before to.',
  });

export const unknownLot = (): AppError => notFound('inventory.lot-not-found', 'No such lot.');

export const gtinInvalid = (): AppError =>
  invalid('inventory.gtin-invalid', 'That is no GTIN.', {
    errors: [
      {
        pointer: '/gtin',
        code: 'gtin-invalid',
        detail: 'gtin has 8, 12, 13 or 14 digits, the last of which checks the others.',
      },
    ],
    hint: 'Read the digits from the package, all of them.',
  });

export const labelImpossible = (): AppError =>
  conflict('inventory.label-impossible', 'The numbers of this lot do not fit on a GS1 label.', {
    hint: 'A batch number has at most 20, a SKU at most 30 of the characters that GS1 allows, and no spaces.',
  });

export const exceedsHold = (sku: string, wanted: number, held: number): AppError =>
  conflict('inventory.exceeds-hold', `Only ${held} of ${sku} are held for this, not ${wanted}.`, {
    hint: 'Name at most what is still open.',
    sku,
    wanted,
    held,
  });

export const backordered = (sku: string): AppError =>
  conflict('inventory.backordered', `${sku} is promised, but not all of it is here yet.`, {
    hint: 'Ship what is here, and the rest when it arrived.',
    sku,
  });

export const exceedsShipment = (sku: string, wanted: number, out: number): AppError =>
  conflict('inventory.exceeds-shipment', `Only ${out} of ${sku} left for this and are still out, not ${wanted}.`, {
    hint: 'Name at most what was shipped and did not come back.',
    sku,
    wanted,
    out,
  });

export const lotConflict = (number: string, sku: string): AppError =>
  conflict('inventory.lot-conflict', `Lot ${number} of ${sku} is here already, with another expiry.`, {
    hint: 'Leave the expiry out, correct it, or use another lot number.',
    number,
    sku,
  });

export const lotDates = (pointer: string, detail: string): AppError =>
  invalid('inventory.lot-dates', 'The dates of a lot contradict each other.', {
    errors: [{ pointer, code: 'lot-dates', detail }],
    hint: 'alertAt is not after removeAt, and removeAt not after expiresAt.',
  });

export interface StaleCount {
  sku: string;
  locationId: string;
  lotNumber: string | null;
  expectedOnHand: number;
  onHand: number;
}

export const staleCount = (lines: StaleCount[]): AppError =>
  conflict('inventory.stale-count', 'Stock changed since it was counted.', {
    hint: 'Read the levels again, and count again where they differ.',
    lines,
  });

export const lotNotFound = (number: string, sku: string): AppError =>
  notFound('inventory.lot-not-found', `No lot ${number} of ${sku} at this location.`);

export const repeatedLine = (pointer: string, sku: string): AppError =>
  invalid('inventory.repeated-line', 'Two lines are about the same stock.', {
    errors: [{ pointer, code: 'repeated-line', detail: `${sku} is named twice.` }],
    hint: 'One line a SKU and location, or one a batch.',
  });

export const belowReserved = (skus: { sku: string; onHand: number; reserved: number }[]): AppError =>
  conflict('inventory.below-reserved', 'A count would fall below what is promised to orders already.', {
    hint: 'Cancel orders first, or count again.',
    skus,
  });

export const alertNotFound = (): AppError => notFound('inventory.alert-not-found', 'No such alert.');

export const locationNotFound = (): AppError => notFound('inventory.location-not-found', 'No such location.');

export const locationCodeTaken = (code: string): AppError =>
  conflict('inventory.location-code-taken', `A location with the code ${code} exists already.`);

export const staleLocation = (version: number): AppError =>
  new AppError('inventory.location-stale', 'precondition-failed', 'The location was changed meanwhile.', {
    hint: 'Read it again and repeat the change.',
    version,
  });

export const defaultLocation = (): AppError =>
  conflict(
    'inventory.default-location',
    'The default location cannot be closed: receipts without a location go there.',
    {
      hint: 'Close the other locations.',
    },
  );

export const locationInUse = (code: string, use: LocationUse): AppError =>
  conflict('inventory.location-in-use', `Location ${code} cannot be closed while it is in use.`, {
    hint: 'Move what lies there to another location, and end the transfers, purchase orders and counts that name it.',
    use,
  });

export const unknownSkus = (errors: { pointer: string; sku: string }[]): AppError =>
  invalid('inventory.unknown-sku', 'Some lines name a SKU that the catalog does not have.', {
    errors: errors.map(({ pointer, sku }) => ({
      pointer,
      code: 'unknown-sku',
      detail: `No variant has the SKU ${sku}.`,
    })),
    hint: 'Create the product first.',
  });

export const samePlace = (): AppError =>
  invalid('inventory.same-location', 'Goods cannot be transferred to where they are.', {
    errors: [{ pointer: '/toLocationId', code: 'same-location', detail: 'It is the location that they come from.' }],
    hint: 'Name two locations.',
  });

export const transferNotFound = (): AppError => notFound('inventory.transfer-not-found', 'No such transfer.');

export const transferLineNotFound = (): AppError =>
  notFound('inventory.transfer-line-not-found', 'This transfer has no such line.');

const TRANSFER_HINTS: Record<string, string> = {
  draft: 'It has not been shipped yet.',
  shipped: 'It is under way already.',
  received: 'All of it arrived.',
  cancelled: 'It was given up.',
};

export const transferState = (state: string): AppError =>
  conflict('inventory.transfer-state', `That cannot be done with a transfer that is ${state}.`, {
    hint: TRANSFER_HINTS[state],
    state,
  });

export const exceedsTransfer = (sku: string, underWay: number): AppError =>
  conflict('inventory.exceeds-transfer', `Only ${underWay} of ${sku} are under way on this line.`, {
    hint: 'Name at most what left and neither arrived nor was lost. More than that is a count of its own.',
    sku,
    underWay,
  });

export const sameState = (pointer: string): AppError =>
  invalid('inventory.same-state', 'Pieces cannot go into the state that they are in.', {
    errors: [{ pointer, code: 'same-state', detail: 'It is the state that they come from.' }],
    hint: 'Name two states.',
  });

export const exceedsState = (sku: string, state: string, wanted: number, there: number): AppError =>
  conflict('inventory.exceeds-state', `Only ${there} of ${sku} are ${state.replace('_', ' ')} there, not ${wanted}.`, {
    hint: 'Name at most what is in this state. What is promised to orders is not available: release it first.',
    sku,
    state,
    wanted,
    there,
  });

export const countNotFound = (): AppError => notFound('inventory.count-not-found', 'No such stock count.');

export const countState = (state: string): AppError =>
  conflict('inventory.count-state', `The stock count is ${state}.`, {
    hint: 'What is approved or cancelled stays so; open another count.',
    state,
  });

export const staleCountVersion = (version: number): AppError =>
  new AppError('inventory.count-stale', 'precondition-failed', 'Somebody counted since you read the stock count.', {
    hint: 'Read it again, look at what differs, and approve that.',
    version,
  });

export const notInCount = (pointer: string, sku: string): AppError =>
  invalid('inventory.not-in-count', 'A line is not part of this stock count.', {
    errors: [{ pointer, code: 'not-in-count', detail: `${sku} is not among what is counted.` }],
    hint: 'Open a count of this article.',
  });

export const countedAtWrong = (pointer: string): AppError =>
  invalid('inventory.counted-at', 'A time of counting cannot be.', {
    errors: [{ pointer, code: 'counted-at', detail: 'countedAt is before the count was opened, or after now.' }],
    hint: 'Say when it was counted, or leave it out: now.',
  });

export interface CorrectedLine {
  sku: string;
  lotNumber: string | null;
}

export const countSuperseded = (lines: CorrectedLine[]): AppError =>
  conflict('inventory.count-superseded', 'Stock was corrected by somebody else after it was counted.', {
    hint: 'Count these lines again: both corrections may be about the same pieces.',
    lines,
  });

export const countIncomplete = (missing: number): AppError =>
  conflict('inventory.count-incomplete', `${missing} ${missing === 1 ? 'line was' : 'lines were'} not counted.`, {
    hint: 'Count them, or say with `uncounted` that they stay as they are (keep) or that nothing is there (zero).',
    missing,
  });

export const countTooLarge = (lines: number, most: number): AppError =>
  conflict('inventory.count-too-large', `This count would have ${lines} lines; ${most} are the most.`, {
    hint: 'Count in parts: name SKUs.',
    lines,
    most,
  });

export const serialsNeeded = (pointer: string, sku: string, pieces: number): AppError =>
  invalid('inventory.serials-needed', `Every piece of ${sku} has a serial number.`, {
    errors: [{ pointer, code: 'serials-needed', detail: `Name ${pieces} different serial numbers, one a piece.` }],
    hint: 'Name the serial numbers of exactly these pieces.',
    sku,
    pieces,
  });

export const serialsUncounted = (skus: string[]): AppError =>
  conflict(
    'inventory.serials-uncounted',
    `Pieces of ${skus.join(', ')} have serial numbers, so a number alone cannot correct them.`,
    {
      hint: 'Count these articles by the serial numbers on the shelf, or name in an adjustment which are missing or were found.',
      skus,
    },
  );

export const notSerialized = (pointer: string, sku: string): AppError =>
  invalid('inventory.not-serialized', `${sku} is not tracked by serial numbers.`, {
    errors: [{ pointer, code: 'not-serialized', detail: 'Serial numbers are named of an article without any.' }],
    hint: 'Leave them out, or have the article tracked first.',
    sku,
  });

export const serialKnown = (serials: { sku: string; serial: string }[]): AppError =>
  conflict(
    'inventory.serial-known',
    `There are pieces with ${serials.map(({ serial }) => serial).join(', ')} already.`,
    {
      hint: 'Look the number up: a piece is in one place at a time. Take back what was shipped by a return.',
      serials,
    },
  );

export const serialUnavailable = (serials: { sku: string; serial: string }[]): AppError =>
  conflict(
    'inventory.serial-unavailable',
    `Pieces cannot be taken: ${serials.map(({ serial }) => serial).join(', ')}.`,
    {
      hint: 'They are elsewhere, in another state, or somebody took them first. Look the numbers up and take others.',
      serials,
    },
  );

export const serialPromised = (serials: { sku: string; serial: string }[]): AppError =>
  conflict(
    'inventory.serial-promised',
    `The lot of ${serials.map(({ serial }) => serial).join(', ')} is promised to others.`,
    { hint: 'Take pieces of another lot.', serials },
  );

export const serialNotFound = (): AppError => notFound('inventory.serial-not-found', 'No such serial number.');

export const stockUnderWay = (skus: string[]): AppError =>
  conflict('inventory.stock-under-way', `Pieces of ${skus.join(', ')} are under way between locations.`, {
    hint: 'Receive or cancel these transfers first.',
    skus,
  });
