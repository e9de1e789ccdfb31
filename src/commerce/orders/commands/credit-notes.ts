import { Injectable } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { InvoiceRepository } from '../data/invoice.repository';
import { OrderPolicies } from '../data/order-policies';
import { OrderRepository } from '../data/order.repository';
import { creditNoteOf, type Credit } from '../domain/credit-note';
import type { InvoiceDocument } from '../domain/invoice';
import type { Order } from '../domain/order';

/**
 * Corrects the invoice of an order for money that went back: one credit note a refund, whoever asks how often. An order
 * that has no invoice needs none: it gets them together with its invoice. To be sent once a refund succeeded.
 */
export class IssueCreditNotesCommand extends Command<void> {
  constructor(readonly request: { orderId: string }) {
    super();
  }
}

/** Makes the credit notes that an invoiced order lacks. Its row is locked, so that each is made once. */
@Injectable()
export class CreditNotes {
  constructor(
    private readonly clock: Clock,
    private readonly invoices: InvoiceRepository,
    private readonly policies: OrderPolicies,
  ) {}

  async complete(order: Order, invoice: InvoiceDocument): Promise<void> {
    const [known, credits] = [await this.invoices.creditNotes(order.id), await this.owed(order)];
    const notes = known.map(({ document }) => document);
    const noted = (source: string) => known.find((note) => note.source === source);
    // A note whose money came back stands: it corrects the invoice for the refund that follows.
    let spare = credits.reduce((sum, { source, back }) => sum + (back ? (noted(source)?.document.total ?? 0) : 0), 0);
    for (const { source, credit, back } of credits) {
      if (back || noted(source)) continue;
      const covered = Math.min(spare, credit.amount);
      spare -= covered;
      // A goodwill beyond the invoice corrects no more than the invoice.
      const left = order.total - notes.reduce((sum, note) => sum + note.total, 0);
      const amount = Math.min(credit.amount - covered, left);
      if (amount <= 0) continue;
      const prefix = (await this.policies.find()).invoicing.creditNotePrefix ?? 'CN-';
      const number = `${prefix}${String(await this.invoices.nextCreditNumber()).padStart(6, '0')}`;
      const note = creditNoteOf(order, invoice, { ...credit, amount }, notes, { number, at: this.clock.now() });
      await this.invoices.insertCreditNote(order.id, source, note);
      notes.push(note);
    }
  }

  /** Everything that is to be credited of an order, by its source; `back`: its money came back to the shop. */
  private async owed(order: Order): Promise<{ source: string; credit: Credit; back: boolean }[]> {
    const refunds = await this.invoices.refunds(order.id);
    const called = order.status === 'cancelled' ? 'cancelled' : 'refund';
    const all = refunds.map(({ refundId, reversed, ...credit }) => ({
      source: `refund:${refundId}`,
      back: reversed,
      credit: { ...credit, reason: credit.reason ?? called } as Credit,
    }));
    if (order.uncollectedTotal === 0) return all;
    const uncollected: Credit = { amount: order.uncollectedTotal, reason: 'uncollected', lines: [] };
    return [{ source: 'uncollected', credit: uncollected, back: false }, ...all];
  }
}

@CommandHandler(IssueCreditNotesCommand)
export class IssueCreditNotesHandler implements ICommandHandler<IssueCreditNotesCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly orders: OrderRepository,
    private readonly invoices: InvoiceRepository,
    private readonly notes: CreditNotes,
  ) {}

  execute({ request: { orderId } }: IssueCreditNotesCommand): Promise<void> {
    return this.uow.run(async () => {
      const order = await this.orders.lock(orderId);
      const invoice = order && (await this.invoices.find(orderId));
      if (invoice) await this.notes.complete(order, invoice);
    });
  }
}
