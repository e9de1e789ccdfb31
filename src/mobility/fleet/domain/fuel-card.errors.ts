import { AppError, conflict, invalid, notFound } from '../../../kernel/errors/app-error';

export const cardNotFound = (): AppError => notFound('fleet.fuel-card-not-found', 'No such fuel card.');
export const cardKnown = (): AppError =>
  conflict('fleet.fuel-card-exists', 'There is a card of this provider that ends in these digits.', {
    hint: 'Cards are known by provider and last four digits alone; two that share them are one here, told apart by `plate` of a row.',
  });
export const cardAssignmentNotFound = (): AppError =>
  notFound('fleet.card-assignment-not-found', 'Nobody had this card until further notice then.');
export const cardAssignmentOverlaps = (): AppError =>
  conflict('fleet.card-assignment-overlaps', 'Another had this card within that time.', {
    hint: 'Until further notice ends by itself when somebody else gets the card; what has an end does not.',
  });
export const cardHolder = (): AppError =>
  invalid('fleet.card-holder', 'A card is with a vehicle or with a driver.', {
    errors: [{ pointer: '/vehicleId', code: 'one-of', detail: 'Give either `vehicleId` or `driverId`.' }],
  });
export const cardRowNotFound = (): AppError =>
  notFound('fleet.fuel-card-row-not-found', 'No such transaction of a fuel card.');
export const cardRowNote = (): AppError =>
  invalid('fleet.fuel-card-row-note', 'Say why this is disputed.', {
    errors: [{ pointer: '/note', code: 'required', detail: 'What is disputed has a note.' }],
  });
export const entryOfCard = (): AppError =>
  conflict('fleet.fuel-entry-of-card', 'A transaction of a fuel card told of this.', {
    hint: 'Dispute the transaction (POST /fuel/card-rows/{id}/settlement): its entry goes with it.',
  });

export const noCardFile = (detail: string): AppError =>
  invalid('fleet.no-file', detail, { errors: [{ pointer: '/file', code: 'required', detail: 'Send a CSV file.' }] });
export const noCardSheet = (): AppError =>
  invalid('fleet.no-card-sheet', 'The mapping says nothing of rows of fuel cards.', {
    hint: 'Give a sheet with `"entity": "fuel-card-rows"`.',
  });
/** The report is told with it. */
export const cardImportRefused = (report: {
  faults: { file?: string; line: number; column: string; code: string; reason: string }[];
  rows: number;
  refused: number;
}): AppError =>
  new AppError('fleet.card-import-refused', 'unprocessable', `${report.faults.length} faults: nothing was imported.`, {
    hint: 'Mend the rows, or send acceptPartial=true to import the others.',
    rows: report.rows,
    refused: report.refused,
    faults: report.faults.slice(0, 1_000),
  });
