import { AppError, invalid } from '../../../kernel/errors/app-error';

export const recipientInvalid = (): AppError =>
  invalid('notifications.recipient-invalid', 'This is no e-mail address, or no phone number.');

export const mailServerMissing = (): AppError =>
  new AppError('notifications.no-mail-server', 'unavailable', 'No mail server is configured.', {
    hint: 'Set SMTP_URL.',
    retryAfterSeconds: 300,
  });

export const smsProviderMissing = (): AppError =>
  new AppError('notifications.no-sms-provider', 'unavailable', 'No provider of text messages is configured.', {
    hint: 'Set TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and TWILIO_FROM.',
    retryAfterSeconds: 300,
  });
