import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../../kernel/database/transaction';
import { Timer, type Fires } from '../../../kernel/messaging/reaction';
import { MethodDesk } from '../commands/method-desk';
import { SavedMethods } from '../data/saved-methods';
import { askAboutSetupAt } from '../domain/saved-method';
import { SettleSetup } from '../jobs/saved-methods';

/** Asks the provider about a keeping that nobody heard of again; one that nobody confirms is given up. */
@Injectable()
@Timer({ name: 'payments.ask-about-setup' })
export class AskAboutSetup implements Fires<{ savedMethodId: string; step: number }> {
  constructor(
    private readonly methods: SavedMethods,
    private readonly desk: MethodDesk,
  ) {}

  async fire({ savedMethodId, step }: { savedMethodId: string; step: number }, tx: Transaction): Promise<void> {
    const method = await this.methods.share(tx, savedMethodId);
    if (method?.state !== 'pending' && method?.state !== 'requires_action') return;
    const next = askAboutSetupAt(method.created_at, step + 1);
    if (!next) return this.desk.giveUp(tx, savedMethodId);
    tx.job(SettleSetup, { savedMethodId });
    tx.timer(AskAboutSetup, { savedMethodId, step: step + 1 }, next);
  }
}
