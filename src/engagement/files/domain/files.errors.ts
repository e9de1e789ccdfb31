import { AppError, conflict, invalid, notFound, type ErrorData } from '../../../kernel/errors/app-error';
import type { FileState } from './stored-file';

export const fileNotFound = (): AppError => notFound('files.file-not-found', 'No such file.');
/** Of several; also those that somebody else uploaded. */
export const filesNotFound = (fileIds: readonly string[]): AppError =>
  notFound('files.file-not-found', 'Some of these files are not there.', {
    hint: 'Upload them first; files can be used by those who uploaded them.',
    fileIds,
  });
export const renditionNotFound = (): AppError =>
  notFound('files.rendition-not-found', 'This file has no such size.', {
    hint: 'Pictures have the sizes that GET /files/{id} lists, once they are clean.',
  });
export const keepForbidden = (): AppError =>
  new AppError('files.keep-forbidden', 'forbidden', 'Only who may change all files may have them kept unused.', {
    hint: 'Upload it without keep=true; it stays as long as something uses it.',
  });
export const uploadNotFound = (): AppError => notFound('files.upload-not-found', 'No such upload.');
/** Also for a link of another installation, or one that was tampered with: it names nothing. */
export const linkNotFound = (): AppError => notFound('files.link-not-found', 'This link leads nowhere.');
export const linkExpired = (): AppError =>
  new AppError('files.link-expired', 'gone', 'This link has expired.', { hint: 'Ask for a new one.' });

export const noFile = (detail: string): AppError =>
  invalid('files.no-file', detail, {
    hint: 'Send multipart/form-data with exactly one file in the field "file".',
    errors: [{ pointer: '/file', code: 'required', detail }],
  });

export const brokenForm = (): AppError =>
  invalid('files.broken-form', 'The form ended before it was complete, or is no valid multipart form.', {
    hint: 'Send it again; on bad lines use a resumable upload (POST /files/uploads).',
  });

export const badName = (detail: string): AppError =>
  invalid('files.name-invalid', detail, {
    hint: 'Send the name alone, without folders, control characters or a leading dot.',
    errors: [{ pointer: '/name', code: 'name', detail }],
  });

export const tooLarge = (mostBytes: number): AppError =>
  new AppError('files.too-large', 'too-large', `A file may have at most ${mostBytes} bytes.`, { mostBytes });

export const tooManyPixels = (mostPixels: number, width: number, height: number): AppError =>
  new AppError('files.too-many-pixels', 'too-large', `A picture may have at most ${mostPixels} pixels.`, {
    mostPixels,
    width,
    height,
  });

const unsupported = (code: string, detail: string, data: ErrorData): AppError =>
  new AppError(code, 'unsupported-media-type', detail, data);

export const typeNotAllowed = (detected: string | null): AppError =>
  unsupported('files.type-not-allowed', 'Files of this type are not taken.', {
    hint: 'Pictures, sound, films, PDF, office documents, text and zip, tar and gzip archives are taken.',
    detected,
  });

export const heicNotSupported = (): AppError =>
  unsupported('files.heic-not-supported', 'Pictures in HEIC form are not taken.', {
    hint: 'Convert it to JPEG on the device; iOS does so for forms that accept image/jpeg.',
    detected: 'image/heic',
  });

export const typeMismatch = (facts: { declared: string | null; detected: string; name: string }): AppError =>
  unsupported('files.type-mismatch', 'The bytes of the file are not what its name or type says.', {
    hint: `By its bytes it is ${facts.detected}. Send it under that type, with an extension that goes with it.`,
    ...facts,
  });

export const notClean = (state: FileState, reason: string | null): AppError =>
  conflict('files.not-clean', `The file is ${state}; only clean files are handed out.`, {
    hint:
      state === 'pending'
        ? 'It is inspected on its own; ask again shortly, or wait for the socket event files.settled.'
        : 'It stays shut. Delete it, or upload another.',
    state,
    reason,
  });

export const inUse = (owners: { kind: string; id: string }[]): AppError =>
  conflict('files.in-use', 'The file is in use.', {
    hint: 'Remove it from what `attachedTo` names first; a mail template lets go of it when another version is put in use.',
    attachedTo: owners,
  });

export const rangeUnsatisfiable = (sizeBytes: number): AppError =>
  new AppError('files.range-unsatisfiable', 'range-not-satisfiable', `The file has ${sizeBytes} bytes.`, { sizeBytes });

export const storageAway = (cause: unknown): AppError =>
  new AppError('files.storage-unavailable', 'unavailable', 'The storage of files cannot be reached.', {
    retryAfterSeconds: 10,
    cause: cause instanceof Error ? cause.name : 'unknown',
  });

export const uploadExpired = (): AppError =>
  new AppError('files.upload-expired', 'gone', 'The time of this upload is over.', { hint: 'Begin it anew.' });

/** @param offset where it stands; null where another request moved it just now */
export const offsetConflict = (offset: number | null): AppError =>
  conflict('files.offset-conflict', 'The upload stands at another offset.', {
    hint: 'Ask for Upload-Offset with HEAD, and go on from there.',
    ...(offset === null ? {} : { offset }),
  });

export const beyondLength = (length: number): AppError =>
  new AppError('files.beyond-length', 'too-large', `The upload was announced with ${length} bytes.`, { length });

export const tooManyPieces = (most: number): AppError =>
  new AppError('files.too-many-pieces', 'too-large', `An upload comes in at most ${most} pieces.`, { most });

export const checksumMismatch = (): AppError =>
  new AppError('files.checksum-mismatch', 'checksum-mismatch', 'The bytes are not those of the checksum.', {
    hint: 'Nothing of them was kept; send them again.',
  });

export const tusVersion = (version: string): AppError =>
  new AppError('files.tus-version', 'precondition-failed', 'The request names no version of tus that is spoken here.', {
    hint: `Send Tus-Resumable: ${version}.`,
  });

export const tusInvalid = (field: string, detail: string): AppError =>
  invalid('files.tus-invalid', `The field ${field} is not right.`, {
    hint: detail,
    errors: [{ pointer: field, code: 'header', detail }],
  });
