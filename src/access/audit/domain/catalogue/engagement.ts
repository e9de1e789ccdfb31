import type { ActionList } from './action';

/** Messages and files. One line each, in alphabetical order. */
export const ENGAGEMENT: ActionList = {
  AddSuppression: ['data', 'An address was put on the suppression list.'],
  AttachFiles: ['data', 'Something came to use files.'],
  CancelBatch: ['messages', 'A request to notify was called off.'],
  ContinueBatch: ['system', 'A request to notify went on.'],
  DeleteFile: ['data', 'A file was deleted.'],
  DeliverMessage: ['messages', 'A message was handed to its provider.'],
  DeliverPushes: ['messages', 'Push messages were handed to their push services.'],
  DetachFiles: ['data', 'Something uses files no longer.'],
  InspectBlob: ['system', 'The bytes of a file were inspected.'],
  InspectOverdue: ['system', 'Files that were left waiting are inspected.'],
  MarkNotification: ['data', 'A notification was marked.'],
  Notify: ['messages', 'People were notified.'],
  NotifyMany: ['messages', 'Notifying people was asked for.'],
  PutPushToken: ['messages', 'Somebody let push messages reach a device.'],
  ReadAllNotifications: ['data', 'An inbox was marked as read.'],
  RemovePushToken: ['messages', 'Somebody let push messages reach a device no more.'],
  RemoveSuppression: ['data', 'An address was taken off the suppression list.'],
  SaveNotificationPolicy: ['settings', 'How people are told was set up for everybody.'],
  SavePreferences: ['data', 'Somebody said how they want to be told.'],
  SendMessage: ['messages', 'A message was asked for.'],
  StoreFile: ['data', 'A file was uploaded.'],
  SweepFiles: ['system', 'Bytes that nothing uses were removed.'],
  Unsubscribe: ['data', 'The reader of a mail unsubscribed.'],
};
