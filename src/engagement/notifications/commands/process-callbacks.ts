import { Command } from '@nestjs/cqrs';

/** Works on stored callbacks: moves their messages on, and lists addresses that bounced, complained or want no more. */
export class ProcessCallbacksCommand extends Command<void> {
  constructor(readonly callbackIds: readonly string[]) {
    super();
  }
}
