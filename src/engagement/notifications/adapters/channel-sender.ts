import type { Channel } from '../contracts/channels';
import type { Letter } from '../templates/renderer';

/** A message on its way out. */
export interface OutgoingMessage {
  id: string;
  tenantId: string;
  channel: Channel;
  /** E-mail address, number in E.164 form, or for a push message its user. */
  recipient: string;
  userId: string | null;
  pushTokenId: string | null;
  category: string;
  critical: boolean;
  template: string;
  /** 1 for the first try. */
  attempt: number;
  /** Who it comes from, as people read it, and where answers go. */
  from: { name: string; replyTo: string | null };
  /** Further headers of a mail, such as List-Unsubscribe. */
  headers: Record<string, string>;
  /** Kernel time after which it is worth nothing. */
  expiresAt: Date | null;
}

/** A way out: what a provider stands behind. Libraries and connections come with the first message. */
export abstract class ChannelSender {
  abstract readonly channel: Channel;
  /** Name of the provider, `smtp`, `twilio`, `fcm`. */
  abstract readonly provider: string;
  /** False where it is not set up: messages end in the mailbox of development, or wait. */
  abstract readonly isConfigured: boolean;

  /** Whether it takes this message; of several senders of a channel the first that does sends it. */
  takes(_message: OutgoingMessage): boolean {
    return true;
  }

  /**
   * Hands a message to the provider, which is all that an answer means.
   * @returns the provider's id of the message, by which its callbacks speak of it
   * @throws SendRefused, SendLater, or anything else for a fault after which it may be tried again
   */
  abstract send(message: OutgoingMessage, letter: Letter): Promise<{ providerId: string | null }>;
}

/** The provider does not take this message. */
export class SendRefused extends Error {
  readonly permanent: boolean;
  /** The address or token is good for nothing: it is taken off. */
  readonly forgetTarget: boolean;

  constructor(reason: string, options: { permanent: boolean; forgetTarget?: boolean }) {
    super(reason);
    this.name = 'SendRefused';
    this.permanent = options.permanent;
    this.forgetTarget = options.forgetTarget ?? false;
  }
}

/** The provider wants the message later: it is tried again then, and no try is counted. */
export class SendLater extends Error {
  constructor(
    reason: string,
    readonly retryAfterSeconds: number,
  ) {
    super(reason);
    this.name = 'SendLater';
  }
}

/** Every sender of the product, in the order in which they are asked. */
export const CHANNEL_SENDERS = Symbol('CHANNEL_SENDERS');
