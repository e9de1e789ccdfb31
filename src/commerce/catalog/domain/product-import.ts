import type { RowFault } from '../../../kernel/tabular/import-report';

/**
 * States of an import: uploading → queued → checking → writing → done. Checking ends in `refused` where rows were
 * refused and the rest is not wanted, and in `done` on a dry run. `failed`: it could not go on. Ends never change.
 */
export const IMPORT_STATES = [
  'uploading',
  'queued',
  'checking',
  'writing',
  'done',
  'refused',
  'failed',
  'cancelled',
] as const;
export type ImportState = (typeof IMPORT_STATES)[number];

/** States in which something is still to come. */
export const OPEN_STATES: readonly ImportState[] = ['uploading', 'queued', 'checking', 'writing'];
/** Imports of one shop that may be open at once. */
export const MOST_OPEN_IMPORTS = 10;
/** Faults that an import keeps; the others are counted. */
export const MOST_KEPT_FAULTS = 1_000;

export interface ImportFile {
  name: string;
  bytes: number;
}

/** An import that runs on its own, as it is shown. */
export interface ImportView {
  id: string;
  state: ImportState;
  files: ImportFile[];
  /** Saved mapping profile that it uses. */
  profile: string | null;
  dryRun: boolean;
  acceptPartial: boolean;
  /** Rows that the current pass has read: each row is read once to judge it and once to write it. */
  rowsRead: number;
  /** Rows of the file, once it was read to its end. */
  rowsTotal: number | null;
  /** Whether anything was written. */
  written: boolean;
  created: number;
  updated: number;
  unchanged: number;
  refused: number;
  stockChanged: number;
  /** At most 1,000; `faultCount` says how many there are. */
  faults: RowFault[];
  faultCount: number;
  warnings: string[];
  /** Why it failed. */
  problem: { code: string; detail: string } | null;
  createdAt: Date;
  updatedAt: Date;
  endedAt: Date | null;
}
