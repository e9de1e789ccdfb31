import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { maybeContext, runInContext } from '../../../kernel/context/request-context';
import type { Transaction } from '../../../kernel/database/transaction';
import type { ProviderEventRow } from '../data/provider-events';
import { SavedMethods } from '../data/saved-methods';
import type { GatewayAccount } from '../domain/payment-gateway';
import { methodNotFound } from '../domain/payments.errors';
import { MethodDesk } from './method-desk';
import { ForgetMethodCommand, SettleSetupCommand } from './setup-commands';
import { ProviderEventHandlers, type HandlesProviderEvent, type ProviderEventResult } from './provider-event-handlers';

/** The browser came back from the bank. @throws AppError not-found `payments.method-not-found` */
export class CompleteSetupCommand extends Command<{ returnUrl: string | null; state: string }> {
  constructor(readonly savedMethodId: string) {
    super();
  }
}

@CommandHandler(SettleSetupCommand)
export class SettleSetupHandler implements ICommandHandler<SettleSetupCommand> {
  constructor(private readonly desk: MethodDesk) {}

  execute({ savedMethodId }: SettleSetupCommand): Promise<void> {
    return this.desk.settle(savedMethodId);
  }
}

@CommandHandler(ForgetMethodCommand)
export class ForgetMethodHandler implements ICommandHandler<ForgetMethodCommand> {
  constructor(private readonly desk: MethodDesk) {}

  execute({ savedMethodId }: ForgetMethodCommand): Promise<void> {
    return this.desk.forget(savedMethodId);
  }
}

@CommandHandler(CompleteSetupCommand)
export class CompleteSetupHandler implements ICommandHandler<CompleteSetupCommand> {
  constructor(
    private readonly desk: MethodDesk,
    private readonly methods: SavedMethods,
  ) {}

  async execute({ savedMethodId }: CompleteSetupCommand): Promise<{ returnUrl: string | null; state: string }> {
    const tenantId = maybeContext()?.tenantId ?? (await this.methods.tenantOf(savedMethodId));
    if (!tenantId) throw methodNotFound();
    return runInContext({ tenantId }, async () => {
      if (!(await this.methods.find(tenantId, savedMethodId))) throw methodNotFound();
      await this.desk.ask(savedMethodId);
      const { state, return_url: returnUrl } = (await this.methods.find(tenantId, savedMethodId))!;
      return { returnUrl, state };
    });
  }
}

/** Webhooks about keeping: it is fetched, so that their order and number do not matter. */
@Injectable()
export class SetupWhenTold implements HandlesProviderEvent, OnModuleInit {
  constructor(
    private readonly handlers: ProviderEventHandlers,
    private readonly methods: SavedMethods,
    private readonly desk: MethodDesk,
  ) {}

  onModuleInit(): void {
    this.handlers.on('setup', this);
  }

  async handle(
    event: ProviderEventRow,
    account: GatewayAccount,
    finish: (tx: Transaction, result?: ProviderEventResult) => Promise<boolean>,
  ): Promise<'handled' | 'ignored'> {
    const id = event.object_id && (await this.methods.ofSetup(account.tenantId, account.id, event.object_id));
    if (!id) return 'ignored';
    await this.desk.settle(id, { within: (tx) => finish(tx, { savedMethodId: id }), ended: true });
    return 'handled';
  }
}
