import { IsBoolean, IsString, Matches } from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';
import type { ImportReportView } from '../commands/import-product-file';
import { ToBoolean } from './to-boolean';

export class ImportProductsParams {
  /**
   * Name of a saved mapping profile.
   * @example "supplier-list"
   */
  @MayBeAbsent()
  @IsString()
  @Matches(/^[a-z0-9][a-z0-9-]{0,59}$/)
  profile?: string;

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

export class ImportFaultView {
  /** @example "products.csv" */
  file?: string;
  /**
   * Line of the file, as an editor counts.
   * @example 7
   */
  line: number;
  /** @example "price" */
  column: string;
  /** @example "not-an-amount" */
  code: string;
  /** @example "\"cheap\" is not an amount of EUR, such as 12.50." */
  reason: string;
}

export class ProductImportView implements ImportReportView {
  dryRun: boolean;
  /** False: nothing was written. */
  written: boolean;
  /**
   * Rows and stock counts that are different now.
   * @example 77
   */
  changes: number;
  /** @example 77 */
  rows: number;
  /** @example 77 */
  created: number;
  /** @example 0 */
  updated: number;
  /** @example 0 */
  unchanged: number;
  /** @example 0 */
  refused: number;
  faults: ImportFaultView[];
  warnings: string[];
}
