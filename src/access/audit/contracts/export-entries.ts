import { Query } from '@nestjs/cqrs';

export type ExportFormat = 'csv' | 'jsonl';

/** Filters of the trail, by the name of the query parameter. */
export interface EntryFilters {
  action?: string;
  category?: string[];
  actorId?: string;
  actorKind?: string[];
  result?: string;
  target?: string;
  ip?: string;
  email?: string;
  requestId?: string;
  from?: string;
  to?: string;
}

/**
 * The entries of the context's tenant as a file, oldest first, in pieces: the memory does not grow with the trail.
 * Cells that a spreadsheet would compute get an apostrophe in front.
 * @throws AppError invalid `audit.period-invalid`
 */
export class ExportEntriesQuery extends Query<AsyncIterable<string>> {
  constructor(
    readonly format: ExportFormat,
    readonly filters: EntryFilters = {},
  ) {
    super();
  }
}
