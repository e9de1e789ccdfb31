import { IsBoolean } from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import type { PlaceImportReport } from '../commands/import-place-file';
import { ToBoolean } from './places.dto';

export class ImportPlacesParams {
  /** Judge every row and write nothing. */
  @MayBeAbsent()
  @ToBoolean()
  @IsBoolean()
  dryRun?: boolean;

  /** Import the good rows although others are refused. */
  @MayBeAbsent()
  @ToBoolean()
  @IsBoolean()
  acceptPartial?: boolean;
}

export class PlaceImportFaultView {
  /** @example "places" */
  file?: string;
  /**
   * Line of the file, as an editor counts.
   * @example 7
   */
  line: number;
  /** @example "openingHours" */
  column: string;
  /** @example "syntax" */
  code: string;
  /** @example "These are no opening hours." */
  reason: string;
}

export class PlaceImportView implements PlaceImportReport {
  dryRun: boolean;
  /** False: nothing was written. */
  written: boolean;
  /**
   * Places that are different now.
   * @example 1
   */
  changes: number;
  /** @example 1 */
  rows: number;
  /** @example 1 */
  created: number;
  /** @example 0 */
  updated: number;
  /** @example 0 */
  unchanged: number;
  /** @example 0 */
  refused: number;
  faults: PlaceImportFaultView[];
  warnings: string[];
}
