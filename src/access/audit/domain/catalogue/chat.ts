import type { ActionList } from './action';

/** Rooms and what is said in them. One line each, in alphabetical order. */
export const CHAT: ActionList = {
  AddRoomMembers: ['data', 'People were added to a room.'],
  ChangeRoom: ['data', 'A room was changed.'],
  ChangeRoomMember: ['data', 'Somebody became something else in a room.'],
  DeleteMessage: ['messages', 'A message of a room was deleted.'],
  EditMessage: ['messages', 'A message of a room was changed.'],
  ExportRoom: ['reading', 'What was said in a room was exported.'],
  IndexMessages: ['system', 'What was said in rooms was indexed anew.'],
  OpenRoom: ['data', 'A room was opened.'],
  PinMessage: ['messages', 'A message was pinned to its room, or taken off.'],
  PostMessage: ['messages', 'Something was said in a room.'],
  PurgeMessages: ['system', 'Messages whose time was over were taken away.'],
  React: ['messages', 'A message of a room got an emoji, or lost one.'],
  RemoveRoomMember: ['data', 'Somebody left a room, or was taken out of it.'],
  SaveChatSettings: ['settings', 'It was changed how chat works.'],
  SilenceRoom: ['data', 'Somebody silenced a room, or hears it again.'],
  SetRead: ['messages', 'Somebody said how far it has read a room.'],
};
