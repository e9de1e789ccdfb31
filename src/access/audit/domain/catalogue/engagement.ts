import type { ActionList } from './action';

/** Messages. One line each, in alphabetical order. */
export const ENGAGEMENT: ActionList = {
  DeliverMessage: ['messages', 'A message was handed to its provider.'],
  DeliverPushes: ['messages', 'Push messages were handed to their push services.'],
  Notify: ['messages', 'People were notified.'],
  PutPushToken: ['messages', 'Somebody let push messages reach a device.'],
  RemovePushToken: ['messages', 'Somebody let push messages reach a device no more.'],
  SendMessage: ['messages', 'A message was asked for.'],
};
