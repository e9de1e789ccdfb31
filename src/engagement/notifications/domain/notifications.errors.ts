import { AppError, conflict, invalid, notFound } from '../../../kernel/errors/app-error';

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

export const unsubscribeLinkInvalid = (): AppError =>
  notFound('notifications.unsubscribe-link-not-found', 'This link is not valid.');

export const requestInvalid = (pointer: string, detail: string): AppError =>
  invalid('notifications.request-invalid', 'The notification is not complete.', {
    errors: [{ pointer, code: 'invalid', detail }],
  });

/** A date that no calendar has, such as the 30th of February. */
export const localTimeUnknown = (): AppError =>
  invalid('notifications.local-time-unknown', 'There is no such date and time.', {
    hint: 'Say a date of the calendar and a time without zone, such as 2026-03-29T09:00.',
    errors: [
      { pointer: '/localTime', code: 'invalid', detail: 'a date and time without zone, such as 2026-03-29T09:00' },
    ],
  });

export const templateNotFound = (): AppError =>
  notFound('notifications.template-not-found', 'There is no template of this name.');

export const senderMissing = (channel: 'email' | 'sms' | 'push' | 'in_app'): AppError => {
  if (channel === 'email') return mailServerMissing();
  if (channel === 'sms') return smsProviderMissing();
  return new AppError('notifications.no-push-provider', 'unavailable', 'No provider of push messages is configured.', {
    retryAfterSeconds: 300,
  });
};

export const malformedPushToken = (detail: string): AppError =>
  invalid('notifications.push-token-malformed', `This is no push token. ${detail}`);

export const pushServiceUnknown = (): AppError =>
  invalid('notifications.push-service-unknown', 'The subscription names a push service that is not known here.', {
    hint: 'Whoever runs this installation lists push services in WEB_PUSH_HOSTS.',
  });

export const pushTokenNotFound = (): AppError => notFound('notifications.push-token-not-found', 'No such push token.');

export const preferencesInvalid = (faults: { pointer: string; detail: string }[]): AppError =>
  invalid('notifications.preferences-invalid', 'Not everything in these preferences can be meant.', {
    errors: faults.map((fault) => ({ ...fault, code: 'invalid' })),
  });

export const preferencesChanged = (): AppError =>
  new AppError('notifications.preferences-changed', 'precondition-failed', 'Somebody changed them meanwhile.', {
    hint: 'Read them again and send the new ETag in If-Match.',
  });

export const suppressionNotFound = (): AppError =>
  notFound('notifications.suppression-not-found', 'There is no such entry on the suppression list.');

export const notificationNotFound = (): AppError =>
  notFound('notifications.notification-not-found', 'There is no such notification.');

export const batchNotFound = (): AppError =>
  notFound('notifications.batch-not-found', 'There is no such request to notify.');

export const recipientsUnknown = (count: number): AppError =>
  invalid('notifications.recipients-unknown', 'Not all of these users belong to the organization.', {
    errors: [{ pointer: '/userIds', code: 'unknown', detail: `${count} of them are no active members` }],
  });

export const deliveryNotFound = (): AppError => notFound('notifications.delivery-not-found', 'No such delivery.');

export const deliveryNotRetryable = (state: string): AppError =>
  conflict('notifications.delivery-not-retryable', `A delivery that is ${state} is not sent again.`, {
    hint: 'What was given up (`dead`) or is `unknown` can be sent again, as long as its contents are kept.',
  });
