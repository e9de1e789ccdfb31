import type { SealPlace } from '../../../kernel/crypto/sealed';

/** Messages of one person that wait. */
export const MOST_SCHEDULED = 100;
/** How far ahead a message may be scheduled (days). */
export const MOST_DAYS_AHEAD = 366;
/** What files are told that wait with a message. */
export const SCHEDULED_OWNER = 'chat-scheduled';

/** A message that waits for its time. Times are RFC 3339. */
export interface ScheduledMessage {
  id: string;
  roomId: string;
  /** Under which it will be sent. */
  clientMessageId: string;
  at: string;
  body: string;
  replyTo: string | null;
  mentions: string[];
  fileIds: string[];
  /** `failed`: it was refused at its time, and is sent at another one where it gets one. */
  state: 'waiting' | 'failed';
  /** Code of the problem for which it was refused. */
  failure: string | null;
  createdAt: string;
}

export const placeOfScheduled = (tenantId: string, id: string, bodyId: string): SealPlace => ({
  tenantId,
  table: 'chat.scheduled_messages',
  column: 'body',
  rowId: `${id}:${bodyId}`,
});
