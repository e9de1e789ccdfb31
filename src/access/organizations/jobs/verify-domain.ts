import { CommandBus } from '@nestjs/cqrs';
import { Job, type Runs } from '../../../kernel/messaging/reaction';
import { VerifyDomainCommand } from '../commands/verify-domain';

/** Looks a domain's proof up, outside of any transaction. */
@Job({ name: 'organizations.verify-domain', queue: 'maintenance', attempts: 3 })
export class VerifyDomain implements Runs<{ domainId: string }> {
  constructor(private readonly commands: CommandBus) {}

  async run({ domainId }: { domainId: string }): Promise<void> {
    await this.commands.execute(new VerifyDomainCommand(domainId));
  }
}
