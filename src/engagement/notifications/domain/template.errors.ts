import { invalid, notFound, type AppError } from '../../../kernel/errors/app-error';
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
