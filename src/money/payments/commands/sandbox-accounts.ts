import { CommandBus } from '@nestjs/cqrs';
import { Injectable } from '@nestjs/common';
import { newWebhookSecret } from '../../../kernel/crypto/webhook-signature';
import type { Transaction } from '../../../kernel/database/transaction';
import { OpenSandboxAccountCommand } from '../../sandbox/contracts/sandbox-provider';
import { GatewayAccounts } from '../data/gateway-accounts';
import { unknownMethod } from '../domain/payments.errors';

/** Opens a tenant's account at the sandbox, on both sides and in the caller's transaction, unless it has one. */
@Injectable()
export class SandboxAccounts {
  constructor(
    private readonly commands: CommandBus,
    private readonly accounts: GatewayAccounts,
  ) {}

  /** @returns the account's id */
  async ensure(tx: Transaction): Promise<string> {
    const known = await this.accounts.activeAt(tx, 'sandbox');
    if (known) return known;
    const webhookSecret = newWebhookSecret();
    const account = {
      provider: 'sandbox',
      name: 'Sandbox',
      testMode: true,
      hints: {},
      methods: null,
      apiBase: null,
      capture: 'automatic' as const,
    };
    const opened = await this.accounts.open(tx, account, { webhook: [webhookSecret] });
    if (opened) {
      await this.commands.execute(new OpenSandboxAccountCommand({ accountId: opened, webhookSecret }));
      return opened;
    }
    // Another transaction opened it first, and its commit was waited for; a disabled account is not opened again.
    const first = await this.accounts.activeAt(tx, 'sandbox');
    if (!first) throw unknownMethod('sandbox');
    return first;
  }
}
