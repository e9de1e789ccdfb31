import { Command } from '@nestjs/cqrs';
import type { FieldSet, RowOf } from '../../../kernel/tabular/fields';
import type { ImportOutcome, Numbered } from '../../../kernel/tabular/import-report';

/** Columns of a customer file: one row a customer, with one address. */
export const CUSTOMER_FIELDS = {
  externalRef: { type: 'text', maxLength: 64 },
  email: { type: 'email', maxLength: 254 },
  name: { type: 'text', required: true, maxLength: 200 },
  company: { type: 'text', maxLength: 200 },
  title: { type: 'text', maxLength: 120 },
  phone: { type: 'text', maxLength: 40 },
  line1: { type: 'text', maxLength: 200 },
  line2: { type: 'text', maxLength: 200 },
  city: { type: 'text', maxLength: 120 },
  region: { type: 'text', maxLength: 120 },
  postalCode: { type: 'text', maxLength: 20 },
  country: { type: 'country' },
} as const satisfies FieldSet;

/** One row. A customer is found again by `externalRef`, else by `email`; one of the two is needed. */
export type CustomerRow = Numbered<RowOf<typeof CUSTOMER_FIELDS>>;

/** Creates and updates customers, set by set, in one transaction. Repeating it with the same rows changes nothing. */
export class ImportCustomersCommand extends Command<ImportOutcome> {
  constructor(readonly request: { rows: CustomerRow[]; dryRun?: boolean }) {
    super();
  }
}
