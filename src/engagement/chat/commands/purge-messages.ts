import { Command } from '@nestjs/cqrs';

/**
 * Takes messages whose time is over, some rooms at once, with their files, and has itself asked again; where another change of
 * times has begun a row of looks of its own, or nothing has a time any more, it ends. @returns how many rooms lost something
 */
export class PurgeMessagesCommand extends Command<number> {
  constructor(readonly chainId: string) {
    super();
  }
}
