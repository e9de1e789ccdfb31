import { CommandBus } from '@nestjs/cqrs';
import { Job, type Runs } from '../../../kernel/messaging/reaction';
import { MailReportCommand } from '../commands/mail-report';

/** Makes a report that is due and has it mailed. */
@Job({ name: 'ledger.make-report', queue: 'maintenance' })
export class MakeReport implements Runs<{ runId: string }> {
  constructor(private readonly commands: CommandBus) {}

  async run({ runId }: { runId: string }): Promise<void> {
    await this.commands.execute(new MailReportCommand(runId));
  }
}
