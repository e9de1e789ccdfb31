import { Injectable } from '@nestjs/common';
import { clock } from '../../../kernel/clock/clock';
import { Config } from '../../../kernel/config/config';
import type { Transaction } from '../../../kernel/database/transaction';
import { PushSenders } from '../adapters/push/push-senders';
import { DevMailbox } from '../data/dev-mailbox';
import { WORKER_LOST, type PushRecord, type WaitingPush } from '../data/push-deliveries';
import { aboutOf } from '../domain/about';
import { LONGEST_TTL_SECONDS, type PushContent } from '../domain/push';
import { gate } from '../domain/resolve';
import { LetterBook } from '../templates/letter-book';
import { Letterhead } from './letterhead';
import { Recipients } from './recipients';

/** A message that may leave, as its device shows it. */
export interface Draft {
  push: WaitingPush & { token: NonNullable<WaitingPush['token']> };
  content: PushContent;
  ttlSeconds: number;
}

/** A message that development keeps in its mailbox. */
export interface MailboxPush {
  push: WaitingPush;
  content: PushContent;
}

/** What is to become of a batch of messages that are due. */
export interface Drafts {
  ready: Draft[];
  /** Those that are done with, or put off, without a try. */
  records: PushRecord[];
  kept: MailboxPush[];
  /** Seconds after which those that were put off are due. */
  waits: number[];
}

/** A week, where nobody says how long a message is worth something (seconds). */
const TTL_SECONDS = 7 * 86_400;

/** Looks at messages that are due: whose device is gone, who does not want them now, and what the others say. */
@Injectable()
export class PushDrafts {
  constructor(
    private readonly recipients: Recipients,
    private readonly letterhead: Letterhead,
    private readonly letters: LetterBook,
    private readonly senders: PushSenders,
    private readonly mailbox: DevMailbox,
    private readonly config: Config,
  ) {}

  /** A few statements, however many messages there are. */
  async of(tenantId: string, due: readonly WaitingPush[]): Promise<Drafts> {
    const drafts: Drafts = { ready: [], records: [], kept: [], waits: [] };
    if (due.length === 0) return drafts;
    const userIds = [...new Set(due.flatMap(({ userId }) => userId ?? []))].sort();
    const people = await this.recipients.of(tenantId, userIds);
    const head = await this.letterhead.of(tenantId);
    const now = clock.now();
    for (const push of due) {
      const person = push.userId ? people.get(push.userId) : undefined;
      const end = (state: 'dead' | 'suppressed', error: string | null, more: Partial<PushRecord> = {}): void =>
        void drafts.records.push({ id: push.id, attempt: lostAttempt(push), state, error, ...more });
      if (!person) {
        end('dead', 'The recipient is gone.');
      } else if (!push.token) {
        end('dead', 'The device is not there any more.');
      } else if (push.expiresAt && push.expiresAt <= now) {
        end('dead', 'It was not sent in time, and is worth nothing any more.');
      } else {
        const { category, critical, expiresAt } = push;
        const leave = gate(person, 'push', { category, critical, dueAt: now, expiresAt });
        if (leave.kind === 'suppress') end('suppressed', null, { suppressedFor: leave.cause });
        else if (leave.dueAt > now) {
          drafts.records.push({
            id: push.id,
            attempt: lostAttempt(push),
            state: 'queued',
            error: null,
            dueAt: leave.dueAt,
          });
          drafts.waits.push((leave.dueAt.getTime() - now.getTime()) / 1_000);
        } else {
          const values = { recipientName: person.contact.name, ...push.data, ...head };
          const found = await this.letters.find(tenantId, push.template);
          const content = contentOf(push, found.push(person.contact.locale, values));
          this.ready(drafts, { ...push, token: push.token }, content, now);
        }
      }
    }
    return drafts;
  }

  /** Shows a message in development's mailbox. */
  keep(tx: Transaction, { push, content }: MailboxPush): void {
    const letter = { subject: content.title, text: content.body, html: '' };
    this.mailbox.put(tx, { id: push.id, recipient: push.userId!, channel: 'push' }, letter);
  }

  private ready(drafts: Drafts, push: Draft['push'], content: PushContent, now: Date): void {
    const { provider } = push.token;
    if (this.senders.of(provider).isConfigured) {
      const left = push.expiresAt ? (push.expiresAt.getTime() - now.getTime()) / 1_000 : TTL_SECONDS;
      const ttlSeconds = Math.max(1, Math.min(LONGEST_TTL_SECONDS, Math.floor(left)));
      drafts.ready.push({ push, content, ttlSeconds });
    } else if (this.config.isProduction) {
      const error = `No push service is set up for devices of ${provider}.`;
      drafts.records.push({ id: push.id, attempt: lostAttempt(push), state: 'dead', error });
    } else {
      drafts.kept.push({ push, content });
      drafts.records.push({ id: push.id, attempt: lostAttempt(push), state: 'sent', error: null, provider: 'mailbox' });
    }
  }
}

/** A try that a vanished worker had begun. */
const lostAttempt = ({ openAttempt }: WaitingPush): PushRecord['attempt'] =>
  openAttempt === null ? null : { number: openAttempt, state: 'unknown', code: WORKER_LOST, retryAfterSeconds: null };

function contentOf(
  { notificationId, template, data: values }: WaitingPush,
  made: { title: string; body: string; data: Record<string, string>; collapseKey: string | null; link: string | null },
): PushContent {
  const data = {
    ...aboutOf(template, values),
    ...made.data,
    ...(made.link ? { link: made.link } : {}),
    ...(notificationId ? { notificationId } : {}),
  };
  return { title: made.title, body: made.body, data, ...(made.collapseKey ? { collapseKey: made.collapseKey } : {}) };
}
