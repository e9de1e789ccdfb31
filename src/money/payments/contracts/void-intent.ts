import { Command } from '@nestjs/cqrs';
import type { Payable } from './payment-view';

/**
 * Gives up the payment of a payable (order cancelled, hold lapsed), in the caller's transaction; the gateway is told
 * afterwards by a job. Nothing open → `none`. Not charged → `canceled`. A try that may still charge → `pending`: it is
 * canceled or refunded as soon as it settles. Charged → `refunding`, in full.
 */
export class VoidIntentCommand extends Command<{ result: 'none' | 'canceled' | 'pending' | 'refunding' }> {
  constructor(readonly request: { payable: Payable; reason: string }) {
    super();
  }
}
