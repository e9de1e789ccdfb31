import { AppError, invalid } from '../../../kernel/errors/app-error';

export const recipientInvalid = (): AppError =>
  invalid('notifications.recipient-invalid', 'This is no e-mail address.');

export const mailServerMissing = (): AppError =>
  new AppError('notifications.no-mail-server', 'unavailable', 'No mail server is configured.', {
    hint: 'Set SMTP_URL.',
    retryAfterSeconds: 300,
  });
