import { Injectable } from '@nestjs/common';
import { OrganizationCreated } from '../../../access/organizations/contracts/organization-events';
import type { Transaction } from '../../../kernel/database/transaction';
import { Reaction, type Reacts } from '../../../kernel/messaging/reaction';
import type { StoredEvent } from '../../../kernel/messaging/domain-event';
import { GatewayDesk } from '../adapters/gateway-desk';
import { SandboxAccounts } from '../commands/sandbox-accounts';

/** A new shop can take sandbox payments at once, where the sandbox is offered. */
@Injectable()
@Reaction({ name: 'payments.open-sandbox-when-organization-created', on: OrganizationCreated })
export class OpenSandboxForOrganization implements Reacts<OrganizationCreated> {
  constructor(
    private readonly desk: GatewayDesk,
    private readonly sandbox: SandboxAccounts,
  ) {}

  async react(_event: StoredEvent<OrganizationCreated>, tx: Transaction): Promise<void> {
    if (this.desk.has('sandbox')) await this.sandbox.ensure(tx);
  }
}
