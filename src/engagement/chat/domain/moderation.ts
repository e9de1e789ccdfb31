/** Why somebody reports a message. */
export const REPORT_REASONS = ['spam', 'abuse', 'illegal', 'other'] as const;
export type ReportReason = (typeof REPORT_REASONS)[number];
/** `words` where a rule of the organization flagged it, and nobody reported it. */
export const QUEUE_REASONS = [...REPORT_REASONS, 'words'] as const;
export type QueueReason = (typeof QUEUE_REASONS)[number];

export const REPORT_STATES = ['open', 'dismissed', 'upheld'] as const;
export type ReportState = (typeof REPORT_STATES)[number];

/** Longest time for which somebody is muted or banned at once (minutes): a year. */
export const MOST_MINUTES = 525_600;

/** Most people who are kept out of a room at once. */
export const MOST_BANS = 1_000;

/** A report as moderators see it. Times are RFC 3339. */
export interface Report {
  id: string;
  roomId: string;
  messageId: string;
  /** Place of the message in the room's log. */
  seq: number;
  authorId: string;
  /** Null where a rule of words flagged it. */
  reporterId: string | null;
  reason: QueueReason;
  /** What the reporter says of it. */
  note: string | null;
  /** What the message said when it was reported, also where it was changed or deleted since; once that was decided, what it says now. */
  body: string | null;
  state: ReportState;
  createdAt: string;
  decidedAt: string | null;
  decidedBy: string | null;
  hiddenAt: string | null;
  deletedAt: string | null;
}

/** A report as the database answers it: text and note are sealed. */
export type SealedReport = Report & { bodyId: string | null };

/** Somebody who may not come back into a room until then. */
export interface Ban {
  userId: string;
  until: string;
  reason: string | null;
  bannedBy: string;
  createdAt: string;
}
