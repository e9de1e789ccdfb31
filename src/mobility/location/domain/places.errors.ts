import { AppError, conflict, invalid, notFound } from '../../../kernel/errors/app-error';

/** What is wrong with a part of a request, and where. */
export interface PlaceFault {
  /** JSON pointer into the part. */
  pointer: string;
  code: string;
  detail: string;
}

export const placeNotFound = (): AppError => notFound('location.place-not-found', 'No such place.');

export const placeChanged = (): AppError =>
  new AppError('location.place-changed', 'precondition-failed', 'The place was changed meanwhile.', {
    hint: 'Read it again and repeat the change with its new ETag.',
  });

export const kindUnknown = (kind: string): AppError =>
  invalid('location.place-kind-unknown', `There is no kind of place called "${kind}".`, {
    hint: 'GET /place-kinds lists them; POST /place-kinds makes one.',
    errors: [{ pointer: '/kind', code: 'unknown', detail: `"${kind}" is not known.` }],
  });

export const kindNotFound = (): AppError => notFound('location.place-kind-not-found', 'No such kind of place.');

export const kindTaken = (): AppError =>
  conflict('location.place-kind-taken', 'There is a kind of place with this key already.');

export const kindInUse = (): AppError =>
  conflict('location.place-kind-in-use', 'Places are of this kind.', { hint: 'Give them another kind first.' });

export const externalIdTaken = (): AppError =>
  conflict('location.place-external-id-taken', 'Another place of this source has the same external id.');

export const sourceIncomplete = (pointer: string): AppError =>
  invalid('location.place-source-incomplete', 'A place has a source and its id there, or neither.', {
    errors: [{ pointer, code: 'required', detail: 'Send both, or null for both.' }],
  });

export const hoursInvalid = ({ pointer, code, detail }: PlaceFault): AppError =>
  invalid('location.opening-hours-invalid', detail, {
    errors: [{ pointer: `/openingHours${pointer}`, code, detail }],
  });

export const tellInvalid = (pointer: string, code: string, detail: string): AppError =>
  invalid('location.told-invalid', detail, { errors: [{ pointer, code, detail }] });

export const notTold = (): AppError => notFound('location.told-not-found', 'Nothing like this is told of the place.');

export const importRefused = (report: object): AppError =>
  new AppError('location.import-refused', 'unprocessable', 'Rows were refused, so that nothing was written.', {
    hint: 'Mend the rows that are named, or import the rest with acceptPartial=true.',
    ...report,
  });

export const importOvertaken = (): AppError =>
  conflict('location.import-overtaken', 'Places of this batch were created by somebody else meanwhile.', {
    hint: 'Import again: what is done already changes nothing.',
    retryable: true,
  });

export const reviewNotFound = (): AppError => notFound('location.review-not-found', 'No such review.');

export const reviewHidden = (): AppError =>
  conflict('location.review-hidden', 'The review is hidden, and cannot be changed by its author.', {
    hint: 'It can be deleted; whoever hid it can show it again.',
  });

export const ownReview = (): AppError => conflict('location.review-own', 'Nobody reports a review of their own.');
