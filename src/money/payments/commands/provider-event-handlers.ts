import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../../kernel/database/transaction';
import type { ProviderEventRow } from '../data/provider-events';
import type { GatewayAccount, NoticeKind } from '../domain/payment-gateway';

/** What became of an event, for whoever reads the inbox; short and without personal data. */
export type ProviderEventResult = Record<string, string | number | boolean | null>;

/**
 * Acts upon stored webhooks of one kind. Called outside of any transaction: it fetches the thing from the provider, then
 * writes in a transaction of its own, in which it calls `finish` before it changes anything; where that answers false,
 * another worker was first and nothing more may be written. What concerns nothing here returns `ignored` without `finish`.
 * A throw makes the job try again; after the last try the event is `dead`, and can be replayed.
 */
export interface HandlesProviderEvent {
  handle(
    event: ProviderEventRow,
    account: GatewayAccount,
    finish: (tx: Transaction, result?: ProviderEventResult) => Promise<boolean>,
  ): Promise<'handled' | 'ignored'>;
}

/** Which handler serves which kind of webhook. Handlers say so in `onModuleInit`; the last one named serves. */
@Injectable()
export class ProviderEventHandlers {
  private readonly handlers = new Map<NoticeKind, HandlesProviderEvent>();

  on(kind: NoticeKind, handler: HandlesProviderEvent): void {
    this.handlers.set(kind, handler);
  }

  of(kind: NoticeKind): HandlesProviderEvent | undefined {
    return this.handlers.get(kind);
  }
}
