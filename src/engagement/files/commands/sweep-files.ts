import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { logger } from '../../../kernel/telemetry/logger';
import { Storages } from '../adapters/storages';
import { ObjectRepository, type StoredObject } from '../data/object.repository';

/** Objects of one step, and steps of one run; the next run takes what is left. */
const AT_ONCE = 100;
const MOST_STEPS = 50;

/**
 * Removes the bytes of the context's tenant whose time is over: of deleted files, of broken uploads. Running it again, or
 * twice at once, does no harm.
 */
export class SweepFilesCommand extends Command<{ removed: number; failed: number }> {}

@CommandHandler(SweepFilesCommand)
export class SweepFilesHandler implements ICommandHandler<SweepFilesCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly storages: Storages,
    private readonly objects: ObjectRepository,
  ) {}

  async execute(): Promise<{ removed: number; failed: number }> {
    const total = { removed: 0, failed: 0 };
    for (let step = 0; step < MOST_STEPS; step++) {
      const due = await this.uow.run((tx) => this.objects.due(tx, AT_ONCE));
      if (due.length === 0) break;
      const failed: StoredObject[] = [];
      for (const object of due) if (!(await this.remove(object))) failed.push(object);
      const gone = due.filter((object) => !failed.includes(object));
      await this.uow.run(async (tx) => {
        await this.objects.forget(tx, ids(gone));
        await this.objects.putOff(tx, ids(failed));
      });
      total.removed += gone.length;
      total.failed += failed.length;
      if (due.length < AT_ONCE) break;
    }
    return total;
  }

  private async remove({ store, key }: StoredObject): Promise<boolean> {
    try {
      await this.storages.of(store).remove(key);
      return true;
    } catch (error) {
      logger.warn({ err: error, store }, 'bytes that nobody uses could not be removed');
      return false;
    }
  }
}

const ids = (objects: readonly StoredObject[]): string[] => objects.map(({ id }) => id);
