/** One thing that is wrong with one row of a file, said so that a person can mend it. */
export interface RowFault {
  /** File that the line is in, where an import reads several. */
  file?: string;
  /** Line of the file on which the row begins, counted from 1; the header is line 1. */
  line: number;
  /** Column as the file names it; `*` when the row as a whole is wrong. */
  column: string;
  /** Stable kebab-case word: `required`, `not-a-number`, `duplicate`, `unknown-reference`, ... */
  code: string;
  /** A sentence for a person. */
  reason: string;
}

/** What an import of a batch of rows did (or, on a dry run, would do). */
export interface ImportOutcome {
  created: number;
  updated: number;
  unchanged: number;
  /** Rows that were refused; nothing of them was written. */
  faults: RowFault[];
}

export const emptyOutcome = (): ImportOutcome => ({ created: 0, updated: 0, unchanged: 0, faults: [] });

/** Adds the counts and faults of `part` to `sum`. */
export function addOutcome(sum: ImportOutcome, part: ImportOutcome): void {
  sum.created += part.created;
  sum.updated += part.updated;
  sum.unchanged += part.unchanged;
  sum.faults.push(...part.faults);
}

/** A typed row with the line it came from. */
export type Numbered<Row extends object> = Row & { line: number };
