import { ApiProperty } from '@nestjs/swagger';
import type { CreditNoteRecord } from '../queries/credit-notes';
import { OrderMoneyView } from './money.dto';

export const CREDIT_REASONS = ['refund', 'lines_cancelled', 'return', 'cancelled', 'uncollected'] as const;

export class CreditNoteView {
  id: string;
  /** @example "CN-000001" */
  number: string;
  /** @example "2026-03-05T09:00:00.000Z" */
  issuedAt: string;
  /**
   * The invoice that it corrects.
   * @example "INV-000001"
   */
  invoiceNumber: string;
  @ApiProperty({ enum: CREDIT_REASONS, example: 'return' })
  reason: (typeof CREDIT_REASONS)[number];
  /** What is credited, tax included. */
  total: OrderMoneyView;
  /** Part of it that is tax. */
  tax: OrderMoneyView;
}

export class CreditNotesView {
  @ApiProperty({ type: [CreditNoteView] })
  data: CreditNoteView[];
}

export const creditNoteViewOf = ({ id, document }: CreditNoteRecord): CreditNoteView => ({
  id,
  number: document.number,
  issuedAt: document.issuedAt,
  invoiceNumber: document.invoiceNumber,
  reason: document.reason,
  total: { amount: document.total, currency: document.currency },
  tax: { amount: document.tax, currency: document.currency },
});
