import type { ActionList } from './action';

/** Messages. One line each, in alphabetical order. */
export const ENGAGEMENT: ActionList = {
  DeliverMessage: ['messages', 'A message was handed to its provider.'],
  Notify: ['messages', 'People were notified.'],
  SendMessage: ['messages', 'A message was asked for.'],
};
