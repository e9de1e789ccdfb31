import { Command } from '@nestjs/cqrs';

/** Asks the provider how a keeping stands. Network: never inside a transaction. @throws what the gateway call throws */
export class SettleSetupCommand extends Command<void> {
  constructor(readonly savedMethodId: string) {
    super();
  }
}

/** Has the provider forget a way to pay. Network: never inside a transaction. @throws what the gateway call throws */
export class ForgetMethodCommand extends Command<void> {
  constructor(readonly savedMethodId: string) {
    super();
  }
}
