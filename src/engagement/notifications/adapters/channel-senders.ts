import { Inject, Injectable } from '@nestjs/common';
import type { Channel } from '../contracts/channels';
import { CHANNEL_SENDERS, type ChannelSender, type OutgoingMessage } from './channel-sender';

/** Finds the way out for a message. */
@Injectable()
export class ChannelSenders {
  constructor(@Inject(CHANNEL_SENDERS) private readonly senders: ChannelSender[]) {}

  /** The first sender that is set up and takes the message; for a device, of the provider that its token is from. */
  for(message: OutgoingMessage, provider: string | null): ChannelSender | null {
    return (
      this.senders.find(
        (sender) =>
          sender.channel === message.channel &&
          sender.isConfigured &&
          (message.channel !== 'push' || sender.provider === provider) &&
          sender.takes(message),
      ) ?? null
    );
  }

  isConfigured(channel: Channel): boolean {
    return this.senders.some((sender) => sender.channel === channel && sender.isConfigured);
  }
}
