import { Command } from '@nestjs/cqrs';

/** Notifies the next people of a batch. Answers whether there are more. */
export class ContinueBatchCommand extends Command<boolean> {
  constructor(readonly batchId: string) {
    super();
  }
}
