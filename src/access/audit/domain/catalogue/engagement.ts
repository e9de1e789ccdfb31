import type { ActionList } from './action';

/** Messages and files. One line each, in alphabetical order. */
export const ENGAGEMENT: ActionList = {
  AttachFiles: ['data', 'Something came to use files.'],
  DeleteFile: ['data', 'A file was deleted.'],
  DeliverMessage: ['messages', 'A message was handed to its provider.'],
  DeliverPushes: ['messages', 'Push messages were handed to their push services.'],
  DetachFiles: ['data', 'Something uses files no longer.'],
  InspectBlob: ['system', 'The bytes of a file were inspected.'],
  InspectOverdue: ['system', 'Files that were left waiting are inspected.'],
  Notify: ['messages', 'People were notified.'],
  PutPushToken: ['messages', 'Somebody let push messages reach a device.'],
  RemovePushToken: ['messages', 'Somebody let push messages reach a device no more.'],
  SendMessage: ['messages', 'A message was asked for.'],
  StoreFile: ['data', 'A file was uploaded.'],
  SweepFiles: ['system', 'Bytes that nothing uses were removed.'],
};
