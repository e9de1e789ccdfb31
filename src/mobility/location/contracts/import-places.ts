import { Command } from '@nestjs/cqrs';
import type { FieldSet, RowOf } from '../../../kernel/tabular/fields';
import type { ImportOutcome, Numbered } from '../../../kernel/tabular/import-report';

const degrees = (most: number) => ({
  type: 'text' as const,
  required: true as const,
  maxLength: 25,
  pattern: { test: /^[+-]?\d{1,3}(?:[.,]\d{1,18})?$/, says: `degrees from -${most} to ${most} such as 15.4395` },
});

/** Columns of a file of places. Those with a reference that is known are changed, others are new. */
export const PLACE_FIELDS = {
  externalId: { type: 'text', required: true, maxLength: 100 },
  source: {
    type: 'text',
    maxLength: 40,
    pattern: { test: /^[a-z0-9][a-z0-9_.-]*$/, says: 'a short name such as osm' },
  },
  name: { type: 'text', required: true, maxLength: 200 },
  kind: { type: 'text', required: true, pattern: { test: /^[a-z][a-z0-9_]{0,39}$/, says: 'a kind such as charger' } },
  lat: degrees(90),
  lng: degrees(180),
  line1: { type: 'text', maxLength: 200 },
  city: { type: 'text', maxLength: 120 },
  postalCode: { type: 'text', maxLength: 20 },
  region: { type: 'text', maxLength: 120 },
  country: { type: 'country' },
  phone: { type: 'text', maxLength: 40 },
  email: { type: 'email' },
  website: {
    type: 'text',
    maxLength: 500,
    pattern: { test: /^https?:\/\/[^\s<>"]+$/, says: 'an address such as https://example.com' },
  },
  /** As OpenStreetMap writes them. */
  openingHours: { type: 'text', maxLength: 500 },
  zone: { type: 'text', maxLength: 64 },
  /** Short names, separated by semicolons. */
  services: { type: 'text', maxLength: 2_000 },
  listed: { type: 'boolean' },
} as const satisfies FieldSet;

export type PlaceRow = Numbered<RowOf<typeof PLACE_FIELDS>>;

/** Where places are said to be known from, when a file does not say. */
export const IMPORT_SOURCE = 'import';

/** Writes a batch of rows in one transaction; repeated, it changes only what is different. @throws AppError conflict `location.import-overtaken` */
export class ImportPlacesCommand extends Command<ImportOutcome> {
  constructor(readonly request: { rows: PlaceRow[]; dryRun?: boolean }) {
    super();
  }
}
