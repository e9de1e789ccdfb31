import { Command } from '@nestjs/cqrs';
import type { Channel } from './channels';

/** Notifies people. What a template needs is checked when it is rendered, in the caller's transaction. */
export interface NotifyRequest {
  /** Users of the transaction's tenant; the caller has made sure that they belong to it. At most 500. */
  userIds: string[];
  /** See `domain/categories.ts` of notifications; others are allowed, `^[a-z][a-z0-9-]{0,39}$`. */
  category: string;
  /** Name of a template of the product or of the tenant. */
  template: string;
  data: Record<string, unknown>;
  /** Only these, as far as the recipients want them; default all that the template has a part for. */
  channels?: Channel[];
  /** Not before this moment. */
  at?: Date;
  /** Not before this date and time on each recipient's own clock, `2026-03-29T09:00`. */
  localTime?: string;
  /** What becomes of those for whom the moment is past: they are notified at once (default), or not at all. */
  past?: 'send' | 'skip';
  /** Unique per recipient: asking again with the same one changes nothing. */
  dedupeKey?: string;
  /** Beats preferences, quiet hours, caps and the suppression list; default the category's. */
  critical?: boolean;
  /** After this moment it is worth nothing, and is not sent any more. */
  expiresAt?: Date;
  /** The campaign or request that it belongs to. */
  batchId?: string;
}

/** What became of the request for one recipient. */
export interface Notified {
  userId: string;
  /** Null: skipped, because its moment is past. */
  notificationId: string | null;
  /** False: asked for before. */
  created: boolean;
}

/**
 * Notifies people by the channels that they chose. Joins the caller's transaction (`uow.run`): nothing is sent before it
 * commits. Writes one notification per recipient, which is also what the inbox shows, and one message per channel.
 */
export class NotifyCommand extends Command<Notified[]> {
  constructor(readonly request: NotifyRequest) {
    super();
  }
}
