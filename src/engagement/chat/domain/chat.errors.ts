import { AppError, conflict, invalid, notFound } from '../../../kernel/errors/app-error';

/** SQLSTATE of what the functions of the schema refuse; the message is the problem's code. */
const REFUSED = 'MSCHT';

/** Also for whoever is no member: what is said in a room is nobody else's business, that it exists neither. */
export const roomNotFound = (): AppError => notFound('chat.room-not-found', 'No such room.');
export const messageNotFound = (): AppError => notFound('chat.message-not-found', 'No such message in this room.');
export const memberNotFound = (): AppError => notFound('chat.member-not-found', 'No such member of this room.');
export const memberUnknown = (userIds: string[]): AppError =>
  invalid('chat.member-unknown', 'Not everybody named is an active member of the organization whom you may talk to.', {
    errors: userIds.map((id) => ({ pointer: '/memberIds', code: 'unknown', detail: `There is no ${id} to talk to.` })),
  });
export const needsTwo = (): AppError =>
  invalid('chat.direct-needs-two', 'A direct room is between you and one other person.', {
    errors: [{ pointer: '/memberIds', code: 'two', detail: 'Name exactly one other member.' }],
  });
export const nameRequired = (): AppError =>
  invalid('chat.name-required', 'Channels have a name, direct rooms have none.', {
    errors: [
      {
        pointer: '/name',
        code: 'name',
        detail: 'Give a name for a channel, perhaps for a group, and for no direct room.',
      },
    ],
  });
export const tooManyMembers = (most: number): AppError =>
  conflict('chat.too-many-members', `A room of this kind has at most ${most} members.`);
export const fixedMembers = (): AppError =>
  conflict('chat.direct-is-fixed', 'A direct room is between its two people, as it is.', {
    hint: 'Open a group to talk with more people.',
  });
export const roomArchived = (): AppError =>
  conflict('chat.room-archived', 'This room is archived: it can be read, and nothing is said in it any more.');
export const notAllowed = (): AppError =>
  new AppError('chat.moderators-only', 'forbidden', 'Only those who look after this room may do so.');
export const ownersOnly = (): AppError =>
  new AppError('chat.owners-only', 'forbidden', 'Only owners of this room may do so.');
export const contentDiffers = (): AppError =>
  conflict('chat.client-message-id-reused', 'You sent another message under this clientMessageId.', {
    hint: 'Make a new id for each message; send an equal one again only to learn what became of it.',
  });

export const fileNotFound = (): AppError => notFound('chat.file-not-found', 'No such file in this room.');
export const emojiUnknown = (): AppError =>
  invalid('chat.emoji-unknown', 'A reaction is one emoji.', {
    errors: [{ pointer: '/emoji', code: 'emoji', detail: 'Give exactly one emoji of Unicode.' }],
  });

export const searchIsOff = (): AppError =>
  conflict('chat.search-is-off', 'The organization has switched the search of messages off.');
export const nothingToSearch = (): AppError =>
  invalid('chat.nothing-to-search', 'There is no word in the question.', {
    errors: [{ pointer: 'q', code: 'no-word', detail: 'Give at least one word.' }],
  });

export const wordsRefused = (): AppError =>
  invalid('chat.words-refused', 'The organization does not let this be said.', {
    hint: 'Say it in other words.',
    errors: [{ pointer: '/body', code: 'words', detail: 'Holds words that are refused.' }],
  });
export const membersBanned = (userIds: string[]): AppError =>
  conflict('chat.member-banned', 'Not everybody named may come into this room now.', {
    hint: 'Lift the ban first, or wait until it ends.',
    errors: userIds.map((id) => ({ pointer: '/memberIds', code: 'banned', detail: `${id} is banned from this room.` })),
  });
export const tooManyBans = (most: number): AppError =>
  conflict('chat.too-many-bans', `At most ${most} people are kept out of a room at once.`, {
    hint: 'Lift a ban that is not needed any more.',
  });
export const aboutOneself = (): AppError =>
  new AppError('chat.about-oneself', 'forbidden', 'Whether you are called to order is for others to say.', {
    hint: 'Ask somebody else who looks after this room, or after all rooms.',
  });
export const decidedOverAll = (): AppError =>
  new AppError('chat.decided-over-all', 'forbidden', 'This was decided by those who look after all rooms.', {
    hint: 'Only they change it before it ends.',
  });
export const banNotFound = (): AppError => notFound('chat.ban-not-found', 'Nobody like that is banned from this room.');
export const ruleNotFound = (): AppError => notFound('chat.word-rule-not-found', 'No such rule.');
export const ruleThere = (): AppError =>
  conflict('chat.word-rule-exists', 'There is a rule for these words.', { hint: 'Change what that one does.' });
export const ruleEmpty = (): AppError =>
  invalid('chat.word-rule-empty', 'Nothing can be seen in these words.', {
    errors: [{ pointer: '/words', code: 'empty', detail: 'Give words with at least one visible sign.' }],
  });
export const ruleTooLong = (most: number): AppError =>
  invalid('chat.word-rule-too-long', `The words are longer than ${most} signs as they are compared.`, {
    hint: 'Signs that stand for several letters count as these.',
    errors: [{ pointer: '/words', code: 'too-long', detail: 'Give fewer words.' }],
  });
export const tooManyRules = (most: number): AppError =>
  conflict('chat.too-many-word-rules', `An organization has at most ${most} rules.`, {
    hint: 'Remove one that is not needed.',
  });

export const replyUnknown = (): AppError =>
  invalid('chat.reply-unknown', 'The message to reply to is not in this room.', {
    errors: [{ pointer: '/replyTo', code: 'unknown', detail: 'Give the id of a message of this room.' }],
  });
export const mentionUnknown = (): AppError =>
  invalid('chat.mention-unknown', 'Only members of the room can be mentioned.', {
    errors: [{ pointer: '/mentions', code: 'unknown', detail: 'Give ids of members of this room.' }],
  });
export const scheduledNotFound = (): AppError =>
  notFound('chat.scheduled-not-found', 'You have no such message that waits; it may have been sent.');
export const timeOutOfRange = (days: number): AppError =>
  invalid('chat.time-out-of-range', `A message is scheduled for a time to come, at most ${days} days ahead.`, {
    errors: [{ pointer: '/at', code: 'range', detail: 'Give a later time, not too far ahead.' }],
  });
export const tooManyScheduled = (most: number): AppError =>
  conflict('chat.too-many-scheduled', `At most ${most} of your messages wait at once.`, {
    hint: 'Cancel one, or wait until one is sent.',
  });

export const alreadySent = (): AppError =>
  conflict('chat.already-sent', 'You sent a message under this clientMessageId already.', {
    hint: 'Make a new id for each message.',
  });
export const mayNotSpeak = (): AppError =>
  new AppError('chat.may-not-speak', 'forbidden', 'Its author may say nothing in rooms of the organization now.');

const notYours = (): AppError =>
  new AppError('chat.not-yours', 'forbidden', 'Messages are changed by those who wrote them alone.');

const REFUSALS: Record<string, () => AppError> = {
  'chat.room-not-found': roomNotFound,
  'chat.room-archived': roomArchived,
  'chat.message-not-found': messageNotFound,
  'chat.message-deleted': () => conflict('chat.message-deleted', 'This message was deleted.'),
  'chat.message-hidden': () =>
    conflict('chat.message-hidden', 'A moderator hid this message.', { hint: 'Its author may delete it.' }),
  'chat.muted': () =>
    new AppError('chat.muted', 'forbidden', 'You may read this room, and say nothing in it for a time.', {
      hint: 'The room tells when that ends: `me.mutedUntil`.',
    }),
  'chat.own-message': () => conflict('chat.own-message', 'One does not report what one said oneself.'),
  'chat.report-not-found': () => notFound('chat.report-not-found', 'No such report.'),
  'chat.report-decided': () => conflict('chat.report-decided', 'This report was decided.'),
  'chat.not-yours': notYours,
  'chat.about-oneself': aboutOneself,
  'chat.decided-over-all': decidedOverAll,
  'chat.moderators-only': notAllowed,
  'chat.reply-unknown': replyUnknown,
  'chat.mention-unknown': mentionUnknown,
  'chat.too-many-edits': () => conflict('chat.too-many-edits', 'This message was changed a hundred times.'),
  'chat.too-many-emojis': () =>
    conflict('chat.too-many-emojis', 'A message takes twenty different emojis.', { hint: 'Use one that is there.' }),
  'chat.too-many-pins': () =>
    conflict('chat.too-many-pins', 'A room has fifty pinned messages.', { hint: 'Unpin one first.' }),
};

/** True when a write found the message that its sender sent before under the same id. */
export function isSentBefore(error: unknown): boolean {
  const { code, message, constraint } = (error ?? {}) as { code?: string; message?: string; constraint?: string };
  return (code === REFUSED && message === 'chat.sent-before') || (code === '23505' && constraint === 'messages_once');
}

/** What a function of the schema refused, in the words of the wire; anything else as it came. */
export function refusalOf(error: unknown): unknown {
  const { code, message } = (error ?? {}) as { code?: string; message?: string };
  return code === REFUSED && message && Object.hasOwn(REFUSALS, message) ? REFUSALS[message]() : error;
}
