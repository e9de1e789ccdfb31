import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { clock } from '../../../kernel/clock/clock';
import type { Transaction } from '../../../kernel/database/transaction';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import { sha256 } from '../../../kernel/crypto/hashing';
import { canonicalJson } from '../../../kernel/http/canonical-json';
import { CHANNELS, type Channel } from '../contracts/channels';
import { NotifyCommand, type Notified, type NotifyRequest } from '../contracts/notify';
import {
  NotificationRepository,
  type NewMessage,
  type NewNotification,
  type NotificationRequest,
} from '../data/notification.repository';
import { PushTargets, type PushTarget } from '../data/push-targets';
import { isLocalTime } from '../domain/local-time';
import { localTimeUnknown, requestInvalid } from '../domain/notifications.errors';
import { dataMissing } from '../domain/template.errors';
import { aboutOf } from '../domain/about';
import { isCategory } from '../domain/preferences';
import { capFor, decide, dueFor, isCritical, isMoreThan, type Decision, type Occasion } from '../domain/resolve';
import { deliveryJob } from '../jobs/send-mail';
import { askForPushes } from '../jobs/send-pushes';
import { LetterBook } from '../templates/letter-book';
import { Inbox } from './inbox';
import { Letterhead } from './letterhead';
import { Recipients, type Person } from './recipients';

const MOST_USERS = 500;

/** One person's notification, while it is decided about. */
interface Draft {
  person: Person;
  notification: NewNotification;
  occasion: Occasion;
  decisions: [Channel, Decision][];
}

@CommandHandler(NotifyCommand)
export class NotifyHandler implements ICommandHandler<NotifyCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly notifications: NotificationRepository,
    private readonly recipients: Recipients,
    private readonly devices: PushTargets,
    private readonly letters: LetterBook,
    private readonly letterhead: Letterhead,
    private readonly inbox: Inbox,
  ) {}

  async execute({ request }: NotifyCommand): Promise<Notified[]> {
    check(request);
    return this.uow.run(async (tx) => {
      const shared: NotificationRequest = {
        category: request.category,
        template: request.template,
        critical: isCritical(request.category, request.critical),
        data: request.data,
        contentDigest: sha256(canonicalJson([request.category, request.template, request.data])),
        batchId: request.batchId ?? null,
        expiresAt: request.expiresAt ?? null,
        askedAt: clock.now(),
      };
      const people = await this.recipients.of(tx.tenantId, [...new Set(request.userIds)].sort());
      const drafts = await this.draft(tx, request, shared, [...people.values()]);
      const { inserted, before } = await this.notifications.insert(
        tx,
        shared,
        drafts.map(({ notification }) => notification),
      );
      const fresh = drafts.filter(({ notification }) => inserted.has(notification.id));
      await this.cap(tx, shared, fresh);
      await this.write(tx, shared, fresh);
      const ids = new Map(drafts.map(({ notification: { userId, id } }) => [userId, id]));
      return [...people.keys()].map((userId) => ({
        userId,
        notificationId: before.get(userId) ?? ids.get(userId) ?? null,
        created: inserted.has(ids.get(userId) ?? ''),
      }));
    });
  }

  /** What each person gets, and when; those whose moment is past and skipped are left out. */
  private async draft(
    tx: Transaction,
    request: NotifyRequest,
    shared: NotificationRequest,
    people: Person[],
  ): Promise<Draft[]> {
    const now = shared.askedAt;
    const letter = await this.letters.find(tx.tenantId, request.template);
    letter.check(request.data);
    const head = await this.letterhead.of(tx.tenantId);
    const channels = (request.channels ?? CHANNELS).filter((channel) => letter.has(channel));
    let told = new Set<string>();
    if (!request.dedupeKey) {
      const ids = people.map(({ contact }) => contact.userId);
      await this.notifications.lockPeople(tx, ids);
      told = await this.notifications.toldJustNow(tx, ids, shared.contentDigest);
    }
    const drafts: Draft[] = [];
    for (const person of people) {
      const { userId, locale } = person.contact;
      const dueAt = dueFor(person.zone, now, request.at, request.localTime);
      if (dueAt < now && request.past === 'skip') continue;
      const occasion = {
        category: shared.category,
        critical: shared.critical,
        dueAt: dueAt < now ? now : dueAt,
        expiresAt: shared.expiresAt,
      };
      const duplicate = told.has(userId);
      const decisions = channels
        .filter((channel) => isReachable(person, channel))
        .map((channel): [Channel, Decision] => [
          channel,
          duplicate ? { kind: 'suppress', cause: 'duplicate' } : decide(person, channel, occasion),
        ]);
      const { title, body, link } = letter.push(locale, {
        recipientName: person.contact.name,
        ...request.data,
        ...head,
      });
      if (title === '') throw dataMissing(['title']);
      drafts.push({
        person,
        occasion,
        decisions,
        notification: {
          id: newId(),
          userId,
          title,
          body,
          link,
          inInbox: decisions.some(([channel, { kind }]) => channel === 'in_app' && kind === 'send'),
          dueAt: occasion.dueAt,
          dedupeKey: request.dedupeKey ?? newId(),
          duplicate,
        },
      });
    }
    return drafts;
  }

  /** What is more than a person's cap is not sent; what waits, for the end of quiet hours say, counts when it leaves. */
  private async cap(tx: Transaction, shared: NotificationRequest, drafts: Draft[]): Promise<void> {
    for (const channel of CHANNELS) {
      const counted = drafts.flatMap((draft) => {
        const at = draft.decisions.findIndex(([name, { kind }]) => name === channel && kind === 'send');
        const cap = capFor(draft.person, channel, draft.occasion);
        const decision = draft.decisions[at]?.[1];
        return cap && decision?.kind === 'send' ? [{ draft, at, cap, leaveAt: decision.dueAt }] : [];
      });
      if (counted.length === 0) continue;
      const ids = counted.map(({ draft }) => draft.notification.userId);
      await this.notifications.lockPeople(tx, ids);
      const times = counted.map(({ leaveAt }) => leaveAt.getTime());
      const spanMs = counted[0].cap.perHours * 3_600_000;
      const leaving = await this.notifications.leavingOf(
        tx,
        ids,
        { category: shared.category, channel },
        { after: new Date(Math.min(...times) - spanMs), before: new Date(Math.max(...times) + spanMs) },
      );
      for (const { draft, at, cap, leaveAt } of counted)
        if (isMoreThan(cap, leaveAt, leaving.get(draft.notification.userId) ?? []))
          draft.decisions[at] = [channel, { kind: 'suppress', cause: 'cap' }];
    }
  }

  private async write(tx: Transaction, shared: NotificationRequest, drafts: Draft[]): Promise<void> {
    const now = shared.askedAt;
    const pushed = drafts.filter(({ decisions }) => decisions.some(([channel]) => channel === 'push'));
    const targets =
      pushed.length > 0
        ? await this.devices.of(
            tx,
            pushed.map(({ notification }) => notification.userId),
          )
        : [];
    const messages = drafts.flatMap((draft) => messagesOf(draft, targets, now));
    await this.notifications.insertMessages(tx, shared, messages);
    const queued = messages.filter(({ state }) => state === 'queued');
    for (const { id, channel, dueAt } of queued)
      if (channel !== 'push')
        tx.job(deliveryJob({ channel, prompt: shared.critical }), { messageId: id }, dueAt > now ? { dueAt } : {});
    const pushes = queued.filter(({ channel }) => channel === 'push');
    askForPushes(tx, pushes, now);
    for (const draft of drafts) await this.joinDigest(tx, draft);
    const shown = drafts.filter(({ notification: { inInbox, dueAt } }) => inInbox && dueAt <= now);
    const about = aboutOf(shared.template, shared.data);
    this.inbox.tell(
      tx,
      shown.map(({ notification }) => ({ ...notification, category: shared.category, about, createdAt: now })),
    );
  }

  /** A digest that is on its way already is not joined any more, but the one after it. */
  private async joinDigest(tx: Transaction, { person, notification, occasion, decisions }: Draft): Promise<void> {
    let decision = decisions.find(([, { kind }]) => kind === 'digest')?.[1];
    while (decision?.kind === 'digest') {
      const { dueAt } = decision;
      const joined = await this.notifications.joinDigest(tx, {
        notificationId: notification.id,
        userId: notification.userId,
        category: occasion.category,
        recipient: person.contact.email!,
        dueAt,
        messageId: newId(),
      });
      if (joined?.created)
        tx.job(deliveryJob({ channel: 'email', prompt: false }), { messageId: joined.id }, { dueAt });
      if (joined) return;
      decision = decide(person, 'email', { ...occasion, dueAt });
    }
  }
}

/** Whether there is any address at all; what nobody has is not even suppressed. */
function isReachable({ contact }: Person, channel: Channel): boolean {
  if (channel === 'email') return contact.email !== null;
  return channel === 'sms' ? contact.hasPhone : true;
}

/** The messages of one person's notification: one per channel, one per device. */
function messagesOf(
  { person, notification, occasion, decisions }: Draft,
  targets: PushTarget[],
  now: Date,
): NewMessage[] {
  return decisions.flatMap(([channel, decision]): NewMessage[] => {
    if (decision.kind === 'digest') return [];
    const { userId, id: notificationId } = notification;
    const dueAt = decision.kind === 'send' ? decision.dueAt : occasion.dueAt;
    const message: Omit<NewMessage, 'id'> = {
      notificationId,
      userId,
      channel,
      // Numbers are sealed, and opened only to send.
      recipient: channel === 'email' ? person.contact.email : null,
      state:
        decision.kind === 'suppress' ? 'suppressed' : channel === 'in_app' && dueAt <= now ? 'delivered' : 'queued',
      suppressedFor: decision.kind === 'suppress' ? decision.cause : null,
      dueAt,
      pushTokenId: null,
      provider: null,
    };
    if (channel !== 'push') return [{ ...message, id: newId() }];
    return targets
      .filter((target) => target.userId === userId)
      .map(({ pushTokenId, provider }) => ({ ...message, id: newId(), pushTokenId, provider }));
  });
}

function check({ userIds, category, localTime, channels, dedupeKey }: NotifyRequest): void {
  if (userIds.length === 0 || userIds.length > MOST_USERS) throw requestInvalid('/userIds', `1 to ${MOST_USERS} users`);
  if (!isCategory(category)) throw requestInvalid('/category', 'a category such as orders');
  if (localTime !== undefined && !isLocalTime(localTime)) throw localTimeUnknown();
  if (channels && !channels.every((channel) => CHANNELS.includes(channel)))
    throw requestInvalid('/channels', CHANNELS.join(', '));
  if (dedupeKey !== undefined && (dedupeKey === '' || dedupeKey.length > 200))
    throw requestInvalid('/dedupeKey', '1 to 200 characters');
}
