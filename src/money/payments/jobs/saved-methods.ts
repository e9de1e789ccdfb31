import { CommandBus } from '@nestjs/cqrs';
import { Job, type Runs } from '../../../kernel/messaging/reaction';
import { ForgetMethodCommand, SettleSetupCommand } from '../commands/setup-commands';

/** Asks the provider how a keeping stands. */
@Job({ name: 'payments.settle-setup', queue: 'payments' })
export class SettleSetup implements Runs<{ savedMethodId: string }> {
  constructor(private readonly commands: CommandBus) {}

  async run({ savedMethodId }: { savedMethodId: string }): Promise<void> {
    await this.commands.execute(new SettleSetupCommand(savedMethodId));
  }
}

/** Has the provider forget a way to pay that its person took away. */
@Job({ name: 'payments.forget-method', queue: 'payments' })
export class ForgetMethod implements Runs<{ savedMethodId: string }> {
  constructor(private readonly commands: CommandBus) {}

  async run({ savedMethodId }: { savedMethodId: string }): Promise<void> {
    await this.commands.execute(new ForgetMethodCommand(savedMethodId));
  }
}
