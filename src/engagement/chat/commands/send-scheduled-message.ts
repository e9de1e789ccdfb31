import { Command } from '@nestjs/cqrs';

/**
 * Sends a message whose time has come, as its author; one that was sent, cancelled or given another time since is left alone. What
 * is refused for good is kept as failed. @returns whether it was sent
 */
export class SendScheduledMessageCommand extends Command<boolean> {
  constructor(
    readonly scheduledId: string,
    readonly turn: number,
  ) {
    super();
  }
}
