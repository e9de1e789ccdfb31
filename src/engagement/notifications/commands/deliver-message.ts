import { Command, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { BrandingQuery, type Branding } from '../../../access/organizations/contracts/branding';
import { clock } from '../../../kernel/clock/clock';
import { Config } from '../../../kernel/config/config';
import { currentContext, PLATFORM_TENANT } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { logger } from '../../../kernel/telemetry/logger';
import { Mailer } from '../adapters/mailer';
import { SmsRefused, SmsSender } from '../adapters/sms-sender';
import { DevMailbox } from '../data/dev-mailbox';
import { MessageRepository, type MessageRow } from '../data/message.repository';
import { isPermanent, MessageLapsed } from '../domain/mail-failure';
import { mailServerMissing, smsProviderMissing } from '../domain/notifications.errors';
import { Renderer, type Letter } from '../templates/renderer';

/** What a template may show. */
type LetterValues = Record<string, unknown> & { sender: string; brand: Branding | null };

/** Seconds for which one worker holds a message: longer than the slowest conversation with a mail server. */
const CLAIM_SECONDS = 90;

/**
 * Renders and sends one message: to the mail server or the provider of text messages, in development without one to the
 * mailbox. A permanent refusal
 * makes it dead; anything else throws, so that its job is tried again, until `last`.
 */
export class DeliverMessageCommand extends Command<void> {
  constructor(
    readonly messageId: string,
    readonly last: boolean,
  ) {
    super();
  }
}

@CommandHandler(DeliverMessageCommand)
export class DeliverMessageHandler implements ICommandHandler<DeliverMessageCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly messages: MessageRepository,
    private readonly mailbox: DevMailbox,
    private readonly mailer: Mailer,
    private readonly sms: SmsSender,
    private readonly renderer: Renderer,
    private readonly queries: QueryBus,
    private readonly config: Config,
  ) {}

  async execute({ messageId, last }: DeliverMessageCommand): Promise<void> {
    const message = await this.uow.once((tx) => this.messages.claim(tx, messageId, CLAIM_SECONDS));
    if (!message) {
      if (await this.uow.once((tx) => this.messages.isTaken(tx, messageId)))
        throw new Error('Another worker is sending this message.');
      return;
    }
    try {
      const brand = await this.brand();
      const sender = brand?.senderName ?? 'Mainstay';
      const { expiresAt } = message.data;
      if (typeof expiresAt === 'string' && Date.parse(expiresAt) <= clock.nowMs()) throw new MessageLapsed();
      const publicUrl = brand?.publicUrl ?? this.config.publicUrl;
      const values = { ...message.data, sender, publicUrl, brand };
      const letter = message.channel === 'sms' ? await this.text(message, values) : await this.mail(message, values);
      await this.uow.run(
        async (tx) => {
          if (letter.kept) this.mailbox.put(tx, message, letter);
          // A one-time code or a link is nobody's business once it is sent.
          this.messages.sent(tx, message.id, isSecret(message.data) ? null : letter);
        },
        { keepPlans: true },
      );
    } catch (error) {
      const permanent = error instanceof SmsRefused || isPermanent(error);
      const reason = (error as Partial<Error>).message ?? String(error);
      const state = permanent || last ? 'dead' : 'failed';
      await this.uow.run((tx) => this.messages.failed(tx, message.id, state, reason, isSecret(message.data)));
      if (!permanent) throw error;
      logger.warn({ messageId, template: message.template, err: error }, 'a message was refused for good');
    }
  }

  private async mail(message: MessageRow, values: LetterValues): Promise<Letter & { kept: boolean }> {
    const letter = this.renderer.render(message.template, values);
    const kept = !this.mailer.isConfigured;
    if (!kept)
      await this.mailer.send(message.id, values.sender, message.recipient, letter, values.brand?.replyTo ?? undefined);
    else if (this.config.isProduction) throw mailServerMissing();
    return { ...letter, kept };
  }

  private async text(message: MessageRow, values: LetterValues): Promise<Letter & { kept: boolean }> {
    const text = this.renderer.renderText(message.template, values);
    const kept = !this.sms.isConfigured;
    if (!kept) await this.sms.send(message.recipient, text);
    else if (this.config.isProduction) throw smsProviderMissing();
    return { subject: text.slice(0, 200), text, html: '', kept };
  }

  /** How letters look: as the organization, or as the product for messages of the platform. */
  private async brand(): Promise<Branding | null> {
    const tenantId = currentContext().tenantId!;
    if (tenantId === PLATFORM_TENANT) return null;
    return this.queries.execute(new BrandingQuery(tenantId));
  }
}

/** Whether whoever reads the message could act with it: it holds a link's token, or a code that expires. */
const isSecret = (data: MessageRow['data']): boolean =>
  Object.keys(data).some((name) => /token$|^code$|^expiresAt$/i.test(name));
