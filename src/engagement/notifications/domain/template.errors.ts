import { conflict, invalid, notFound, type AppError } from '../../../kernel/errors/app-error';
import type { TemplateFault } from './template-source';

export const dataMissing = (names: string[]): AppError =>
  invalid('notifications.data-missing', 'The template needs more than there is.', {
    errors: names.map((name) => ({ pointer: `/data/${name}`, code: 'missing', detail: 'read by the template' })),
  });

export const templateInvalid = (faults: TemplateFault[]): AppError =>
  invalid('notifications.template-invalid', 'The template cannot be used as it is.', { errors: faults });

export const templateVersionNotFound = (): AppError =>
  notFound('notifications.template-version-not-found', 'There is no such version of this template.');

export const templateNotRendered = (reason: string): AppError =>
  invalid('notifications.template-not-rendered', 'The template does not go with this data.', {
    errors: [{ pointer: '/data', code: 'render', detail: reason.slice(0, 200) }],
  });

/** Also for files of others, and of other organizations. */
export const pictureNotFound = (errors: { pointer: string; line: number; column: number }[]): AppError =>
  notFound('notifications.picture-not-found', 'A picture of the template is not there.', {
    hint: 'Upload it first (POST /files), and name it as file: and its id.',
    errors: errors.map((error) => ({ ...error, code: 'picture-file', detail: 'no such file' })),
  });

export const pictureNotClean = (fileId: string, state: string): AppError =>
  conflict('notifications.picture-not-clean', `A picture of the template is ${state}; only clean ones go into mails.`, {
    hint:
      state === 'pending'
        ? 'It is inspected on its own; try again shortly, or wait for the socket event files.settled.'
        : 'It stays shut. Upload another.',
    fileId,
    state,
  });
