import { CommandBus } from '@nestjs/cqrs';
import { Job, type Runs } from '../../../kernel/messaging/reaction';
import { ForgetDrivingPersonCommand } from '../commands/forget-driver';

/** Forgets whoever deleted their account in every organization that they drove for. */
@Job({ name: 'fleet.forget-driving-person', queue: 'maintenance' })
export class ForgetDrivingPerson implements Runs<{ userId: string }> {
  constructor(private readonly commands: CommandBus) {}

  async run({ userId }: { userId: string }): Promise<void> {
    await this.commands.execute(new ForgetDrivingPersonCommand(userId));
  }
}
