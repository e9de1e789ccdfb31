import { CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { PhoneOfUserQuery } from '../../../access/identity/contracts/contacts';
import { clock } from '../../../kernel/clock/clock';
import { Config } from '../../../kernel/config/config';
import { currentContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { NotYet } from '../../../kernel/messaging/reaction';
import { logger } from '../../../kernel/telemetry/logger';
import { SendLater, SendRefused, type OutgoingMessage } from '../adapters/channel-sender';
import { ChannelSenders } from '../adapters/channel-senders';
import type { SuppressionCause } from '../contracts/channels';
import { DevMailbox } from '../data/dev-mailbox';
import { MessageRepository, type MessageRow } from '../data/message.repository';
import { ProviderLanes } from '../data/provider-lanes';
import { SuppressionRepository } from '../data/suppression.repository';
import { isPermanent, MessageLapsed } from '../domain/mail-failure';
import { senderMissing } from '../domain/notifications.errors';
import { gate, type Leave } from '../domain/resolve';
import { deliveryJob } from '../jobs/send-mail';
import { LetterBook } from '../templates/letter-book';
import type { Letter } from '../templates/renderer';
import { DeliverMessageCommand } from './deliver-message';
import { DigestContents } from './digest-contents';
import { InboxDelivery } from './inbox-delivery';
import { LetterPictures } from './letter-pictures';
import { Letterhead, type LetterheadValues } from './letterhead';
import { Recipients, type Person } from './recipients';
import { UnsubscribeHeaders } from './unsubscribe-headers';

/** Seconds for which one worker holds a message: longer than the slowest conversation with a provider. */
const CLAIM_SECONDS = 90;
/** How long a message is put off that its provider always wants later, before it is given up (milliseconds). */
const LONGEST_PUT_OFF_MS = 48 * 3_600_000;

/** What a job says of its try: whether it is the last one, and whether the provider's quota was taken before. */
interface Trial {
  last: boolean;
  permitted: boolean;
}

/** Sends one message, see `DeliverMessageCommand`. */
@CommandHandler(DeliverMessageCommand)
export class DeliverMessageHandler implements ICommandHandler<DeliverMessageCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly messages: MessageRepository,
    private readonly suppressions: SuppressionRepository,
    private readonly mailbox: DevMailbox,
    private readonly senders: ChannelSenders,
    private readonly letters: LetterBook,
    private readonly recipients: Recipients,
    private readonly letterhead: Letterhead,
    private readonly pictures: LetterPictures,
    private readonly digests: DigestContents,
    private readonly inbox: InboxDelivery,
    private readonly unsubscribe: UnsubscribeHeaders,
    private readonly queries: QueryBus,
    private readonly config: Config,
    private readonly lanes: ProviderLanes,
  ) {}

  async execute({ messageId, last, permitted }: DeliverMessageCommand): Promise<void> {
    const message = await this.uow.once((tx) => this.messages.claim(tx, messageId, CLAIM_SECONDS));
    if (!message) {
      const seconds = await this.uow.once((tx) => this.messages.waitSeconds(tx, messageId));
      if (seconds === null) return;
      // What is due by the clock of whoever asked for it need not be due by the database's.
      if (seconds > 0) throw new NotYet('the time of this message has not come', seconds);
      throw new Error('Another worker is sending this message.');
    }
    try {
      await this.deliver(message, { last, permitted });
    } catch (error) {
      await this.failed(message, error, last);
    }
  }

  private async deliver(message: MessageRow, trial: Trial): Promise<void> {
    const tenantId = currentContext().tenantId!;
    if (isLapsed(message)) throw new MessageLapsed();
    const person = message.userId
      ? (await this.recipients.of(tenantId, [message.userId])).get(message.userId)
      : undefined;
    const leave = leaveOf(message, person);
    if (leave.kind === 'suppress') return this.suppress(message, leave.cause);
    if (leave.dueAt > clock.now()) return this.defer(message, leave.dueAt);
    if (message.channel === 'in_app') return this.inbox.deliver(message);
    const recipient = (message.recipient = await this.addressOf(message, person));
    if (!message.critical && message.channel !== 'push') {
      const barred = await this.suppressions.has(tenantId, message.channel, recipient, message.category);
      if (barred) return this.suppress(message, 'suppression-list');
    }
    await this.send(message, recipient, person, await this.letterhead.of(tenantId), trial);
  }

  private async send(
    message: MessageRow,
    recipient: string,
    person: Person | undefined,
    head: LetterheadValues,
    { last, permitted }: Trial,
  ): Promise<void> {
    const tenantId = currentContext().tenantId!;
    const stop = this.unsubscribe.of({ ...message, tenantId, recipient }, head.publicUrl);
    const outgoing = outgoingOf(message, tenantId, recipient, head, stop?.headers ?? {});
    const sender = this.senders.for(outgoing, message.provider);
    if (!sender && this.config.isProduction) throw senderMissing(message.channel);
    const wait = sender && !permitted ? await this.turn(sender.provider, message) : 0;
    if (wait > 0) return this.defer(message, after(wait), { permitted: true });
    const data = message.template === 'digest' ? await this.digests.of(message) : message.data;
    const values = { recipientName: person?.contact.name ?? '', ...data, ...head, unsubscribeUrl: stop?.url ?? null };
    const found = await this.letter(message, person?.contact.locale ?? null, values);
    const letter = message.channel === 'email' ? await this.pictures.carried(found, message.critical || last) : found;
    const { providerId } = sender ? await sender.send(outgoing, letter) : { providerId: null };
    await this.uow.run(
      async (tx) => {
        if (!sender) this.mailbox.put(tx, outgoing, letter);
        // A one-time code or a link is nobody's business once it is sent.
        const kept = isSecret(message.data) ? null : letter;
        this.messages.sent(tx, message.id, kept, { provider: sender?.provider ?? 'mailbox', providerId, recipient });
      },
      { keepPlans: true },
    );
  }

  /** Seconds until its provider's quota lets it go; what is critical does not wait for it. */
  private async turn(provider: string, { channel, critical }: MessageRow): Promise<number> {
    const perMinute = channel === 'sms' ? this.config.textsPerMinute : this.config.mailsPerMinute;
    return perMinute === null ? 0 : this.lanes.reserve(provider, perMinute, !critical);
  }

  private async letter(message: MessageRow, locale: string | null, values: Record<string, unknown>): Promise<Letter> {
    const found = await this.letters.find(currentContext().tenantId!, message.template);
    if (message.channel === 'sms') return found.text(locale, values);
    if (message.channel !== 'push') return found.mail(locale, values);
    const push = found.push(locale, values);
    const data = message.notificationId ? { ...push.data, notificationId: message.notificationId } : push.data;
    return { subject: push.title, text: push.body, html: '', push: { ...push, data } };
  }

  /** Where it goes now: people change addresses and numbers while messages wait. */
  private async addressOf(message: MessageRow, person: Person | undefined): Promise<string> {
    if (message.channel === 'push') return message.userId!;
    // A letter that was addressed by its asker goes where they said.
    if (!message.userId || (message.recipient && !message.notificationId && message.template !== 'digest'))
      return message.recipient!;
    const address =
      message.channel === 'email'
        ? person?.contact.email
        : await this.queries.execute(new PhoneOfUserQuery(message.userId));
    if (!address) throw new SendRefused('The recipient has no proven address.', { permanent: true });
    return address;
  }

  private suppress(message: MessageRow, cause: SuppressionCause): Promise<void> {
    return this.uow.run(async (tx) => {
      await this.messages.suppressed(tx, message.id, cause);
      if (message.channel === 'in_app') await this.inbox.withdraw(tx, message);
    });
  }

  private async defer(
    message: MessageRow,
    dueAt: Date,
    { why = null, permitted = false }: { why?: string | null; permitted?: boolean } = {},
  ): Promise<void> {
    await this.uow.run(async (tx) => {
      await this.messages.deferred(tx, message.id, dueAt, why);
      const payload = { messageId: message.id, ...(permitted ? { permitted } : {}) };
      tx.job(deliveryJob({ channel: message.channel, prompt: isPrompt(message) }), payload, { dueAt });
    });
  }

  private async failed(message: MessageRow, error: unknown, last: boolean): Promise<void> {
    const givenUp = error instanceof SendLater && isLongPutOff(message);
    if (error instanceof SendLater && !givenUp)
      return this.defer(message, after(Math.max(1, error.retryAfterSeconds)), { why: error.message });
    const permanent = givenUp || (error instanceof SendRefused ? error.permanent : isPermanent(error));
    const reason = (error as Partial<Error>).message ?? String(error);
    const state = permanent || last ? 'dead' : 'failed';
    await this.uow.run(async (tx) => {
      await this.messages.failed(tx, message.id, state, reason, isSecret(message.data));
      // Mail to an address that does not exist harms everybody's mail: it is not tried with the next letter.
      if (error instanceof SendRefused && error.forgetTarget && message.channel === 'email' && message.recipient)
        await this.suppressions.add(tx, {
          channel: 'email',
          address: message.recipient,
          reason: 'bounce',
          note: reason.slice(0, 200),
        });
    });
    if (!permanent) throw error;
    logger.warn({ messageId: message.id, template: message.template, err: error }, 'a message was refused for good');
  }
}

/** Wishes are asked again when a message leaves: it may have waited, and they may have changed. */
function leaveOf(message: MessageRow, person: Person | undefined): Leave {
  const now = clock.now();
  const { category, critical, channel, expiresAt, notificationId, template } = message;
  if (!person) return { kind: 'send', dueAt: now };
  const leave = gate(person, channel, { category, critical, dueAt: now, expiresAt });
  // Whether a mail of the product waits for the end of quiet hours was decided when it was asked for.
  const isProducts = notificationId === null && template !== 'digest';
  return isProducts && leave.kind === 'send' ? { kind: 'send', dueAt: now } : leave;
}

/** Whether somebody waits for it, or it is one of many. */
const isPrompt = ({ critical, notificationId, template }: MessageRow): boolean =>
  critical || (notificationId === null && template !== 'digest');

const after = (seconds: number): Date => new Date(clock.nowMs() + Math.ceil(seconds) * 1_000);

const isLongPutOff = ({ putOffSince }: MessageRow): boolean =>
  putOffSince !== null && clock.nowMs() - putOffSince.getTime() >= LONGEST_PUT_OFF_MS;

function isLapsed({ data, expiresAt }: MessageRow): boolean {
  const said = data.expiresAt;
  const until = expiresAt?.getTime() ?? (typeof said === 'string' ? Date.parse(said) : NaN);
  return until <= clock.nowMs();
}

const outgoingOf = (
  message: MessageRow,
  tenantId: string,
  recipient: string,
  head: LetterheadValues,
  headers: Record<string, string>,
): OutgoingMessage => ({
  id: message.id,
  tenantId,
  channel: message.channel,
  recipient,
  userId: message.userId,
  pushTokenId: message.pushTokenId,
  category: message.category,
  critical: message.critical,
  template: message.template,
  attempt: message.attempts,
  from: { name: head.sender, replyTo: head.brand?.replyTo ?? null },
  headers,
  expiresAt: message.expiresAt,
});

/** Whether whoever reads the message could act with it: it holds a link's token, or a code that expires. */
const isSecret = (data: MessageRow['data']): boolean =>
  Object.keys(data).some((name) => /token$|^code$|^expiresAt$/i.test(name));
