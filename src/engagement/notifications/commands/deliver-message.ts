import { Command } from '@nestjs/cqrs';

/**
 * Renders and sends one message by its channel's provider, in development without one to the mailbox. A permanent refusal
 * makes it dead; anything else throws, so that its job is tried again, until `last`. Apart from its handler, because the
 * handler asks for the job that sends it.
 */
export class DeliverMessageCommand extends Command<void> {
  constructor(
    readonly messageId: string,
    readonly last: boolean,
    /** Its provider's quota was taken for it when it was put off. */
    readonly permitted = false,
  ) {
    super();
  }
}
