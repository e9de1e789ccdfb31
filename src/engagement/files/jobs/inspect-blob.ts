import { CommandBus } from '@nestjs/cqrs';
import { Job, NotYet, type Runs } from '../../../kernel/messaging/reaction';
import { InspectBlobCommand } from '../commands/inspect-blob';

/** Looks into the bytes of a file and says whether they may be handed out. While the scanner is away it waits, for as long as it takes. */
@Job({ name: 'files.inspect-blob', queue: 'files' })
export class InspectBlob implements Runs<{ blobId: string }> {
  constructor(private readonly commands: CommandBus) {}

  async run({ blobId }: { blobId: string }): Promise<void> {
    const { againInSeconds } = await this.commands.execute(new InspectBlobCommand(blobId));
    if (againInSeconds !== null) throw new NotYet('The scanner is away.', againInSeconds);
  }
}
