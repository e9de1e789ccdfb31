import { Injectable } from '@nestjs/common';
import { CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import type { Transaction } from '../../../kernel/database/transaction';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import { DetachFilesCommand } from '../../files/contracts/files';
import { RetentionRepository } from '../data/retention.repository';
import { SettingsRepository } from '../data/settings.repository';
import { FILE_OWNER } from '../domain/message';
import { PurgeOldMessages } from '../reactions/purge-old-messages';
import { PurgeMessagesCommand } from './purge-messages';
import { RoomKeeper } from './room-keeper';

/** Rooms that one run looks at, and when the next one is (seconds): soon while something is left. */
const ROOMS = 20;
const SOON = 5;
const DAILY = 86_400;

/** Asks for looks at what is old; every new time for keeping does, and so ends the looks that were asked for before. */
@Injectable()
export class Purging {
  constructor(
    private readonly settings: SettingsRepository,
    private readonly clock: Clock,
  ) {}

  begin(tx: Transaction): void {
    const chainId = newId();
    this.settings.setPurgeChain(tx, chainId);
    this.again(tx, chainId, 0);
  }

  again(tx: Transaction, chainId: string, seconds: number): void {
    tx.timer(PurgeOldMessages, { chainId }, new Date(this.clock.nowMs() + seconds * 1_000));
  }
}

@CommandHandler(PurgeMessagesCommand)
export class PurgeMessagesHandler implements ICommandHandler<PurgeMessagesCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly commands: CommandBus,
    private readonly retention: RetentionRepository,
    private readonly keeper: RoomKeeper,
    private readonly purging: Purging,
  ) {}

  execute({ chainId }: PurgeMessagesCommand): Promise<number> {
    return this.uow.run(async (tx) => {
      if (!(await this.retention.isOn(tx, chainId))) return 0;
      const rooms = await this.retention.due(tx, ROOMS);
      let more = rooms.length === ROOMS;
      for (const roomId of rooms) {
        const purged = await this.retention.purge(tx, roomId);
        if (!purged) continue;
        more ||= purged.more;
        for (const id of purged.withFiles)
          await this.commands.execute(new DetachFilesCommand({ owner: { kind: FILE_OWNER, id } }));
        // Clients drop what they keep of it.
        await this.keeper.tell(tx, roomId, 'history.purged', null, { upTo: purged.upTo });
      }
      this.purging.again(tx, chainId, more ? SOON : DAILY);
      return rooms.length;
    });
  }
}
